//! What is believed of what comes from outside.

use super::{Stand, TOKEN, copied, gateway, listening, rules, until};
use crate::world::World;
use axum::body::Bytes;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use genesys_sandbox::Config;
use handover_gateway::mailbox::Rules;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

impl Stand {
    async fn webhook(&self, path: &str, headers: HeaderMap, body: impl Into<reqwest::Body>) -> StatusCode {
        let request = self.http.post(format!("{}/handover/{path}", self.url)).headers(headers).body(body);
        request.send().await.expect("an answer").status()
    }

    async fn webhooks(&self, outcome: &str) -> u64 {
        self.metric(&format!("handover_webhooks_total{{connection=\"acme\",outcome=\"{outcome}\"}}")).await
    }
}

/// A webhook of a local Genesys Cloud to a user of this id.
async fn captured(stand: &Stand, recipient: &str) -> (HeaderMap, Bytes) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let (to, mut from) = mpsc::channel(10);
    let router = axum::Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
        to.send((headers, body)).await.expect("somebody waits");
    });
    tokio::spawn(axum::serve(listener, router).into_future());
    let mut config = Config::default();
    config.integrations[0].webhook_url = Some(url);
    // What it signs is what the stand believes.
    let secret = serde_json::to_value(stand.world.sandbox.announcement()).expect("JSON")["webhook_secret"].clone();
    config.integrations[0].webhook_secret = serde_json::from_value(secret).expect("a secret");
    config.integrations[0].id = Some(stand.world.sandbox.announcement().integration_id.clone());
    let other = World::new(config).await;
    let message = json!({
        "channel": { "from": { "id": recipient, "idType": "Opaque" }, "messageId": "m-1", "time": "2026-03-01T10:00:00.123Z" },
        "text": "Help!"
    });
    let integration = &other.sandbox.announcement().integration_id;
    let url = format!(
        "{}/api/v2/conversations/messages/{integration}/inbound/open/message?prefetchConversationId=true",
        other.sandbox.announcement().origin
    );
    let sent = other.desk.post(url).bearer_auth(other.token().await).json(&message).send().await.expect("an answer");
    let sent: serde_json::Value = sent.json().await.expect("JSON");
    let conversation = sent["conversationId"].as_str().expect("an id");
    other.order(&format!("conversations/{conversation}/accept"), json!({ "name": "Grace Hopper" })).await;
    other.order(&format!("conversations/{conversation}/text"), json!({ "text": "Hello" })).await;
    loop {
        let (headers, body) = from.recv().await.expect("a webhook");
        if String::from_utf8_lossy(&body).contains("Hello") {
            return (copied(&headers), body);
        }
    }
}

#[tokio::test]
async fn only_what_is_signed_is_believed_and_repeats_are_taken_once() {
    let stand = Stand::new().await;
    stand.accepted("sess-42").await;
    let (headers, body) = captured(&stand, "sess-42").await;

    assert_eq!(stand.webhook("genesysCloudOM", HeaderMap::new(), body.clone()).await, StatusCode::UNAUTHORIZED);
    let mut other = body.to_vec();
    other[0] = b' ';
    assert_eq!(stand.webhook("genesysCloudOM", headers.clone(), other).await, StatusCode::UNAUTHORIZED);
    assert_eq!(stand.webhook("nobody", headers.clone(), body.clone()).await, StatusCode::NOT_FOUND);
    let large = vec![b' '; 600_000];
    assert_eq!(stand.webhook("genesysCloudOM", headers.clone(), large).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(stand.webhooks("rejected").await, 2);
    assert_eq!(stand.webhooks("too-large").await, 1);
    assert_eq!(stand.metric("handover_webhooks_total{connection=\"\",outcome=\"no-connection\"}").await, 1);
    assert_eq!(stand.metric("handover_webhook_seconds_count").await, stand.webhooks("accepted").await + 4);

    let before = stand.webhooks("accepted").await;
    for path in ["genesysCloudOM", "acme", "genesysCloudOM"] {
        assert_eq!(stand.webhook(path, headers.clone(), body.clone()).await, StatusCode::OK);
    }
    assert_eq!(stand.webhooks("accepted").await - before, 3);
    let events = stand.events(None, "message").await;
    assert_eq!(events.last().expect("events").1["data"]["plain-text"], "Hello");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let repeated = stand.metric("handover_webhook_events_total{connection=\"acme\",outcome=\"duplicate\"}").await;
    assert!(repeated >= 2, "{repeated} repeats");
}

/// What a workflow posts when an agent has gone, as Cognigy's documentation has it: nothing in it names an integration.
#[tokio::test]
async fn what_operators_build_has_a_key_and_needs_no_integration_id() {
    let key = "a-key-of-the-trigger";
    let stand = Stand::before(Config::default(), &[("trigger-key", key)], rules(), None).await;
    stand.accepted("sess-42").await;
    let body = r#"{"userId":"sess-42","topic":"v2.detail.events.conversation.id.user.end","disconnectType":"CLIENT"}"#;
    let with = |key: &str| HeaderMap::from_iter([(AUTHORIZATION, key.parse().expect("a header"))]);
    assert_eq!(stand.webhook("genesysCloudOM", with("another-key-of-nobody"), body).await, StatusCode::UNAUTHORIZED);
    let before = stand.webhooks("accepted").await;
    assert_eq!(stand.webhook("genesysCloudOM", with(key), body).await, StatusCode::OK);
    assert!(stand.webhooks("accepted").await > before);
    // The same happening in another envelope: a repeat, or what the sender would only repeat for a day.
    let again = body.replace("\"userId\"", "\"id\":\"another-delivery\",\"userId\"");
    assert_eq!(stand.webhook("genesysCloudOM", with(key), again).await, StatusCode::OK);
    let other = body.replace("sess-42", "nobody");
    assert_eq!(stand.webhook("genesysCloudOM", with(key), other).await, StatusCode::OK);
    assert_eq!(stand.metric("handover_webhook_events_total{connection=\"acme\",outcome=\"unknown\"}").await, 1);
    assert_eq!(stand.webhook("genesysCloudOM", with(key), "{").await, StatusCode::OK);
    assert_eq!(stand.metric("handover_lost_total{connection=\"acme\"}").await, 1);
}

/// As operators type it into a form, and as buses and files add a mark.
#[tokio::test]
async fn the_path_may_be_spelled_otherwise_and_a_byte_order_mark_is_no_content() {
    let key = "a-key-of-the-trigger";
    let stand = Stand::before(Config::default(), &[("trigger-key", key)], rules(), None).await;
    stand.accepted("sess-42").await;
    let headers = HeaderMap::from_iter([(AUTHORIZATION, key.parse().expect("a header"))]);
    let body = r#"{"userId":"sess-42","topic":"v2.detail.events.conversation.id.user.end","disconnectType":"CLIENT"}"#;
    for path in ["genesysCloudOM/", "/genesysCloudOM", "genesyscloudom", "GENESYSCLOUDOM//"] {
        let answer = stand.webhook(path, headers.clone(), format!("\u{feff}{body}")).await;
        assert_eq!(answer, StatusCode::OK, "{path}");
    }
    assert_eq!(stand.metric("handover_lost_total{connection=\"acme\"}").await, 0);
}

/// Nothing is read of what is announced as too large (RFC 9110, section 15.5.14).
#[tokio::test]
async fn what_is_announced_as_too_large_is_refused_before_it_comes() {
    let stand = Stand::new().await;
    let address = stand.url.strip_prefix("http://").expect("HTTP");
    for more in ["", "Expect: 100-continue\r\n"] {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
        let head = format!(
            "POST /handover/genesysCloudOM HTTP/1.1\r\nHost: gateway\r\nContent-Length: 10000000\r\n{more}\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("it reads");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(std::str::from_utf8(&answer), Ok("HTTP/1.1 413"), "{more}");
    }
}

#[tokio::test]
async fn nobody_knows_the_recipient_and_that_is_counted() {
    let stand = Stand::new().await;
    let (headers, body) = captured(&stand, "nobody").await;
    assert_eq!(stand.webhook("genesysCloudOM", headers, body).await, StatusCode::OK);
    assert_eq!(stand.metric("handover_webhook_events_total{connection=\"acme\",outcome=\"unknown\"}").await, 1);
}

#[tokio::test]
async fn what_is_older_than_the_window_is_a_replay() {
    let stand = Stand::with(Rules { replay_window: Duration::from_secs(1), ..rules() }, None).await;
    stand.accepted("sess-42").await;
    let (headers, body) = captured(&stand, "sess-42").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(stand.webhook("genesysCloudOM", headers, body).await, StatusCode::FORBIDDEN);
    assert!(stand.webhooks("replayed").await >= 1);
}

/// An agent of each of two organizations says something; whose webhook it is, is found at one path.
async fn two_at_one_path(mut secrets: [Option<&str>; 2], has_id: bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut worlds = Vec::new();
    let mut url = String::new();
    for secret in &mut secrets {
        let mut config = Config::default();
        config.integrations[0].webhook_secret =
            secret.map(|secret| serde_json::from_value(json!(secret)).expect("a secret"));
        url = listening(&listener, &mut config);
        worlds.push(World::new(config).await);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let integration_id = |world: &World| has_id.then(|| world.sandbox.announcement().integration_id.clone());
    let connections =
        [("acme", &worlds[0], integration_id(&worlds[0])), ("globex", &worlds[1], integration_id(&worlds[1]))];
    let _stop = gateway(&folder, listener, &connections, &rules(), None);
    let http = reqwest::Client::new();
    for (name, world, _) in &connections {
        // The same user is known to both.
        let path = format!("{url}/v1/connections/{name}/recipients/sess-42/handover");
        let begun = http.post(&path).bearer_auth(TOKEN).json(&json!({ "text": "Help!" })).send().await;
        assert_eq!(begun.expect("an answer").status(), StatusCode::ACCEPTED);
        let conversation = until("the conversation", async || {
            let all = world.desk("conversations").await;
            all["conversations"][0]["id"].as_str().map(String::from)
        });
        let conversation = conversation.await;
        world.order(&format!("conversations/{conversation}/accept"), json!({ "name": "Grace Hopper" })).await;
        world.order(&format!("conversations/{conversation}/text"), json!({ "text": format!("from {name}") })).await;
    }
    for (name, ..) in &connections {
        let path = format!("{url}/v1/connections/{name}/events");
        let mut answer = http.get(path).bearer_auth(TOKEN).send().await.expect("an answer");
        let mut text = String::new();
        while !text.contains("from ") {
            let piece = tokio::time::timeout(Duration::from_secs(20), answer.chunk()).await.expect("in time");
            text.push_str(std::str::from_utf8(&piece.expect("a piece").expect("more")).expect("UTF-8"));
        }
        assert!(text.contains(&format!("from {name}")), "{text}");
    }
}

#[tokio::test]
async fn several_organizations_share_a_path_and_the_signature_tells_them_apart() {
    two_at_one_path([None, None], false).await;
}

#[tokio::test]
async fn two_integrations_with_one_secret_are_told_apart_by_their_id() {
    let secret = Some("one-secret-for-both-integrations");
    two_at_one_path([secret, secret], true).await;
}

/// A bus or a workflow may collect several events and repeats for a day what is refused: the others are taken.
#[tokio::test]
async fn one_event_of_a_list_that_is_refused_keeps_no_other_out() {
    let key = "a-key-of-the-event-bus";
    let stand = Stand::before(Config::default(), &[("event-bus-key", key)], rules(), None).await;
    let conversation = stand.accepted("sess-42").await;
    let headers = HeaderMap::from_iter([(AUTHORIZATION, key.parse().expect("a header"))]);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    let event = |name: &str, time: u128, disconnect: &str| {
        json!({ "detail": {
            "topicName": format!("v2.detail.events.conversation.{conversation}.{name}"),
            "eventBody": {
                "eventTime": time, "conversationId": conversation, "participantId": "p-1", "mediaType": "MESSAGE",
                "messageType": "OPEN", "addressTo": "sess-42", "disconnectType": disconnect,
            },
        } })
    };
    let old = event("user.start", now - 25 * 60 * 60 * 1_000, "CLIENT");
    let repeated = event("user.end", now, "CLIENT");
    let contradicting = event("user.end", now, "TRANSFER");
    let answer = stand.webhook("genesysCloudOM", headers.clone(), json!([old, repeated]).to_string()).await;
    assert_eq!(answer, StatusCode::OK);
    let end = event("customer.end", now + 1, "CLIENT");
    let answer = stand.webhook("genesysCloudOM", headers, json!([contradicting, end]).to_string()).await;
    assert_eq!(answer, StatusCode::OK);
    stand.events(None, "ended").await;
    for outcome in ["replayed", "contradicts"] {
        let line = format!("handover_webhook_events_total{{connection=\"acme\",outcome=\"{outcome}\"}}");
        assert_eq!(stand.metric(&line).await, 1, "{outcome}");
    }
}

#[tokio::test]
async fn a_webhook_to_a_path_of_another_shape_is_counted() {
    let stand = Stand::new().await;
    for path in ["", "genesysCloudOM/more", "a/b/c"] {
        assert_eq!(stand.webhook(path, HeaderMap::new(), "{}").await, StatusCode::NOT_FOUND, "{path}");
    }
    let proxied = stand.http.post(format!("{}/proxy/handover/acme", stand.url)).send().await.expect("an answer");
    assert_eq!(proxied.status(), StatusCode::NOT_FOUND);
    assert_eq!(stand.metric("handover_webhooks_total{connection=\"\",outcome=\"no-connection\"}").await, 4);
}
