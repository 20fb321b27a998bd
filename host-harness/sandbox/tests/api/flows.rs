//! What the inbound message flow says of its own accord.

use genesys_sandbox::{Config, FlowConfig};
use serde_json::{Value, json};

use crate::support::{Arrived, Genesys, Receiver, config};

fn talkative() -> Config {
    let flow = FlowConfig {
        greeting: Some("Connected".to_owned()),
        in_queue: Some("Please wait".to_owned()),
        ..FlowConfig::default()
    };
    Config { flows: vec![flow], ..config() }
}

#[tokio::test]
async fn it_greets_and_asks_for_patience() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_towards(&receiver, talkative()).await;
    let conversation = genesys.says("sess-42", "hello").await;
    let arrived = receiver.until(2).await;
    assert_eq!(arrived.iter().map(Arrived::text).collect::<Vec<_>>(), ["Connected", "Please wait"]);
    let first = arrived[0].json();
    assert_eq!((&first["type"], &first["originatingEntity"]), (&json!("Text"), &json!("Bot")));
    assert_eq!((&first["conversationId"], &first["channel"]["to"]["id"]), (&json!(conversation), &json!("sess-42")));

    genesys.says("sess-42", "hello?").await;
    genesys.does(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    genesys.does(&conversation, "transfer", Value::Null).await;
    genesys.does(&conversation, "disconnect", Value::Null).await;
    genesys.says("sess-42", "me again").await;
    let texts: Vec<_> = receiver.until(5).await.iter().map(Arrived::text).collect();
    assert_eq!(
        texts,
        ["Connected", "Please wait", "Please wait", "Connected", "Please wait"],
        "once a queue, and again when it is opened again",
    );
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    assert_eq!(seen["messages"][1]["originatingEntity"], "Bot");
}

#[tokio::test]
async fn by_default_it_says_nothing() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_towards(&receiver, config()).await;
    let conversation = genesys.accepted("sess-42").await;
    genesys.does(&conversation, "text", json!({ "text": "the first" })).await;
    assert_eq!(receiver.until(1).await[0].text(), "the first");
}
