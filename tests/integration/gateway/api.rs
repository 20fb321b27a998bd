//! The API for platforms: commands, event streams and callbacks.

use super::{TOKEN, TestGateway, rules, send, until};
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use handover_gateway::Callback;
use handover_gateway::mailbox::Rules;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

#[tokio::test]
async fn publishes_each_event_of_a_handover_once() {
    let gateway = TestGateway::new().await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    gateway.send_text("sess-42", "one").await;
    gateway.send_text("sess-42", "two").await;
    gateway.until_arrived(&conversation, "two").await;
    assert_eq!(gateway.arrived(&conversation).await, ["Help!", "one", "two"]);
    gateway.world.sandbox_post(&format!("conversations/{conversation}/text"), json!({ "text": "Hello" })).await;
    gateway.events(None, "message").await;
    // Only polling detects the agent, and only while the agent is connected.
    gateway.events(None, "agent-joined").await;
    gateway.world.sandbox_post(&format!("conversations/{conversation}/disconnect"), json!({})).await;

    let events = gateway.events(None, "ended").await;
    let kinds: Vec<_> = events.iter().map(|(_, event)| event["type"].as_str().expect("a type")).collect();
    for (kind, times) in [("agent-joined", 1), ("message", 1), ("ended", 1)] {
        assert_eq!(kinds.iter().filter(|found| **found == kind).count(), times, "{kind} in {kinds:?}");
    }
    let numbers: Vec<_> = events.iter().filter_map(|(_, event)| event["number"].as_u64()).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    let (_, message) = events.iter().find(|(_, event)| event["type"] == "message").expect("a message");
    assert_eq!((&message["recipient"], &message["connection"]), (&json!("sess-42"), &json!("acme")));
    assert_eq!((&message["handover"], &message["data"]["plain-text"]), (&json!(1), &json!("Hello")));
    // The correlation id of the webhook request.
    assert!(message["correlation"].is_string(), "{message}");
    assert_eq!(events.last().expect("events").1["data"], "completed");

    let (_, state) = gateway.call("GET", "recipients/sess-42/handover", Value::Null).await;
    assert_eq!((&state["state"], &state["reason"]), (&json!("ended"), &json!("completed")));
    let (status, refused) = gateway.call("POST", "recipients/sess-42/messages", json!({ "text": "three" })).await;
    assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("no-handover")));
}

#[tokio::test]
async fn resumes_the_stream_after_the_last_event_id() {
    let gateway = TestGateway::new().await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    let agent_writes = async |text: &str| {
        gateway.world.sandbox_post(&format!("conversations/{conversation}/text"), json!({ "text": text })).await;
    };
    agent_writes("one").await;
    let (seen, _) = gateway.events(None, "message").await.pop().expect("events");
    agent_writes("two").await;
    let events = gateway.events(Some(&seen), "message").await;
    assert_eq!(events.last().expect("events").1["data"]["plain-text"], "two");
    assert!(events.iter().all(|(id, event)| *id != seen && event["data"]["plain-text"] != "one"), "{events:?}");
    let (status, refused) = send(gateway.request("GET", "events").header("last-event-id", "x")).await;
    assert_eq!((status, &refused["code"]), (StatusCode::BAD_REQUEST, &json!("invalid-event-id")));
    // Two ids of a former log: one past the end of the log, and one whose position now holds another event.
    let (position, _) = seen.split_once('-').expect("a position and a digest");
    for gone in [format!("{}-0123456789ab", u64::MAX / 2), format!("{position}-0123456789ab")] {
        let (status, refused) = send(gateway.request("GET", "events").header("last-event-id", &gone)).await;
        assert_eq!((status, &refused["code"]), (StatusCode::CONFLICT, &json!("unknown-event-id")), "{gone}");
    }
}

/// An `EventSource` cannot set headers, and has no id before its first event (HTML Standard, section 9.2).
#[tokio::test]
async fn serves_an_event_source() {
    let gateway = TestGateway::new().await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    gateway.world.sandbox_post(&format!("conversations/{conversation}/text"), json!({ "text": "one" })).await;
    let events = gateway.events(Some(""), "message").await;
    assert_eq!(events[0].1["type"], "queued", "an empty id starts at the beginning");
    let (seen, _) = events.last().expect("events");
    gateway.world.sandbox_post(&format!("conversations/{conversation}/text"), json!({ "text": "two" })).await;
    let answer = gateway.request("GET", &format!("events?last-event-id={seen}")).send().await;
    let mut answer = answer.expect("an answer");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["x-accel-buffering"], "no");
    let mut text = String::new();
    while !text.contains("two") {
        let chunk = tokio::time::timeout(Duration::from_secs(20), answer.chunk()).await.expect("in time");
        text.push_str(std::str::from_utf8(&chunk.expect("a chunk").expect("an open stream")).expect("UTF-8"));
    }
    assert!(!text.contains("\"one\""), "{text}");
}

#[tokio::test]
async fn processes_an_idempotency_key_once_and_rejects_its_reuse() {
    let gateway = TestGateway::new().await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    let send_text = async |text: &str| {
        let request = gateway.request("POST", "recipients/sess-42/messages").header("idempotency-key", "key-1");
        send(request.json(&json!({ "text": text }))).await
    };
    let first = send_text("one").await;
    assert_eq!(first.0, StatusCode::ACCEPTED);
    assert_eq!(send_text("one").await, first);
    let (status, refused) = send_text("two").await;
    assert_eq!((status, &refused["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("key-reused")));
    gateway.send_text("sess-42", "three").await;
    gateway.until_arrived(&conversation, "three").await;
    assert_eq!(gateway.arrived(&conversation).await, ["Help!", "one", "three"]);
}

/// Channels have long ids: Instagram message ids have 168 characters and more.
#[tokio::test]
async fn accepts_keys_up_to_512_characters_and_replaces_a_lone_surrogate() {
    let gateway = TestGateway::new().await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    let send_with_key = async |key: usize, body: &'static str| {
        let request = gateway.request("POST", "recipients/sess-42/messages").header("idempotency-key", "k".repeat(key));
        send(request.header("content-type", "application/json").body(body)).await.0
    };
    assert_eq!(send_with_key(512, r#"{"text":"cut \ud83d"}"#).await, StatusCode::ACCEPTED);
    assert_eq!(send_with_key(513, r#"{"text":"one"}"#).await, StatusCode::BAD_REQUEST);
    gateway.until_arrived(&conversation, "cut \u{fffd}").await;
}

#[tokio::test]
async fn leaving_ends_the_handover_and_the_conversation() {
    let gateway = TestGateway::new().await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    let leave = gateway.request("DELETE", "recipients/sess-42/handover").header("x-request-id", "request-7");
    assert_eq!(send(leave).await.0, StatusCode::ACCEPTED);
    let events = gateway.events(None, "ended").await;
    let (_, ended) = events.last().expect("events");
    assert_eq!((&ended["data"], &ended["correlation"]), (&json!("cancelled"), &json!("request-7")));
    until("the end", async || {
        let seen = gateway.world.sandbox_get(&format!("conversations/{conversation}")).await;
        (seen["state"] == "ended").then_some(())
    })
    .await;
}

#[tokio::test]
async fn deletes_a_handover_after_the_retention() {
    let gateway = TestGateway::with_rules(Rules { retention: Duration::from_millis(500), ..rules() }, None).await;
    gateway.begin_and_accept("sess-42").await;
    gateway.call("DELETE", "recipients/sess-42/handover", Value::Null).await;
    until("the deletion", async || {
        let (status, _) = gateway.call("GET", "recipients/sess-42/handover", Value::Null).await;
        (status == StatusCode::NOT_FOUND).then_some(())
    })
    .await;
    gateway.begin("sess-42").await;
}

#[tokio::test]
async fn requires_a_token() {
    let gateway = TestGateway::new().await;
    let paths = ["/v1/connections", "/v1/connections/acme/events", "/v1/connections/acme/dead-letters", "/metrics"];
    for path in paths {
        for token in [None, Some("a-token-of-20-or-mor"), Some("a-token-of-20-or-more-"), Some("")] {
            let request = gateway.http.get(format!("{}{path}", gateway.url));
            let request = match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path} {token:?}");
            assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        }
        let request = gateway.http.get(format!("{}{path}", gateway.url)).bearer_auth(TOKEN);
        assert_eq!(request.send().await.expect("an answer").status(), StatusCode::OK, "{path}");
    }
    for counter in ["handover_lost", "handover_possibly_duplicated", "handover_dead_letters"] {
        let metrics = gateway.http.get(format!("{}/metrics", gateway.url)).bearer_auth(TOKEN).send().await;
        let metrics = metrics.expect("an answer").text().await.expect("text");
        assert!(metrics.contains(&format!("{counter}_total{{connection=\"acme\"}} 0")), "{metrics}");
    }
    for open in ["/healthz", "/readyz"] {
        let answer = gateway.http.get(format!("{}{open}", gateway.url)).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn refuses_invalid_requests_with_a_code() {
    let gateway = TestGateway::new().await;
    let long = format!("recipients/{}/handover", "x".repeat(257));
    for (method, path, body, status, code) in [
        ("GET", "recipients/unknown/handover", Value::Null, 404, "no-handover"),
        ("POST", "recipients/unknown/messages", json!({ "text": "x" }), 409, "no-handover"),
        ("DELETE", "recipients/unknown/handover", Value::Null, 409, "no-handover"),
        ("DELETE", "recipients/unknown/handover?reason=x", Value::Null, 400, "invalid-query"),
        ("POST", "recipients/unknown/messages", json!({ "txt": "x" }), 400, "invalid-body"),
        ("POST", "recipients/unknown/messages", json!({ "leave": "user-left" }), 422, "not-a-message"),
        ("POST", "recipients/a%0Ab/handover", json!({}), 400, "invalid-recipient"),
        ("POST", &long, json!({}), 400, "invalid-recipient"),
        ("POST", "recipients/unknown/handover", json!({ "text": "x".repeat(1_100_000) }), 413, "too-large"),
        ("GET", "dead-letters/none", Value::Null, 404, "no-dead-letter"),
        ("POST", "dead-letters/none/redrive", Value::Null, 404, "no-dead-letter"),
        ("PUT", "dead-letters", Value::Null, 405, "method-not-allowed"),
        ("GET", "nothing", Value::Null, 404, "not-found"),
    ] {
        let (found, problem) = gateway.call(method, path, body).await;
        assert_eq!((found.as_u16(), &problem["code"]), (status, &json!(code)), "{method} {path}: {problem}");
    }
    gateway.begin("sess-42").await;
    let (status, problem) = gateway.call("POST", "recipients/sess-42/handover", json!({})).await;
    assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("already-in-progress")));
}

#[tokio::test]
async fn the_openapi_document_is_up_to_date() {
    let written = include_str!("../../../host-harness/gateway/openapi.json");
    assert!(written == handover_gateway::document(), "openapi.json is out of date; run `make api`");
}

#[tokio::test]
async fn signs_callbacks_and_retries_them_in_order() {
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    type Received = Arc<Mutex<Vec<(String, Value)>>>;
    let received = Received::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/events", listener.local_addr().expect("an address"));
    let accepted = Arc::clone(&received);
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&attempts);
    let mut refusals = 2;
    let refuse = Arc::new(Mutex::new(move || {
        refusals -= 1;
        refusals >= 0
    }));
    let router = axum::Router::new().route(
        "/events",
        axum::routing::post(move |headers: HeaderMap, body: Bytes| async move {
            // The library of the specification, which the gateway also uses to sign. Its own tests contain the vectors.
            standardwebhooks::Webhook::new(SECRET).expect("a secret").verify(&body, &headers).expect("a signature");
            seen.lock().expect("no panic").push(headers["webhook-attempt"].to_str().expect("text").to_owned());
            if (refuse.lock().expect("no panic"))() {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            let id = headers["webhook-id"].to_str().expect("text").to_owned();
            accepted.lock().expect("no panic").push((id, serde_json::from_slice(&body).expect("JSON")));
            StatusCode::NO_CONTENT
        }),
    );
    tokio::spawn(axum::serve(listener, router).into_future());
    let callback = Callback::new(&url, vec![SECRET.into()]).expect("a callback");
    let gateway = TestGateway::with_rules(rules(), Some(callback)).await;
    let conversation = gateway.begin_and_accept("sess-42").await;
    gateway.world.sandbox_post(&format!("conversations/{conversation}/text"), json!({ "text": "Hello" })).await;
    gateway.world.sandbox_post(&format!("conversations/{conversation}/disconnect"), json!({})).await;
    let logged = gateway.events(None, "ended").await;
    let called = until("the end", async || {
        let received = received.lock().expect("no panic").clone();
        received.iter().any(|(_, event)| event["type"] == "ended").then_some(received)
    });
    let called = called.await;
    let logged: Vec<Value> = logged.into_iter().map(|(_, event)| event).collect();
    assert!(called.iter().all(|(id, event)| event["id"] == **id));
    assert_eq!(called.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), logged);
    // The first callback is refused twice and then accepted. The second one succeeds immediately.
    assert_eq!(attempts.lock().expect("no panic")[..4], ["1", "2", "3", "1"]);
}
