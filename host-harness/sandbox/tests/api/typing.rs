//! Tests of typing indicators, which are off in both directions until an administrator enables them.

use serde_json::{Value, json};

use crate::support::{Genesys, Receiver, config};

fn typing(from: &str) -> Value {
    json!({
        "channel": { "from": { "id": from, "idType": "Opaque" }, "time": "2026-03-01T10:02:00.000Z" },
        "events": [{ "eventType": "Typing" }],
    })
}

async fn conversations(genesys: &Genesys) -> Vec<Value> {
    genesys.desk("GET", "conversations", Value::Null).await.body["conversations"].as_array().unwrap().clone()
}

#[tokio::test]
async fn drops_both_directions_by_default() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    assert_eq!(genesys.inbound("event", typing("sess-42")).await.status, 200);
    assert!(conversations(&genesys).await.is_empty());

    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.inbound("event", typing("sess-42")).await;
    let answer = genesys.act_ok(&conversation, "typing", Value::Null).await;
    assert!(answer["notSent"].is_string(), "{answer}");
    assert_eq!(answer["messageCount"], 1);
    genesys.act_ok(&conversation, "text", json!({ "text": "after the typing" })).await;
    let arrived = receiver.wait_for(1).await;
    assert_eq!(arrived[0].text(), "after the typing");
}

#[tokio::test]
async fn enabled_inbound_typing_reaches_the_conversation() {
    let mut config = config();
    config.typing.inbound = true;
    let genesys = Genesys::start(config).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    genesys.inbound("event", typing("sess-42")).await;
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    assert_eq!(seen["messages"][1]["type"], "Event");
}

#[tokio::test]
async fn typing_may_open_a_conversation() {
    for (opens, count) in [(true, 1), (false, 0)] {
        let mut config = config();
        config.typing.inbound = true;
        config.unconfirmed.typing_opens_conversation = opens;
        let genesys = Genesys::start(config).await;
        assert_eq!(genesys.inbound("event", typing("sess-42")).await.status, 200);
        assert_eq!(conversations(&genesys).await.len(), count);
    }
}

#[tokio::test]
async fn sends_enabled_outbound_typing_as_a_webhook() {
    let receiver = Receiver::start([]).await;
    let mut config = config();
    config.typing.outbound = true;
    let genesys = Genesys::start_with_receiver(&receiver, config).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "typing", Value::Null).await;
    let body = receiver.wait_for(1).await[0].json();
    assert_eq!((&body["type"], &body["direction"]), (&json!("Event"), &json!("Outbound")));
    assert_eq!(body["events"], json!([{ "eventType": "Typing", "typing": { "type": "On", "duration": 5000 } }]));
    assert_eq!(body["conversationId"], conversation);
    assert_eq!(body["channel"]["to"], json!({ "id": "sess-42", "idType": "Opaque" }));
    assert_eq!(body.get("text"), None);
}
