//! Tests of threading: which conversation a message belongs to.

use serde_json::{Value, json};

use crate::support::{Genesys, config};

#[tokio::test]
async fn messages_of_one_customer_join_one_conversation() {
    let genesys = Genesys::start(config()).await;
    let first = genesys.send_text("sess-42", "one").await;
    assert_eq!(genesys.send_text("sess-42", "two").await, first);
    assert_ne!(genesys.send_text("sess-43", "one").await, first);
}

#[tokio::test]
async fn separates_threads_by_integration() {
    let genesys = Genesys::start(config()).await;
    let first = genesys.send_text("sess-42", "one").await;
    let created = genesys
        .call(
            "POST",
            "/api/v2/conversations/messaging/integrations/open",
            json!({
                "name": "Another",
                "outboundNotificationWebhookUrl": "http://127.0.0.1:9/",
                "outboundNotificationWebhookSignatureSecretToken": "0123456789abcdef",
            }),
        )
        .await;
    let path = format!(
        "/api/v2/conversations/messages/{}/inbound/open/message?prefetchConversationId=true",
        created.body["id"].as_str().unwrap()
    );
    let other = genesys.call("POST", &path, crate::support::text_message("sess-42", "one")).await;
    assert_ne!(other.body["conversationId"], first);
}

#[tokio::test]
async fn reopens_an_ended_conversation_within_the_window() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let ended = genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    assert_eq!((&ended["state"], &ended["agent"]), (&json!("ended"), &Value::Null));
    assert_eq!(genesys.send_text("sess-42", "me again").await, conversation);
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    assert_eq!((&seen["state"], &seen["endedAt"]), (&json!("waiting"), &Value::Null));
    genesys.act_ok(&conversation, "accept", json!({ "name": "Alan Turing" })).await;
}

#[tokio::test]
async fn an_ended_conversation_stays_ended_without_a_window() {
    let mut config = config();
    config.threading_window_seconds = 0;
    let genesys = Genesys::start(config).await;
    let first = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&first, "disconnect", Value::Null).await;
    let second = genesys.send_text("sess-42", "me again").await;
    assert_ne!(second, first);
    assert_eq!(genesys.send_text("sess-42", "still me").await, second);
    let seen = genesys.desk("GET", &format!("conversations/{first}"), Value::Null).await.body;
    assert_eq!(seen["state"], "ended");
}

const TIMELINE: &str = "/api/v2/conversations/messaging/threadingtimeline";

fn timeline(minutes: i64) -> Value {
    json!({ "settings": [{ "messengerType": "open", "timeoutInMinutes": minutes }], "defaultTimeoutMinutes": 4320 })
}

#[tokio::test]
async fn reads_and_changes_the_timeline() {
    let genesys = Genesys::start(config()).await;
    assert_eq!(genesys.get(TIMELINE).await.body, timeline(4_320));
    let first = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&first, "disconnect", Value::Null).await;
    let put = genesys.call("PUT", TIMELINE, timeline(0)).await;
    assert_eq!((put.status, put.body), (200, timeline(0)));
    assert_ne!(genesys.send_text("sess-42", "me again").await, first, "no conversation reopens any more");
    for wrong in [
        timeline(-1),
        timeline(4_321),
        json!({}),
        json!({ "settings": [{ "messengerType": "open" }] }),
        json!({ "settings": [{ "messengerType": "sms", "timeoutInMinutes": 1 }] }),
    ] {
        assert_eq!(genesys.call("PUT", TIMELINE, wrong.clone()).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn opens_a_new_conversation_after_the_window() {
    let mut config = config();
    config.threading_window_seconds = 1;
    let genesys = Genesys::start(config).await;
    let first = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&first, "disconnect", Value::Null).await;
    assert_eq!(genesys.send_text("sess-42", "me again").await, first);
    genesys.act_ok(&first, "disconnect", Value::Null).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
    assert_ne!(genesys.send_text("sess-42", "much later").await, first);
}
