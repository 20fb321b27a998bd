//! Tests of `/api/v2/conversations/messages/…`: conversations, disconnects, attributes, and messages by ID.

use genesys_sandbox::Permission;
use serde_json::{Value, json};

use crate::support::{Genesys, config};

fn path(conversation: &str) -> String {
    format!("/api/v2/conversations/messages/{conversation}")
}

/// Returns the purpose, state and disconnect type of each participant.
async fn participants(genesys: &Genesys, conversation: &str) -> Vec<(String, String, String)> {
    let answer = genesys.get(&path(conversation)).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let participants = answer.body["participants"].as_array().unwrap().iter();
    participants.map(|one| (text(&one["purpose"]), text(&one["state"]), text(&one["disconnectType"]))).collect()
}

fn expect(expected: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    expected.iter().map(|(purpose, state, why)| ((*purpose).into(), (*state).into(), (*why).into())).collect()
}

async fn participant_id(genesys: &Genesys, conversation: &str, purpose: &str) -> String {
    let answer = genesys.get(&path(conversation)).await;
    let participants = answer.body["participants"].as_array().unwrap();
    participants.iter().find(|one| one["purpose"] == purpose).unwrap()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn returns_a_conversation_as_documented() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let body = genesys.get(&path(&conversation)).await.body;
    let integration = &genesys.sandbox.announcement().integration_id;
    assert_eq!(body["id"], conversation);
    assert_eq!(body["selfUri"], path(&conversation));
    let [customer, acd, agent] = body["participants"].as_array().unwrap().as_slice() else { panic!("{body}") };
    assert_eq!((&customer["purpose"], &customer["state"]), (&json!("customer"), &json!("connected")));
    assert_eq!(customer["fromAddress"]["addressNormalized"], "sess-42");
    assert_eq!(customer["toAddress"]["addressNormalized"], **integration);
    assert_eq!((&acd["purpose"], &acd["state"]), (&json!("acd"), &json!("disconnected")));
    assert_eq!(acd["disconnectType"], "transfer");
    assert_eq!((&agent["purpose"], &agent["state"]), (&json!("agent"), &json!("connected")));
    assert_eq!(agent["name"], "Grace Hopper");
    assert_eq!(agent["user"]["selfUri"], format!("/api/v2/users/{}", agent["user"]["id"].as_str().unwrap()));
    assert_eq!(agent["queue"]["id"], acd["queue"]["id"]);
    assert_eq!(agent.get("disconnectType"), None);
}

#[tokio::test]
async fn an_unknown_conversation_is_not_found() {
    let genesys = Genesys::start(config()).await;
    let unknown_conversation = path("unknown");
    let disconnect = json!({ "state": "disconnected" });
    assert_eq!(genesys.get(&unknown_conversation).await.status, 404);
    assert_eq!(genesys.call("PATCH", &unknown_conversation, disconnect.clone()).await.status, 404);
    assert_eq!(
        genesys.call("PATCH", &format!("{unknown_conversation}/participants/x"), disconnect.clone()).await.status,
        404
    );
    assert_eq!(
        genesys.call("PATCH", &format!("{unknown_conversation}/participants/x/attributes"), json!({})).await.status,
        404
    );
    assert_eq!(genesys.get(&format!("{unknown_conversation}/details")).await.status, 404);
    let conversation = genesys.send_text("sess-42", "hello").await;
    let unknown_participant = format!("{}/participants/unknown", path(&conversation));
    assert_eq!(genesys.call("PATCH", &unknown_participant, disconnect).await.status, 404);
    assert_eq!(genesys.call("PATCH", &format!("{unknown_participant}/attributes"), json!({})).await.status, 404);
}

#[tokio::test]
async fn disconnects_the_customer_by_participant() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let customer = participant_id(&genesys, &conversation, "customer").await;
    let one = format!("{}/participants/{customer}", path(&conversation));
    let answer = genesys.call("PATCH", &one, json!({ "state": "disconnected" })).await;
    assert_eq!((answer.status, &answer.body), (202, &Value::Null));
    let ended = expect(&[
        ("customer", "disconnected", "client"),
        ("acd", "disconnected", "transfer"),
        ("agent", "disconnected", "peer"),
    ]);
    assert_eq!(participants(&genesys, &conversation).await, ended);
    assert_eq!(genesys.call("PATCH", &one, json!({ "state": "disconnected" })).await.status, 202);
    assert_eq!(participants(&genesys, &conversation).await, ended, "a second time changes nothing");
}

#[tokio::test]
async fn disconnects_the_customer_by_conversation() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let answer = genesys.call("PATCH", &path(&conversation), json!({ "state": "disconnected" })).await;
    assert_eq!((answer.status, &answer.body["id"]), (200, &json!(conversation)));
    let ended = expect(&[("customer", "disconnected", "client"), ("acd", "disconnected", "peer")]);
    assert_eq!(participants(&genesys, &conversation).await, ended);
}

#[tokio::test]
async fn refuses_other_states() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let patch = async |body: Value| genesys.call("PATCH", &path(&conversation), body).await;
    assert_eq!(patch(json!({ "state": "gone" })).await.code(), "invalid.value");
    assert_eq!(patch(json!({ "state": "connected" })).await.code(), "bad.request");
    assert_eq!(patch(json!({})).await.status, 200);
    assert_eq!(participants(&genesys, &conversation).await[0].1, "connected");
}

#[tokio::test]
async fn any_of_several_permissions_allows_a_disconnect() {
    let mut with_one = config();
    with_one.clients[0].permissions = [Permission::MessageReceive, Permission::MessagePark].into();
    let genesys = Genesys::start(with_one).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    assert_eq!(genesys.get(&path(&conversation)).await.status, 200, "reading needs no permission");
    let customer = participant_id(&genesys, &conversation, "customer").await;
    let one = format!("{}/participants/{customer}", path(&conversation));
    let refused = genesys.call("PATCH", &one, json!({ "state": "disconnected" })).await;
    assert_eq!((refused.status, refused.code()), (403, "missing.any.permissions"));
    let message = refused.body["message"].as_str().unwrap();
    assert!(message.contains("conversation:communication:disconnect"), "{message}");
    assert_eq!(genesys.call("PATCH", &path(&conversation), json!({ "state": "disconnected" })).await.status, 200);

    let mut without = config();
    without.clients[0].permissions = [Permission::MessageReceive].into();
    let genesys = Genesys::start(without).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let refused = genesys.call("PATCH", &path(&conversation), json!({ "state": "disconnected" })).await;
    assert_eq!((refused.status, refused.code()), (403, "missing.any.permissions"));
    assert_eq!(genesys.get(&format!("{}/details", path("x"))).await.code(), "missing.any.permissions");
    assert_eq!(genesys.get("/api/v2/users/x").await.code(), "missing.permissions");
}

#[tokio::test]
async fn merges_attributes() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let customer = participant_id(&genesys, &conversation, "customer").await;
    let attributes = format!("{}/participants/{customer}/attributes", path(&conversation));
    let patch = async |body: Value| genesys.call("PATCH", &attributes, body).await;
    assert_eq!(patch(json!({ "attributes": { "a": "1" } })).await.body, json!({ "attributes": { "a": "1" } }));
    let both = json!({ "attributes": { "a": "2", "b": "3" } });
    assert_eq!(patch(both.clone()).await.body, both);
    assert_eq!(patch(json!({ "attributes": { "a": 1 } })).await.code(), "bad.request");
    assert_eq!(patch(json!({})).await.body, both);
}

#[tokio::test]
async fn returns_a_message_by_id() {
    let genesys = Genesys::start(config()).await;
    let mut body = crate::support::text_message("sess-42", "hello");
    body["channel"]["messageId"] = json!("mine-1");
    let sent = genesys.inbound("message?prefetchConversationId=true", body).await.body;
    let id = sent["id"].as_str().unwrap();
    let details = genesys.get(&format!("{}/details", path(id))).await.body;
    assert_eq!(details["id"], id);
    assert_eq!(details["conversationId"], sent["conversationId"]);
    assert_eq!(details["providerMessageId"], "mine-1");
    assert_eq!((&details["direction"], &details["status"]), (&json!("inbound"), &json!("received")));
    assert_eq!(details["normalizedMessage"]["text"], "hello");
}

#[tokio::test]
async fn returns_messages_of_a_conversation_by_their_ids() {
    let genesys = Genesys::start(config()).await;
    let mut ids = Vec::new();
    let mut conversation = String::new();
    for number in 1..=3 {
        let mut body = crate::support::text_message("sess-42", "hello");
        body["channel"]["messageId"] = json!(format!("mine-{number}"));
        let sent = genesys.inbound("message?prefetchConversationId=true", body).await.body;
        ids.push(sent["id"].clone());
        conversation = sent["conversationId"].as_str().unwrap().to_owned();
    }
    let elsewhere = genesys.inbound("message", crate::support::text_message("sess-43", "hello")).await.body;
    let listed = genesys.get(&path(&conversation)).await.body;
    let customers = listed["participants"].as_array().unwrap().iter().filter(|p| p["purpose"] == "customer");
    let messages: Vec<_> = customers.flat_map(|customer| customer["messages"].as_array().unwrap().clone()).collect();
    assert_eq!(messages.iter().map(|message| message["messageId"].clone()).collect::<Vec<_>>(), ids);

    let bulk = format!("{}/messages/bulk", path(&conversation));
    let requested = json!([ids[2], ids[0], elsewhere["id"]]);
    let found = genesys.call("POST", &bulk, requested).await.body;
    let mut found: Vec<_> = found["entities"].as_array().unwrap().iter().collect();
    found.sort_by_key(|message| message["providerMessageId"].as_str().unwrap());
    assert_eq!(found.len(), 2);
    assert_eq!((&found[0]["id"], &found[0]["providerMessageId"]), (&ids[0], &json!("mine-1")));
    assert_eq!((&found[1]["id"], &found[1]["providerMessageId"]), (&ids[2], &json!("mine-3")));
    assert_eq!(found[1]["normalizedMessage"]["channel"]["messageId"], "mine-3");

    assert_eq!(genesys.call("POST", &bulk, json!(vec!["x"; 1000])).await.status, 200);
    for refused in [json!(vec!["x"; 1001]), json!({}), json!([1])] {
        assert_eq!(genesys.call("POST", &bulk, refused).await.status, 400);
    }
    assert_eq!(genesys.call("POST", &format!("{}/messages/bulk", path("x")), json!([])).await.status, 404);
}
