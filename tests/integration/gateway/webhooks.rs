//! Verification and processing of webhooks.

use super::{TOKEN, TestGateway, configure_webhooks, copy_headers, rules, run_gateway, store_in, until};
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

impl TestGateway {
    async fn webhook(&self, path: &str, headers: HeaderMap, body: impl Into<reqwest::Body>) -> StatusCode {
        let request = self.http.post(format!("{}/handover/{path}", self.url)).headers(headers).body(body);
        request.send().await.expect("an answer").status()
    }

    async fn webhooks(&self, outcome: &str) -> u64 {
        self.metric(&format!("handover_webhooks_total{{connection=\"acme\",outcome=\"{outcome}\"}}")).await
    }
}

/// Captures a webhook that a local Genesys Cloud sends to a user with this id.
async fn capture_webhook(gateway: &TestGateway, recipient: &str) -> (HeaderMap, Bytes) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let (to, mut from) = mpsc::channel(10);
    let router = axum::Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
        to.send((headers, body)).await.expect("an open channel");
    });
    tokio::spawn(axum::serve(listener, router).into_future());
    let mut config = Config::default();
    config.integrations[0].webhook_url = Some(url);
    // The gateway accepts the signatures of this secret.
    let secret = serde_json::to_value(gateway.world.sandbox.announcement()).expect("JSON")["webhook_secret"].clone();
    config.integrations[0].webhook_secret = serde_json::from_value(secret).expect("a secret");
    config.integrations[0].id = Some(gateway.world.sandbox.announcement().integration_id.clone());
    let other_world = World::new(config).await;
    let message = json!({
        "channel": { "from": { "id": recipient, "idType": "Opaque" }, "messageId": "m-1", "time": "2026-03-01T10:00:00.123Z" },
        "text": "Help!"
    });
    let integration = &other_world.sandbox.announcement().integration_id;
    let url = format!(
        "{}/api/v2/conversations/messages/{integration}/inbound/open/message?prefetchConversationId=true",
        other_world.sandbox.announcement().origin
    );
    let sent = other_world
        .http
        .post(url)
        .bearer_auth(other_world.token().await)
        .json(&message)
        .send()
        .await
        .expect("an answer");
    let sent: serde_json::Value = sent.json().await.expect("JSON");
    let conversation = sent["conversationId"].as_str().expect("an id");
    other_world.sandbox_post(&format!("conversations/{conversation}/accept"), json!({ "name": "Grace Hopper" })).await;
    other_world.sandbox_post(&format!("conversations/{conversation}/text"), json!({ "text": "Hello" })).await;
    loop {
        let (headers, body) = from.recv().await.expect("a webhook");
        if String::from_utf8_lossy(&body).contains("Hello") {
            return (copy_headers(&headers), body);
        }
    }
}

#[tokio::test]
async fn accepts_only_signed_webhooks_and_drops_duplicates() {
    let gateway = TestGateway::new().await;
    gateway.begin_and_accept("sess-42").await;
    let (headers, body) = capture_webhook(&gateway, "sess-42").await;

    assert_eq!(gateway.webhook("genesysCloudOM", HeaderMap::new(), body.clone()).await, StatusCode::UNAUTHORIZED);
    let mut changed = body.to_vec();
    changed[0] = b' ';
    assert_eq!(gateway.webhook("genesysCloudOM", headers.clone(), changed).await, StatusCode::UNAUTHORIZED);
    assert_eq!(gateway.webhook("unknown", headers.clone(), body.clone()).await, StatusCode::NOT_FOUND);
    let large = vec![b' '; 600_000];
    assert_eq!(gateway.webhook("genesysCloudOM", headers.clone(), large).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(gateway.webhooks("rejected").await, 2);
    assert_eq!(gateway.webhooks("too-large").await, 1);
    assert_eq!(gateway.metric("handover_webhooks_total{connection=\"\",outcome=\"no-connection\"}").await, 1);
    assert_eq!(gateway.metric("handover_webhook_seconds_count").await, gateway.webhooks("accepted").await + 4);

    let before = gateway.webhooks("accepted").await;
    for path in ["genesysCloudOM", "acme", "genesysCloudOM"] {
        assert_eq!(gateway.webhook(path, headers.clone(), body.clone()).await, StatusCode::OK);
    }
    assert_eq!(gateway.webhooks("accepted").await - before, 3);
    let events = gateway.events(None, "message").await;
    assert_eq!(events.last().expect("events").1["data"]["plain-text"], "Hello");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let duplicates = gateway.metric("handover_webhook_events_total{connection=\"acme\",outcome=\"duplicate\"}").await;
    assert!(duplicates >= 2, "{duplicates} duplicates");
}

/// The body that a workflow posts when an agent leaves, according to Cognigy's documentation. It contains no
/// integration id.
#[tokio::test]
async fn a_trigger_needs_a_key_but_no_integration_id() {
    let key = "a-key-of-the-trigger";
    let gateway = TestGateway::with_config(Config::default(), &[("trigger-key", key)], rules(), None).await;
    gateway.begin_and_accept("sess-42").await;
    let body = r#"{"userId":"sess-42","topic":"v2.detail.events.conversation.id.user.end","disconnectType":"CLIENT"}"#;
    let headers = |key: &str| HeaderMap::from_iter([(AUTHORIZATION, key.parse().expect("a header"))]);
    assert_eq!(
        gateway.webhook("genesysCloudOM", headers("another-key-of-the-trigger"), body).await,
        StatusCode::UNAUTHORIZED
    );
    let before = gateway.webhooks("accepted").await;
    assert_eq!(gateway.webhook("genesysCloudOM", headers(key), body).await, StatusCode::OK);
    assert!(gateway.webhooks("accepted").await > before);
    // The same event in another envelope is a duplicate. It is answered with 200; otherwise the sender would retry for
    // a day.
    let again = body.replace("\"userId\"", "\"id\":\"another-delivery\",\"userId\"");
    assert_eq!(gateway.webhook("genesysCloudOM", headers(key), again).await, StatusCode::OK);
    let other = body.replace("sess-42", "unknown");
    assert_eq!(gateway.webhook("genesysCloudOM", headers(key), other).await, StatusCode::OK);
    assert_eq!(gateway.metric("handover_webhook_events_total{connection=\"acme\",outcome=\"unknown\"}").await, 1);
    assert_eq!(gateway.webhook("genesysCloudOM", headers(key), "{").await, StatusCode::OK);
    assert_eq!(gateway.metric("handover_lost_total{connection=\"acme\"}").await, 1);
}

/// Operators type the path into a form, and event buses and files add a byte order mark.
#[tokio::test]
async fn accepts_path_variants_and_a_byte_order_mark() {
    let key = "a-key-of-the-trigger";
    let gateway = TestGateway::with_config(Config::default(), &[("trigger-key", key)], rules(), None).await;
    gateway.begin_and_accept("sess-42").await;
    let headers = HeaderMap::from_iter([(AUTHORIZATION, key.parse().expect("a header"))]);
    let body = r#"{"userId":"sess-42","topic":"v2.detail.events.conversation.id.user.end","disconnectType":"CLIENT"}"#;
    for path in ["genesysCloudOM/", "/genesysCloudOM", "genesyscloudom", "GENESYSCLOUDOM//"] {
        let answer = gateway.webhook(path, headers.clone(), format!("\u{feff}{body}")).await;
        assert_eq!(answer, StatusCode::OK, "{path}");
    }
    assert_eq!(gateway.metric("handover_lost_total{connection=\"acme\"}").await, 0);
}

/// The gateway does not read a body whose announced length is too large (RFC 9110, section 15.5.14).
#[tokio::test]
async fn refuses_a_body_by_its_announced_length() {
    let gateway = TestGateway::new().await;
    let address = gateway.url.strip_prefix("http://").expect("HTTP");
    for header in ["", "Expect: 100-continue\r\n"] {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("the gateway listens");
        let head = format!(
            "POST /handover/genesysCloudOM HTTP/1.1\r\nHost: gateway\r\nContent-Length: 10000000\r\n{header}\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("sends the head");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(std::str::from_utf8(&answer), Ok("HTTP/1.1 413"), "{header}");
    }
}

#[tokio::test]
async fn counts_events_of_unknown_recipients() {
    let gateway = TestGateway::new().await;
    let (headers, body) = capture_webhook(&gateway, "unknown").await;
    assert_eq!(gateway.webhook("genesysCloudOM", headers, body).await, StatusCode::OK);
    assert_eq!(gateway.metric("handover_webhook_events_total{connection=\"acme\",outcome=\"unknown\"}").await, 1);
}

#[tokio::test]
async fn rejects_a_webhook_older_than_the_replay_window() {
    let gateway = TestGateway::with_rules(Rules { replay_window: Duration::from_secs(1), ..rules() }, None).await;
    gateway.begin_and_accept("sess-42").await;
    let (headers, body) = capture_webhook(&gateway, "sess-42").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(gateway.webhook("genesysCloudOM", headers, body).await, StatusCode::FORBIDDEN);
    assert!(gateway.webhooks("replayed").await >= 1);
}

/// Asserts that the gateway assigns the webhooks of two organizations on one path to the right connection.
async fn assert_shared_path(mut secrets: [Option<&str>; 2], has_id: bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut worlds = Vec::new();
    let mut url = String::new();
    for secret in &mut secrets {
        let mut config = Config::default();
        config.integrations[0].webhook_secret =
            secret.map(|secret| serde_json::from_value(json!(secret)).expect("a secret"));
        url = configure_webhooks(&listener, &mut config);
        worlds.push(World::new(config).await);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let integration_id = |world: &World| has_id.then(|| world.sandbox.announcement().integration_id.clone());
    let connections =
        [("acme", &worlds[0], integration_id(&worlds[0])), ("globex", &worlds[1], integration_id(&worlds[1]))];
    let _stop = run_gateway(store_in(&folder), listener, &connections, &rules(), None);
    let http = reqwest::Client::new();
    for (name, world, _) in &connections {
        // Both connections know the same user.
        let path = format!("{url}/v1/connections/{name}/recipients/sess-42/handover");
        let answer = http.post(&path).bearer_auth(TOKEN).json(&json!({ "text": "Help!" })).send().await;
        assert_eq!(answer.expect("an answer").status(), StatusCode::ACCEPTED);
        let conversation = until("the conversation", async || {
            let all = world.sandbox_get("conversations").await;
            all["conversations"][0]["id"].as_str().map(String::from)
        });
        let conversation = conversation.await;
        world.sandbox_post(&format!("conversations/{conversation}/accept"), json!({ "name": "Grace Hopper" })).await;
        world
            .sandbox_post(&format!("conversations/{conversation}/text"), json!({ "text": format!("from {name}") }))
            .await;
    }
    for (name, ..) in &connections {
        let path = format!("{url}/v1/connections/{name}/events");
        let mut answer = http.get(path).bearer_auth(TOKEN).send().await.expect("an answer");
        let mut text = String::new();
        while !text.contains("from ") {
            let chunk = tokio::time::timeout(Duration::from_secs(20), answer.chunk()).await.expect("in time");
            text.push_str(std::str::from_utf8(&chunk.expect("a chunk").expect("an open stream")).expect("UTF-8"));
        }
        assert!(text.contains(&format!("from {name}")), "{text}");
    }
}

#[tokio::test]
async fn identifies_the_organization_on_a_shared_path_by_the_signature() {
    assert_shared_path([None, None], false).await;
}

#[tokio::test]
async fn identifies_integrations_with_the_same_secret_by_their_id() {
    let secret = Some("one-secret-for-both-integrations");
    assert_shared_path([secret, secret], true).await;
}

/// An event bus or a workflow may send several events at once, and retries a refused request for a day. The gateway
/// accepts the valid events.
#[tokio::test]
async fn a_refused_event_does_not_affect_others_in_the_list() {
    let key = "a-key-of-the-event-bus";
    let gateway = TestGateway::with_config(Config::default(), &[("event-bus-key", key)], rules(), None).await;
    let conversation = gateway.begin_and_accept("sess-42").await;
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
    let answer = gateway.webhook("genesysCloudOM", headers.clone(), json!([old, repeated]).to_string()).await;
    assert_eq!(answer, StatusCode::OK);
    let end = event("customer.end", now + 1, "CLIENT");
    let answer = gateway.webhook("genesysCloudOM", headers, json!([contradicting, end]).to_string()).await;
    assert_eq!(answer, StatusCode::OK);
    gateway.events(None, "ended").await;
    for outcome in ["replayed", "contradicts"] {
        let line = format!("handover_webhook_events_total{{connection=\"acme\",outcome=\"{outcome}\"}}");
        assert_eq!(gateway.metric(&line).await, 1, "{outcome}");
    }
}

#[tokio::test]
async fn counts_webhooks_to_invalid_paths() {
    let gateway = TestGateway::new().await;
    for path in ["", "genesysCloudOM/more", "a/b/c"] {
        assert_eq!(gateway.webhook(path, HeaderMap::new(), "{}").await, StatusCode::NOT_FOUND, "{path}");
    }
    let proxied = gateway.http.post(format!("{}/proxy/handover/acme", gateway.url)).send().await.expect("an answer");
    assert_eq!(proxied.status(), StatusCode::NOT_FOUND);
    assert_eq!(gateway.metric("handover_webhooks_total{connection=\"\",outcome=\"no-connection\"}").await, 4);
}
