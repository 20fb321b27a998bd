//! Who may connect, and what becomes of calls that fail.

use super::{TEN, conversation, provider, settings_of, webhook};
use crate::support::{limits, usable};
use crate::world::{World, start, text};
use async_trait::async_trait;
use genesys_sandbox::Config;
use handover_host::contract::{Conversation, EventKind, Failure, Outbound, RetryCause, SettingKind};
use handover_host::{AllowedOrigins, Host, Transport, TransportError};
use handover_tests::answered;
use serde_json::{Value, json};

#[tokio::test]
async fn v4_71_what_was_cached_and_is_stale_is_looked_up_again() {
    let world = World::new(Config::default()).await;
    let first = world.start().await;
    // Somebody makes the integration anew under its name, and takes all tokens back.
    let announced = world.sandbox.announcement();
    let integrations = format!("{}/api/v2/conversations/messaging/integrations/open", announced.origin);
    let token = world.token().await;
    let old = format!("{integrations}/{}", announced.integration_id);
    let gone = world.desk.delete(old).bearer_auth(&token).send().await.expect("an answer");
    assert!(gone.status().is_success());
    let anew = json!({
        "name": announced.integration_name,
        "outboundNotificationWebhookUrl": "https://bot.example.com/",
        "outboundNotificationWebhookSignatureSecretToken": announced.webhook_secret,
    });
    let made = world.desk.post(&integrations).bearer_auth(&token).json(&anew).send().await.expect("an answer");
    let made: Value = made.json().await.expect("JSON");
    world.order("tokens/revoke", json!({})).await;

    let second = Conversation { id: None, handover: 2, ..first.clone() };
    let id = world.send(&second, "m-2", start()).await.expect("delivered").expect("an id");
    assert_ne!(Some(&id), first.id.as_ref());
    let seen = world.desk(&format!("conversations/{id}")).await;
    assert_eq!((&seen["integrationId"], &seen["messageCount"]), (&made["id"], &json!(1)));
    // And what was found is used from then on.
    let looked_up = world.asked("/integrations/open").await;
    world.send(&second, "m-3", text("more")).await.expect("delivered");
    assert_eq!(world.asked("/integrations/open").await, looked_up);
}

/// What cannot be found is said, not passed over in silence.
#[tokio::test]
async fn v4_74_an_integration_that_is_gone_is_a_failure_that_names_it() {
    let world = World::with(Config::default(), &[("deployment-name", "Bothandover2")]).await;
    match world.send(&Conversation { id: None, ..conversation("sess-42") }, "m-1", start()).await {
        Err(Failure::Credentials(message)) => assert!(message.contains("Bothandover2"), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn v4_82_bad_credentials_are_a_failure_and_the_next_call_works() {
    let world = World::with(Config::default(), &[("client-secret", "a-wrong-secret")]).await;
    let unknown = Conversation { id: None, ..conversation("sess-42") };
    for _ in 0..3 {
        match world.send(&unknown, "m-1", start()).await {
            Err(Failure::Credentials(message)) => assert!(message.contains("client-secret"), "{message}"),
            other => panic!("{other:?}"),
        }
        let hello = webhook(&json!({ "id": "1", "type": "Text", "text": "hi" }));
        let events = world.connection.map_agent_events(&hello).await.expect("mapped");
        assert!(matches!(events[0].kind, EventKind::Message(_)));
    }
    // The same plugin with the right ones.
    let allowed = AllowedOrigins::none().allow(&world.sandbox.announcement().origin).expect("an origin");
    let provider = world.connection.provider();
    let right = provider.connect(settings_of(&world.sandbox), &allowed).await.expect("it connects");
    World { connection: right, ..world }.start().await;
}

/// A contact center that lets everybody in and takes no message.
struct Refusing(u16);

#[async_trait]
impl Transport for Refusing {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        let (status, body) = match request.uri().path() {
            "/oauth/token" => (200, json!({ "access_token": "a-token", "expires_in": 3600 })),
            path if path.contains("/integrations/open") => {
                (200, json!({ "entities": [{ "id": "i-1", "name": "BotHandover" }], "pageCount": 1 }))
            }
            _ => (self.0, json!({ "status": self.0, "code": "why.it.was", "message": "hi" })),
        };
        let mut response = http::Response::new(body.to_string().into_bytes());
        *response.status_mut() = status.try_into().expect("a status");
        Ok(response)
    }
}

#[tokio::test]
async fn v4_98_what_genesys_answers_is_told_apart() {
    let refused = async |status| {
        let host = Host::builder().limits(limits()).http(Refusing(status)).build().expect("a host");
        let provider = host.load(handover_tests::GENESYS).await.expect("the provider loads");
        let allowed = "https://api.mypurecloud.de https://login.mypurecloud.de".parse().expect("origins");
        let connection = provider.connect(usable(), &allowed).await.expect("it connects");
        let outbound = Outbound { id: "m-1".into(), time: TEN, message: text("hi") };
        let requests = connection.build_outbound_message(&conversation("sess-42"), &outbound).await;
        let requests = requests.expect("built");
        answered(connection.deliver(&requests[0]).await).expect("no trap").expect_err("it is refused")
    };
    for status in [400, 404] {
        match refused(status).await {
            Failure::Permanent(message) => assert!(message.contains(&format!("{status} why.it.was")), "{message}"),
            other => panic!("{status}: {other:?}"),
        }
    }
    match refused(500).await {
        Failure::Retry(advice) => {
            assert_eq!((advice.cause, advice.may_have_arrived), (RetryCause::ServerError, true));
            assert!(advice.message.contains("500 why.it.was"), "{}", advice.message);
        }
        other => panic!("{other:?}"),
    }
}

/// So that no form shows them, and no browser fills them in.
#[tokio::test]
async fn v2025_19_secrets_are_secret_fields() {
    let provider = provider().await;
    let fields = provider.description().settings.iter();
    let secret: Vec<_> =
        fields.filter(|field| field.kind == SettingKind::Secret).map(|field| field.key.as_str()).collect();
    assert_eq!(
        secret,
        ["webhook-secret", "webhook-secret-base64", "client-secret", "event-bus-key", "trigger-key", "copilot-token"]
    );
}
