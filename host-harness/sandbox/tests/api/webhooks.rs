//! Tests of webhooks: bodies, signatures, headers, retries and order.

use genesys_sandbox::{Secret, WebhookConfig};
use serde_json::{Value, json};

use crate::support::{Genesys, ReceivedRequest, Receiver, config, eventually};

const SECRET: &str = "a-secret-of-16-or-more-chars";

#[tokio::test]
async fn sends_an_agents_text_as_documented() {
    let receiver = Receiver::start([]).await;
    let mut config = config();
    config.integrations[0].webhook_secret = Some(Secret::from(SECRET));
    config.integrations[0].webhook_headers.insert("x-tenant".to_owned(), "acme".into());
    let genesys = Genesys::start_with_receiver(&receiver, config).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let answer = genesys.act_ok(&conversation, "text", json!({ "text": "Hello, this is Grace." })).await;
    let arrived = receiver.wait_for(1).await.remove(0);
    assert!(arrived.is_signed_with(SECRET));
    assert_eq!(arrived.headers["content-type"], "application/json");
    assert_eq!(arrived.headers["x-tenant"], "acme");
    assert_eq!(arrived.bytes, arrived.json().to_string(), "compact JSON");
    let mut body = arrived.json();
    let integration = genesys.sandbox.announcement().integration_id.clone();
    let time = body["channel"].as_object_mut().unwrap().remove("time").unwrap();
    let time = time.as_str().unwrap();
    assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    assert_eq!(
        body,
        json!({
            "id": answer["message"]["id"],
            "channel": {
                "id": integration, "platform": "Open", "type": "Private",
                "to": { "id": "sess-42", "idType": "Opaque" },
                "from": { "nickname": "BotHandover", "id": integration, "idType": "Opaque" },
                "messageId": answer["message"]["id"],
            },
            "type": "Text",
            "text": "Hello, this is Grace.",
            "originatingEntity": "Human",
            "direction": "Outbound",
            "conversationId": conversation,
        }),
    );
    genesys.wait_for_delivery(&conversation, "sent").await;
}

#[tokio::test]
async fn sends_a_flow_text_as_a_bot() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    genesys.act_ok(&conversation, "text", json!({ "text": "You are number 3", "as": "bot" })).await;
    assert_eq!(receiver.wait_for(1).await[0].json()["originatingEntity"], "Bot");
}

#[tokio::test]
async fn sends_an_attachment_as_documented() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let attachment = json!({
        "url": "https://api-downloads.mypurecloud.de/api/v2/downloads/abc123", "mime": "image/jpeg",
        "filename": "photo.jpg", "mediaType": "Image",
    });
    genesys.act_ok(&conversation, "attachment", attachment).await;
    let mut body = receiver.wait_for(1).await[0].json();
    assert_eq!((&body["type"], body.get("text")), (&json!("Text"), None));
    let attachment = body["content"][0]["attachment"].as_object_mut().unwrap();
    assert_eq!(attachment.remove("id").unwrap().as_str().unwrap().len(), 36);
    assert_eq!(
        body["content"],
        json!([{ "contentType": "Attachment", "attachment": {
            "mediaType": "Image", "url": "https://api-downloads.mypurecloud.de/api/v2/downloads/abc123",
            "mime": "image/jpeg", "filename": "photo.jpg",
        } }]),
    );
}

#[tokio::test]
async fn sends_a_raw_message_unchanged() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let content = json!([
        { "contentType": "QuickReply", "quickReply": { "text": "Yes", "payload": "yes", "action": "Message" } },
    ]);
    let raw = json!({ "type": "Structured", "text": "Proceed?", "content": content });
    genesys.act_ok(&conversation, "message", raw).await;
    let body = receiver.wait_for(1).await[0].json();
    assert_eq!((&body["type"], &body["text"]), (&json!("Structured"), &json!("Proceed?")));
    assert_eq!((&body["content"], &body["originatingEntity"]), (&content, &json!("Bot")));
}

#[tokio::test]
async fn sends_no_webhook_for_joins_leaves_and_ends() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "transfer", json!({})).await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Alan Turing" })).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    genesys.send_text("sess-42", "me again").await;
    genesys.act_ok(&conversation, "text", json!({ "text": "the only webhook", "as": "bot" })).await;
    assert_eq!(receiver.wait_for(1).await[0].text(), "the only webhook");
    assert_eq!(genesys.attempts().await.len(), 1);
}

#[tokio::test]
async fn retries_a_server_error_five_times() {
    let receiver = Receiver::start([503; 6]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
    let delivery = genesys.wait_for_delivery(&conversation, "failed").await;
    assert!(delivery["reasons"][0]["message"].as_str().unwrap().contains("503"), "{delivery}");
    let arrived = receiver.arrived();
    assert_eq!(arrived.len(), 6, "one attempt and five retries");
    assert!(arrived.iter().all(|one| one.bytes == arrived[0].bytes), "the same bytes each time");
    let attempts: Vec<_> = genesys.attempts().await.iter().map(|one| one["attempt"].as_u64().unwrap()).collect();
    assert_eq!(attempts, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_retry_may_succeed() {
    let receiver = Receiver::start([429, 500]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
    genesys.wait_for_delivery(&conversation, "sent").await;
    let statuses: Vec<_> = genesys.attempts().await.iter().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [429, 500, 200]);
}

#[tokio::test]
async fn does_not_retry_other_statuses() {
    for status in [400, 401, 403, 404, 410, 301] {
        let receiver = Receiver::start([status]).await;
        let genesys = Genesys::start_with_receiver(&receiver, config()).await;
        let conversation = genesys.accepted_conversation("sess-42").await;
        genesys.act_ok(&conversation, "text", json!({ "text": "refused" })).await;
        genesys.wait_for_delivery(&conversation, "failed").await;
        genesys.act_ok(&conversation, "text", json!({ "text": "accepted" })).await;
        genesys.wait_for_delivery(&conversation, "sent").await;
        let texts: Vec<_> = receiver.arrived().iter().map(ReceivedRequest::text).collect();
        assert_eq!(texts, ["refused", "accepted"], "{status}");
    }
}

#[tokio::test]
async fn does_not_follow_redirects() {
    use axum::routing::post;
    let elsewhere = Receiver::start([]).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config();
    config.integrations[0].webhook_url = Some(format!("http://{}/", listener.local_addr().unwrap()));
    let redirect = axum::response::Redirect::temporary(&elsewhere.url);
    let app = axum::Router::new().route("/", post(async || redirect));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let genesys = Genesys::start(config).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
    genesys.wait_for_delivery(&conversation, "failed").await;
    assert_eq!(genesys.attempts().await[0]["status"], 307);
    assert!(elsewhere.arrived().is_empty());
}

#[tokio::test]
async fn retries_after_a_timeout() {
    let receiver = Receiver::start([0]).await;
    let mut config = config();
    config.webhooks = WebhookConfig { timeout_ms: 200, retries: 5, retry_delay_ms: 5 };
    let genesys = Genesys::start_with_receiver(&receiver, config).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
    genesys.wait_for_delivery(&conversation, "sent").await;
    let attempts = genesys.attempts().await;
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0]["error"], "no answer within 200 ms");
    assert_eq!(attempts[1]["status"], 200);
    assert_eq!(receiver.arrived().len(), 2);
}

#[tokio::test]
async fn retries_a_refused_connection() {
    let mut config = config();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    config.integrations[0].webhook_url = Some(format!("http://{free}/hook"));
    let genesys = Genesys::start(config).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
    genesys.wait_for_delivery(&conversation, "failed").await;
    assert_eq!(genesys.attempts().await.len(), 6);
}

#[tokio::test]
async fn a_message_without_a_webhook_url_is_undeliverable() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let answer = genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
    assert_eq!(answer["message"]["delivery"]["state"], "undeliverable");
    let attempts = genesys.attempts().await;
    assert_eq!((attempts.len(), &attempts[0]["attempt"]), (1, &json!(0)));
    assert_eq!(attempts[0]["error"], "the integration has no webhook URL");
}

#[tokio::test]
async fn keeps_the_order_in_one_conversation() {
    let receiver = Receiver::start([503, 503]).await;
    let mut config = config();
    config.webhooks = WebhookConfig { timeout_ms: 5_000, retries: 5, retry_delay_ms: 50 };
    let genesys = Genesys::start_with_receiver(&receiver, config).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let texts: Vec<_> = (1..=10).map(|number| format!("text {number}")).collect();
    for text in &texts {
        genesys.act_ok(&conversation, "text", json!({ "text": text })).await;
    }
    let arrived = receiver.wait_for(12).await;
    let seen: Vec<_> = arrived.iter().map(ReceivedRequest::text).collect();
    assert_eq!(seen[..3], ["text 1", "text 1", "text 1"], "the first is retried before the second is sent");
    assert_eq!(seen[2..], texts);
}

#[tokio::test]
async fn conversations_do_not_wait_for_each_other() {
    let receiver = Receiver::start([0]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let (stuck, free) =
        (genesys.accepted_conversation("sess-42").await, genesys.accepted_conversation("sess-43").await);
    genesys.act_ok(&stuck, "text", json!({ "text": "stuck" })).await;
    receiver.wait_for(1).await;
    genesys.act_ok(&free, "text", json!({ "text": "free" })).await;
    genesys.wait_for_delivery(&free, "sent").await;
    assert_eq!(genesys.last_delivery(&stuck).await["state"], "queued");
}

#[tokio::test]
async fn sends_receipts_for_inbound_messages_if_enabled() {
    let receiver = Receiver::start([]).await;
    let mut config = config();
    config.unconfirmed.inbound_receipts = true;
    config.media.inbound = vec!["image/*".to_owned()];
    let genesys = Genesys::start_with_receiver(&receiver, config).await;
    let mut message = crate::support::text_message("sess-42", "hello");
    message["channel"]["messageId"] = json!("mine-1");
    let sent = genesys.inbound("message", message.clone()).await.body;
    let body = receiver.wait_for(1).await[0].json();
    assert_eq!((&body["type"], &body["status"], &body["id"]), (&json!("Receipt"), &json!("Published"), &sent["id"]));
    assert_eq!((&body["direction"], &body["isFinalReceipt"]), (&json!("Inbound"), &json!(true)));
    assert_eq!(body["channel"]["messageId"], "mine-1");
    assert_eq!(body["reasons"], json!([]));

    message["content"] = json!([
        { "attachment": { "mediaType": "File", "url": "https://files.example.com/a.pdf", "mime": "application/pdf" } },
    ]);
    genesys.inbound("message", message).await;
    let body = receiver.wait_for(2).await[1].json();
    assert_eq!((&body["status"], &body["reasons"][0]["code"]), (&json!("Failed"), &json!("MediaTypeNotAllowed")));
}

#[tokio::test]
async fn a_dropped_duplicate_has_no_receipt() {
    let receiver = Receiver::start([]).await;
    let mut config = config();
    config.unconfirmed.inbound_receipts = true;
    config.unconfirmed.drop_repeated_message_ids = true;
    let genesys = Genesys::start_with_receiver(&receiver, config).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let mut message = crate::support::text_message("sess-42", "again");
    message["channel"]["messageId"] = json!("mine-1");
    genesys.inbound("message", message.clone()).await;
    genesys.inbound("message", message).await;
    genesys.act_ok(&conversation, "text", json!({ "text": "after the repeat" })).await;
    let types: Vec<_> = receiver.wait_for(3).await.iter().map(|one| one.json()["type"].clone()).collect();
    assert_eq!(types, ["Receipt", "Receipt", "Text"], "one for the first message and one for the first of the two");
}

#[tokio::test]
async fn a_late_response_does_not_override_a_receipt() {
    let receiver = Receiver::start([0]).await;
    let mut config = config();
    config.webhooks = WebhookConfig { timeout_ms: 300, retries: 1, retry_delay_ms: 5 };
    let genesys = Genesys::start_with_receiver(&receiver, config).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let sent = genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
    receiver.wait_for(1).await;
    let receipt = json!({
        "id": sent["message"]["id"],
        "channel": { "to": { "id": "sess-42", "idType": "Opaque" }, "time": "2026-03-01T10:03:01.000Z" },
        "status": "Delivered",
    });
    assert_eq!(genesys.inbound("receipt", receipt).await.status, 200);
    eventually(async || (genesys.attempts().await.len() == 2).then_some(())).await;
    genesys.act_ok(&conversation, "typing", Value::Null).await;
    assert_eq!(genesys.last_delivery(&conversation).await["state"], "delivered");
}
