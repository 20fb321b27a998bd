//! Tests of ordered faults.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::support::{Genesys, ReceivedRequest, Receiver, config, eventually};

/// Returns a receiver, a sandbox, and an accepted conversation.
async fn setup() -> (Receiver, Genesys, String) {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    (receiver, genesys, conversation)
}

async fn send_agent_text(genesys: &Genesys, conversation: &str, text: &str) {
    genesys.act_ok(conversation, "text", json!({ "text": text })).await;
}

fn texts(arrived: &[ReceivedRequest]) -> Vec<String> {
    arrived.iter().map(ReceivedRequest::text).collect()
}

#[tokio::test]
async fn double_delivers_the_same_bytes_twice() {
    let (receiver, genesys, conversation) = setup().await;
    genesys.order_fault(json!({ "on": "webhook", "fault": "double" })).await;
    send_agent_text(&genesys, &conversation, "one").await;
    send_agent_text(&genesys, &conversation, "two").await;
    let arrived = receiver.wait_for(3).await;
    assert_eq!(texts(&arrived), ["one", "one", "two"]);
    assert_eq!(arrived[0].bytes, arrived[1].bytes);
    assert_eq!(arrived[0].signature(), arrived[1].signature());
}

#[tokio::test]
async fn typing_does_not_consume_a_fault() {
    let receiver = Receiver::start([]).await;
    let mut config = config();
    config.typing.outbound = true;
    let genesys = Genesys::start_with_receiver(&receiver, config).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.order_fault(json!({ "on": "webhook", "fault": "double" })).await;
    genesys.act_ok(&conversation, "typing", Value::Null).await;
    send_agent_text(&genesys, &conversation, "one").await;
    send_agent_text(&genesys, &conversation, "two").await;
    let kinds: Vec<_> = receiver.wait_for(4).await.iter().map(|arrived| arrived.json()["type"].clone()).collect();
    assert_eq!(kinds, ["Event", "Text", "Text", "Text"]);
}

#[tokio::test]
async fn late_delays_and_keeps_the_order() {
    let (receiver, genesys, conversation) = setup().await;
    genesys.order_fault(json!({ "on": "webhook", "fault": "late", "ms": 300 })).await;
    let start = Instant::now();
    send_agent_text(&genesys, &conversation, "one").await;
    send_agent_text(&genesys, &conversation, "two").await;
    let arrived = receiver.wait_for(1).await;
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!(arrived[0].text(), "one");
    assert_eq!(texts(&receiver.wait_for(2).await), ["one", "two"]);
}

#[tokio::test]
async fn disordered_swaps_with_the_next() {
    let (receiver, genesys, conversation) = setup().await;
    genesys.order_fault(json!({ "on": "webhook", "fault": "disordered" })).await;
    for text in ["one", "two", "three"] {
        send_agent_text(&genesys, &conversation, text).await;
    }
    assert_eq!(texts(&receiver.wait_for(3).await), ["two", "one", "three"]);
}

#[tokio::test]
async fn cut_sends_half_with_the_signature_of_the_whole() {
    let (receiver, genesys, conversation) = setup().await;
    send_agent_text(&genesys, &conversation, "whole").await;
    genesys.order_fault(json!({ "on": "webhook", "fault": "cut" })).await;
    send_agent_text(&genesys, &conversation, "whole").await;
    let arrived = receiver.wait_for(2).await;
    assert_eq!(arrived[1].bytes.len(), arrived[0].bytes.len() / 2);
    assert_eq!(arrived[1].headers["content-length"], arrived[1].bytes.len().to_string().as_str());
    assert!(serde_json::from_slice::<Value>(&arrived[1].bytes).is_err());
    let secret = &genesys.sandbox.announcement().webhook_secret;
    assert!(arrived[0].is_signed_with(secret) && !arrived[1].is_signed_with(secret));
}

#[tokio::test]
async fn wrong_signature_is_well_formed() {
    let (receiver, genesys, conversation) = setup().await;
    genesys.order_fault(json!({ "on": "webhook", "fault": "wrong-signature" })).await;
    send_agent_text(&genesys, &conversation, "one").await;
    let arrived = receiver.wait_for(1).await.remove(0);
    assert!(!arrived.is_signed_with(&genesys.sandbox.announcement().webhook_secret));
    assert_eq!(arrived.text(), "one");
}

#[tokio::test]
async fn lost_is_never_sent() {
    let (receiver, genesys, conversation) = setup().await;
    genesys.order_fault(json!({ "on": "webhook", "fault": "lost" })).await;
    send_agent_text(&genesys, &conversation, "lost").await;
    assert_eq!(genesys.last_delivery(&conversation).await["state"], "sent", "the agent sees it as sent");
    send_agent_text(&genesys, &conversation, "found").await;
    assert_eq!(texts(&receiver.wait_for(1).await), ["found"]);
    eventually(async || (genesys.attempts().await.len() == 2).then_some(())).await;
    assert_eq!(genesys.attempts().await[0]["error"], "lost, as ordered");
}

#[tokio::test]
async fn rate_limited_returns_429_with_retry_after() {
    let genesys = Genesys::start(config()).await;
    genesys.order_fault(json!({ "on": "api", "fault": "rate-limited", "retryAfterSeconds": 42, "count": 2 })).await;
    for _ in 0..2 {
        let answer = genesys.get("/api/v2/routing/queues").await;
        assert_eq!((answer.status, answer.code()), (429, "too.many.requests.retry.after"));
        assert_eq!(answer.headers["retry-after"], "42");
        assert_eq!(answer.body["message"], "Rate limit exceeded the maximum. Retry the request in [42] seconds");
    }
    assert_eq!(genesys.get("/api/v2/routing/queues").await.status, 200);
}

#[tokio::test]
async fn server_error_applies_to_the_ordered_path() {
    let mut genesys = Genesys::start(config()).await;
    genesys.order_fault(json!({ "on": "api", "fault": "server-error", "status": 503, "path": "/inbound/" })).await;
    genesys.order_fault(json!({ "on": "api", "fault": "server-error", "status": 500, "path": "/oauth/token" })).await;
    assert_eq!(genesys.get("/api/v2/routing/queues").await.status, 200);
    let answer = genesys.inbound("message", crate::support::text_message("sess-42", "hi")).await;
    assert_eq!((answer.status, answer.code()), (503, "service.unavailable"));
    let conversations = genesys.desk("GET", "conversations", Value::Null).await.body;
    assert_eq!(conversations["conversations"], json!([]), "the request has no effect");
    assert_eq!(genesys.token_request("x", "y").await.code(), "internal.server.error");
    genesys.log_in().await;
}

#[tokio::test]
async fn hang_sends_no_response_until_the_sandbox_stops() {
    let genesys = Genesys::start(config()).await;
    genesys.order_fault(json!({ "on": "api", "fault": "hang" })).await;
    let request = genesys.request("GET", "/api/v2/routing/queues", Value::Null).bearer_auth(&genesys.token);
    let hanging = tokio::spawn(request.send());
    eventually(async || {
        let answer = genesys.desk("GET", "requests", Value::Null).await;
        answer.body["requests"].as_array().unwrap().iter().find(|one| one["status"].is_null()).map(|_| ())
    })
    .await;
    assert!(!hanging.is_finished());
    timeout(Duration::from_secs(10), genesys.sandbox.stop()).await.unwrap();
    // The request ends; whether a response is still sent depends on the operating system.
    let _ = timeout(Duration::from_secs(10), hanging).await.unwrap();
}

#[tokio::test]
async fn cut_executes_the_request_and_sends_half_the_response() {
    let genesys = Genesys::start(config()).await;
    genesys.order_fault(json!({ "on": "api", "fault": "cut", "path": "/inbound/open/message" })).await;
    let id = &genesys.sandbox.announcement().integration_id;
    let path = format!("/api/v2/conversations/messages/{id}/inbound/open/message");
    let message = crate::support::text_message("sess-42", "hi");
    let response = genesys.request("POST", &path, message).bearer_auth(&genesys.token).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let content_length: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert!(content_length > 100);
    assert!(response.bytes().await.is_err(), "the connection closes in the middle");
    let conversations = genesys.desk("GET", "conversations", Value::Null).await.body;
    assert_eq!(conversations["conversations"][0]["messageCount"], 1, "the message was accepted");
}

#[tokio::test]
async fn lists_and_clears_faults() {
    let genesys = Genesys::start(config()).await;
    let order = json!({ "on": "webhook", "fault": "late", "ms": 5, "count": 3 });
    genesys.order_fault(order.clone()).await;
    let pending = genesys.desk("GET", "faults", Value::Null).await;
    assert_eq!(pending.body, json!({ "faults": [order] }));
    assert_eq!(genesys.desk("DELETE", "faults", Value::Null).await.body, json!({ "faults": [] }));
}

#[tokio::test]
async fn refuses_invalid_faults_with_a_reason() {
    let genesys = Genesys::start(config()).await;
    for (order, reason) in [
        (json!({ "on": "api", "fault": "double" }), "does not exist there"),
        (json!({ "on": "webhook", "fault": "late" }), "`ms`"),
        (json!({ "on": "webhook", "fault": "explode" }), "unknown variant"),
        (json!({ "on": "webhook", "fault": "lost", "color": 1 }), "unknown field"),
    ] {
        let answer = genesys.desk("POST", "faults", order).await;
        assert_eq!(answer.status, 400);
        assert!(answer.body["message"].as_str().unwrap().contains(reason), "{:?}", answer.body);
    }
}
