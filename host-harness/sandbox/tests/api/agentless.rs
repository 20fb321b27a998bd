//! Tests of agentless messages.

use serde_json::{Value, json};

use crate::support::{Genesys, Receiver, config};

const PATH: &str = "/api/v2/conversations/messages/agentless";

fn message(genesys: &Genesys, joins: bool, text: &str) -> Value {
    json!({
        "fromAddress": genesys.sandbox.announcement().integration_id, "toAddress": "sess-42",
        "toAddressMessengerType": "open", "textBody": text, "useExistingActiveConversation": joins,
    })
}

#[tokio::test]
async fn opens_a_new_conversation_or_joins_an_active_one() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let first = genesys.call("POST", PATH, message(&genesys, true, "Your parcel is here")).await;
    assert_eq!(first.status, 202);
    let arrived = receiver.wait_for(1).await[0].json();
    assert_eq!((&arrived["text"], &arrived["originatingEntity"]), (&json!("Your parcel is here"), &json!("Bot")));
    assert_eq!((&arrived["id"], &arrived["conversationId"]), (&first.body["id"], &first.body["conversationId"]));
    assert_eq!(arrived["channel"]["to"], json!({ "id": "sess-42", "idType": "Opaque" }));
    assert_eq!(
        genesys.desk("GET", "events", Value::Null).await.body["events"],
        json!([]),
        "no participant joined or left"
    );

    let answered = genesys.send_text("sess-42", "Thanks").await;
    assert_eq!(first.body["conversationId"], answered, "the answer joins the conversation");
    let second = genesys.call("POST", PATH, message(&genesys, true, "You are welcome")).await.body;
    assert_eq!(second["conversationId"], answered);
    let third = genesys.call("POST", PATH, message(&genesys, false, "By the way")).await.body;
    assert_ne!(third["conversationId"], answered);
    assert_eq!(genesys.send_text("sess-42", "What?").await, answered, "the connected conversation continues");
}

#[tokio::test]
async fn refuses_invalid_messages() {
    let genesys = Genesys::start(config()).await;
    let longest = genesys.call("POST", PATH, message(&genesys, true, &"ü".repeat(2_000))).await;
    assert_eq!(longest.status, 202);
    let good = message(&genesys, true, "x");
    for (field, value, status) in [
        ("textBody", json!("x".repeat(2_001)), 400),
        ("textBody", json!(""), 400),
        ("toAddress", Value::Null, 400),
        ("toAddressMessengerType", json!("sms"), 400),
        ("toAddressMessengerType", Value::Null, 400),
        ("useExistingActiveConversation", json!("yes"), 400),
        ("fromAddress", json!("unknown"), 404),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        assert_eq!(genesys.call("POST", PATH, body).await.status, status, "{field} {value}");
    }
}
