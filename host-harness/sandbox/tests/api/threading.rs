//! Which conversation a message belongs to.

use serde_json::{Value, json};

use crate::support::{Genesys, config};

#[tokio::test]
async fn messages_of_one_customer_join_and_others_do_not() {
    let genesys = Genesys::start(config()).await;
    let first = genesys.says("sess-42", "one").await;
    assert_eq!(genesys.says("sess-42", "two").await, first);
    assert_ne!(genesys.says("sess-43", "one").await, first);
}

#[tokio::test]
async fn the_same_customer_of_another_integration_is_another_thread() {
    let genesys = Genesys::start(config()).await;
    let first = genesys.says("sess-42", "one").await;
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
async fn within_the_window_an_ended_conversation_reopens() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted("sess-42").await;
    let ended = genesys.does(&conversation, "disconnect", Value::Null).await;
    assert_eq!((&ended["state"], &ended["agent"]), (&json!("ended"), &Value::Null));
    assert_eq!(genesys.says("sess-42", "me again").await, conversation);
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    assert_eq!((&seen["state"], &seen["endedAt"]), (&json!("waiting"), &Value::Null));
    genesys.does(&conversation, "accept", json!({ "name": "Alan Turing" })).await;
}

#[tokio::test]
async fn without_a_window_an_ended_conversation_stays_ended() {
    let mut config = config();
    config.threading_window_seconds = 0;
    let genesys = Genesys::start(config).await;
    let first = genesys.accepted("sess-42").await;
    genesys.does(&first, "disconnect", Value::Null).await;
    let second = genesys.says("sess-42", "me again").await;
    assert_ne!(second, first);
    assert_eq!(genesys.says("sess-42", "still me").await, second);
    let seen = genesys.desk("GET", &format!("conversations/{first}"), Value::Null).await.body;
    assert_eq!(seen["state"], "ended");
}
