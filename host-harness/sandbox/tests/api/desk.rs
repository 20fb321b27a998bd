//! Tests of the agent's side.

use serde_json::{Value, json};

use crate::support::{Genesys, config, read};

#[tokio::test]
async fn a_conversation_passes_through_its_states() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let list = genesys.desk("GET", "conversations", Value::Null).await.body;
    let one = &list["conversations"][0];
    assert_eq!((&one["id"], &one["state"], &one["agent"]), (&json!(conversation), &json!("waiting"), &Value::Null));
    assert_eq!(one["from"], json!({ "id": "sess-42", "idType": "Opaque" }));

    let accepted = genesys.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    assert_eq!((&accepted["state"], &accepted["agent"]["name"]), (&json!("connected"), &json!("Grace Hopper")));
    let sent = genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
    assert_eq!((&sent["message"]["text"], &sent["messageCount"]), (&json!("Hello"), &json!(2)));
    let moved = genesys.act_ok(&conversation, "transfer", Value::Null).await;
    assert_eq!((&moved["state"], &moved["queueId"]), (&json!("waiting"), &one["queueId"]));
    genesys.act_ok(&conversation, "accept", json!({ "name": "Alan Turing" })).await;
    let ended = genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    assert_eq!(ended["state"], "ended");
    assert!(ended["endedAt"].is_string());

    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    let ends: Vec<_> = seen["participants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["purpose"].as_str().unwrap(), one["disconnectType"].as_str().unwrap()))
        .collect();
    assert_eq!(
        ends,
        [("customer", "peer"), ("acd", "transfer"), ("agent", "transfer"), ("acd", "transfer"), ("agent", "client")],
    );
    let directions: Vec<_> = seen["messages"].as_array().unwrap().iter().map(|one| one["direction"].clone()).collect();
    assert_eq!(directions, ["Inbound", "Outbound"]);
}

#[tokio::test]
async fn the_system_ends_a_waiting_conversation() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let ended = genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    assert_eq!(ended["state"], "ended");
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    assert_eq!(seen["participants"][0]["disconnectType"], "system");
}

#[tokio::test]
async fn an_action_in_the_wrong_state_returns_a_remedy() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let picture = json!({ "url": "https://x.example/a.png", "mime": "image/png" });
    let human = json!({ "type": "Text", "text": "x", "originatingEntity": "Human" });
    for (act, body) in [
        ("text", json!({ "text": "Hello" })),
        ("typing", Value::Null),
        ("attachment", picture),
        ("message", human),
        ("transfer", Value::Null),
    ] {
        let answer = genesys.act(&conversation, act, body).await;
        assert_eq!(answer.status, 409, "{act}");
        assert_eq!(answer.body["message"], "no agent is connected; accept the conversation first", "{act}");
    }
    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    let twice = genesys.act(&conversation, "accept", json!({ "name": "Alan Turing" })).await;
    assert_eq!(twice.status, 409);
    assert_eq!(twice.body["message"], "Grace Hopper is connected already; transfer or disconnect first");
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    for (act, body) in [
        ("accept", json!({ "name": "Alan Turing" })),
        ("text", json!({ "text": "Hello", "as": "bot" })),
        ("disconnect", Value::Null),
    ] {
        let answer = genesys.act(&conversation, act, body).await;
        assert_eq!(answer.status, 409, "{act}");
        assert!(answer.body["message"].as_str().unwrap().starts_with("the conversation has ended"), "{act}");
    }
}

#[tokio::test]
async fn refuses_invalid_actions_with_a_reason() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    for (act, body, reason) in [
        ("accept", json!({}), "missing field `name`"),
        ("accept", json!({ "name": "" }), "`name` must have 1 to 200"),
        ("text", json!({ "text": "" }), "it must have 1 to 2000"),
        ("text", json!({ "text": "x".repeat(2_001) }), "it must have 1 to 2000"),
        ("text", json!({ "text": "x", "as": "ghost" }), "unknown variant"),
        ("text", json!({ "txt": "x" }), "unknown field"),
        ("attachment", json!({ "url": "https://x.example/a.pdf", "mime": "application/pdf" }), "media.outbound"),
        ("attachment", json!({ "url": "a.png", "mime": "image/png" }), "`url`"),
        ("message", json!({ "type": "Receipt" }), "unknown variant"),
    ] {
        let answer = genesys.act(&conversation, act, body).await;
        assert_eq!(answer.status, 400, "{act}: {:?}", answer.body);
        assert!(answer.body["message"].as_str().unwrap().contains(reason), "{act}: {:?}", answer.body);
    }
    assert_eq!(genesys.act(&conversation, "transfer", json!({ "queueId": "unknown" })).await.status, 404);
    assert_eq!(genesys.act("unknown", "accept", json!({ "name": "x" })).await.status, 404);
    assert_eq!(genesys.desk("GET", "conversations/unknown", Value::Null).await.status, 404);
    assert_eq!(genesys.desk("GET", "no/such/thing", Value::Null).await.status, 404);
}

#[tokio::test]
async fn requires_no_content_type() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let url = format!("{}/sandbox/conversations/{conversation}/accept", genesys.origin);
    let request = genesys.http.post(url).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(read(request.body(r#"{"name":"Grace Hopper"}"#)).await.status, 200);
}

#[tokio::test]
async fn accepts_a_text_of_2000_characters() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "text", json!({ "text": "ü".repeat(2_000) })).await;
}
