//! Credentials, and the outcome of failed calls.

use super::{TEN, conversation, provider, settings_of, webhook};
use crate::support::{limits, valid_settings};
use crate::world::{World, start, text};
use async_trait::async_trait;
use genesys_sandbox::Config;
use handover_host::contract::{Conversation, EventKind, Failure, Outbound, RetryCause, SettingKind};
use handover_host::{AllowedOrigins, Host, Transport, TransportError};
use handover_tests::answered;
use serde_json::{Value, json};

#[tokio::test]
async fn v4_71_looks_up_a_stale_cache_entry_again() {
    let world = World::new(Config::default()).await;
    let first = world.start().await;
    // Recreate the integration under the same name, and revoke all tokens.
    let announced = world.sandbox.announcement();
    let integrations = format!("{}/api/v2/conversations/messaging/integrations/open", announced.origin);
    let token = world.token().await;
    let old = format!("{integrations}/{}", announced.integration_id);
    let deleted = world.http.delete(old).bearer_auth(&token).send().await.expect("an answer");
    assert!(deleted.status().is_success());
    let integration = json!({
        "name": announced.integration_name,
        "outboundNotificationWebhookUrl": "https://bot.example.com/",
        "outboundNotificationWebhookSignatureSecretToken": announced.webhook_secret,
    });
    let created =
        world.http.post(&integrations).bearer_auth(&token).json(&integration).send().await.expect("an answer");
    let created: Value = created.json().await.expect("JSON");
    world.sandbox_post("tokens/revoke", json!({})).await;

    let second = Conversation { id: None, handover: 2, ..first.clone() };
    let id = world.send(&second, "m-2", start()).await.expect("delivered").expect("an id");
    assert_ne!(Some(&id), first.id.as_ref());
    let seen = world.sandbox_get(&format!("conversations/{id}")).await;
    assert_eq!((&seen["integrationId"], &seen["messageCount"]), (&created["id"], &json!(1)));
    // The new entry is cached.
    let lookups = world.request_count("/integrations/open").await;
    world.send(&second, "m-3", text("more")).await.expect("delivered");
    assert_eq!(world.request_count("/integrations/open").await, lookups);
}

#[tokio::test]
async fn v4_74_names_a_missing_integration() {
    let world = World::with(Config::default(), &[("deployment-name", "Bothandover2")]).await;
    match world.send(&Conversation { id: None, ..conversation("sess-42") }, "m-1", start()).await {
        Err(Failure::Credentials(message)) => assert!(message.contains("Bothandover2"), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn v4_82_reports_bad_credentials_and_the_next_call_works() {
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
    // The same plugin with valid credentials.
    let allowed = AllowedOrigins::none().allow(&world.sandbox.announcement().origin).expect("an origin");
    let provider = world.connection.provider();
    let valid = provider.connect(settings_of(&world.sandbox), &allowed).await.expect("the connection");
    World { connection: valid, ..world }.start().await;
}

/// A contact center that accepts every login and refuses every message with this status.
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
async fn v4_98_classifies_the_responses_of_genesys() {
    let refused = async |status| {
        let host = Host::builder().limits(limits()).http(Refusing(status)).build().expect("a host");
        let provider = host.load(handover_tests::GENESYS).await.expect("the provider loads");
        let allowed = "https://api.mypurecloud.de https://login.mypurecloud.de".parse().expect("origins");
        let connection = provider.connect(valid_settings(), &allowed).await.expect("the connection");
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

/// Forms must not show secrets, and browsers must not fill them in.
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
