//! Tests of the texts that the inbound message flow sends on its own.

use genesys_sandbox::{Config, FlowConfig};
use serde_json::{Value, json};

use crate::support::{Genesys, ReceivedRequest, Receiver, config};

fn config_with_texts() -> Config {
    let flow = FlowConfig {
        greeting: Some("Connected".to_owned()),
        in_queue: Some("Please wait".to_owned()),
        ..FlowConfig::default()
    };
    Config { flows: vec![flow], ..config() }
}

#[tokio::test]
async fn sends_the_greeting_and_the_queue_text() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config_with_texts()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let arrived = receiver.wait_for(2).await;
    assert_eq!(arrived.iter().map(ReceivedRequest::text).collect::<Vec<_>>(), ["Connected", "Please wait"]);
    let first = arrived[0].json();
    assert_eq!((&first["type"], &first["originatingEntity"]), (&json!("Text"), &json!("Bot")));
    assert_eq!((&first["conversationId"], &first["channel"]["to"]["id"]), (&json!(conversation), &json!("sess-42")));

    genesys.send_text("sess-42", "hello?").await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    genesys.act_ok(&conversation, "transfer", Value::Null).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    genesys.send_text("sess-42", "me again").await;
    let texts: Vec<_> = receiver.wait_for(5).await.iter().map(ReceivedRequest::text).collect();
    assert_eq!(
        texts,
        ["Connected", "Please wait", "Please wait", "Connected", "Please wait"],
        "once per queue, and again after a reopen",
    );
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    assert_eq!(seen["messages"][1]["originatingEntity"], "Bot");
}

#[tokio::test]
async fn sends_no_text_by_default() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "text", json!({ "text": "the first" })).await;
    assert_eq!(receiver.wait_for(1).await[0].text(), "the first");
}
