//! Tests of queues, flows, recipients, and of the routing of an open conversation.

use genesys_sandbox::{Config, FlowConfig, QueueConfig};
use serde_json::{Value, json};

use crate::support::{Genesys, Receiver, config};

const QUEUES: &str = "/api/v2/routing/queues";
const RECIPIENTS: &str = "/api/v2/routing/message/recipients";

fn flow(id: &str, name: &str, greeting: &str) -> FlowConfig {
    FlowConfig {
        id: Some(id.to_owned()),
        name: name.to_owned(),
        greeting: Some(greeting.to_owned()),
        ..FlowConfig::default()
    }
}

fn two_queues() -> Config {
    let queue = |id: &str, name: &str| QueueConfig { id: Some(id.to_owned()), name: name.to_owned() };
    Config { queues: vec![queue("q1", "Support"), queue("q2", "Sales")], ..config() }
}

async fn participants(genesys: &Genesys, conversation: &str) -> Vec<Value> {
    let answer = genesys.get(&format!("/api/v2/conversations/messages/{conversation}")).await;
    answer.body["participants"].as_array().unwrap().clone()
}

#[tokio::test]
async fn creates_a_queue() {
    let genesys = Genesys::start(config()).await;
    let created = genesys.call("POST", QUEUES, json!({ "name": "Sales" })).await;
    assert_eq!((created.status, &created.body["name"]), (200, &json!("Sales")));
    assert_eq!(genesys.get(created.body["selfUri"].as_str().unwrap()).await.body, created.body);
    assert_eq!(genesys.call("POST", QUEUES, json!({ "name": "sales" })).await.status, 400, "the name exists");
    assert_eq!(genesys.call("POST", QUEUES, json!({})).await.status, 400);
    let conversation = genesys.accepted_conversation("sess-42").await;
    let moved = genesys.act_ok(&conversation, "transfer", json!({ "queueId": created.body["id"] })).await;
    assert_eq!(moved["queueId"], created.body["id"]);
}

#[tokio::test]
async fn returns_the_estimated_wait() {
    let genesys = Genesys::start(Config { estimated_wait_seconds: 42, ..two_queues() }).await;
    let answer = genesys.get(&format!("{QUEUES}/q2/mediatypes/message/estimatedwaittime")).await;
    assert_eq!(
        answer.body,
        json!({ "results": [{ "intent": "MESSAGE", "formula": "BEST", "estimatedWaitTimeSeconds": 42 }] }),
    );
    assert_eq!(genesys.get(&format!("{QUEUES}/q9/mediatypes/message/estimatedwaittime")).await.status, 404);
}

#[tokio::test]
async fn lists_flows() {
    let flows = vec![flow("f1", "Handover", "one"), flow("f2", "Handover EN", "two"), flow("f3", "Other", "three")];
    let genesys = Genesys::start(Config { flows, ..config() }).await;
    let ids = async |query: &str| {
        let page = genesys.get(&format!("/api/v2/flows{query}")).await.body;
        page["entities"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, ["f1", "f2", "f3"]);
    assert_eq!(ids("?type=inboundshortmessage&name=Handover").await, ["f1"]);
    assert_eq!(ids("?type=inboundshortmessage&nameOrDescription=Handover*").await, ["f1", "f2"]);
    assert_eq!(ids("?type=INBOUNDSHORTMESSAGE&type=bot").await.len(), 3, "one of several types is enough");
    assert_eq!(ids("?type=inboundcall").await, [""; 0]);
    let unknown = genesys.get("/api/v2/flows?type=inboundmessage").await;
    assert_eq!((unknown.status, unknown.code()), (400, "invalid.value"));
    assert_eq!(ids("?pageSize=2&pageNumber=2").await, ["f3"]);
}

#[tokio::test]
async fn assigns_a_flow_to_a_recipient() {
    let receiver = Receiver::start([]).await;
    let flows = vec![flow("f1", "Handover", "one"), flow("f2", "Other", "two")];
    let genesys = Genesys::start_with_receiver(&receiver, Config { flows, ..config() }).await;
    let integration =
        genesys.get("/api/v2/conversations/messaging/integrations/open").await.body["entities"][0].clone();
    let list = genesys.get(&format!("{RECIPIENTS}?messengerType=open&name=BotHandover")).await.body;
    let one = &list["entities"][0];
    assert_eq!((&list["total"], &one["id"]), (&json!(1), &integration["recipient"]["id"]));
    assert_eq!((&one["messengerType"], &one["flow"]["id"]), (&json!("open"), &json!("f1")));
    assert_eq!(genesys.get(&format!("{RECIPIENTS}?messengerType=sms")).await.body["total"], 0);
    assert_eq!(genesys.get(&format!("{RECIPIENTS}?name=Unknown")).await.body["total"], 0);
    let path = one["selfUri"].as_str().unwrap();
    assert_eq!(genesys.get(path).await.body, *one);

    genesys.send_text("sess-41", "hello").await;
    assert_eq!(receiver.wait_for(1).await[0].text(), "one");
    let put = genesys.call("PUT", path, json!({ "flow": { "id": "f2" } })).await;
    assert_eq!((put.status, &put.body["flow"]["name"]), (200, &json!("Other")));
    genesys.send_text("sess-42", "hello").await;
    assert_eq!(receiver.wait_for(2).await[1].text(), "two");
    assert_eq!(genesys.call("PUT", path, json!({ "flow": { "id": "f9" } })).await.status, 400);
    assert_eq!(genesys.call("PUT", path, json!({})).await.body.get("flow"), None);
    assert_eq!(genesys.call("PUT", &format!("{RECIPIENTS}/unknown"), json!({})).await.status, 404);
    assert_eq!(genesys.get(&format!("{RECIPIENTS}/unknown")).await.status, 404);
}

#[tokio::test]
async fn changes_priority_skills_and_language_in_the_queue() {
    let skills = vec!["Billing".to_owned(), "Bills".to_owned(), "Sales".to_owned()];
    let genesys = Genesys::start(Config { skills, languages: vec!["german".to_owned()], ..config() }).await;
    let listed = async |query: &str| {
        let page = genesys.get(&format!("/api/v2/routing/{query}")).await.body;
        page["entities"].as_array().unwrap().clone()
    };
    let found = listed("skills?name=bil").await;
    assert_eq!(found.iter().map(|skill| &skill["name"]).collect::<Vec<_>>(), ["Billing", "Bills"]);
    let (billing, german) = (found[0].clone(), listed("languages").await[0].clone());
    assert_eq!((&billing["state"], &german["name"]), (&json!("active"), &json!("german")));

    let conversation = genesys.send_text("sess-42", "hello").await;
    let path = format!("/api/v2/routing/conversations/{conversation}");
    let patch = async |body: Value| genesys.call("PATCH", &path, body).await;
    let first = patch(json!({ "priority": 5, "skillIds": [billing["id"]] })).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.body, json!({ "priority": 5, "skills": [billing], "language": null }));
    let second = patch(json!({ "languageId": german["id"] })).await.body;
    assert_eq!(second, json!({ "priority": 5, "skills": [billing], "language": german }));
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    assert_eq!(seen["routing"], json!({ "priority": 5, "skillIds": [billing["id"]], "languageId": german["id"] }));
    for wrong in [
        json!({ "priority": 25_000_001 }),
        json!({ "priority": -25_000_001 }),
        json!({ "priority": "5" }),
        json!({ "skillIds": [1] }),
        json!({ "skillIds": ["unknown"] }),
        json!({ "languageId": "unknown" }),
    ] {
        assert_eq!(patch(wrong.clone()).await.status, 400, "{wrong}");
    }
    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    assert_eq!(patch(json!({ "priority": 6 })).await.status, 400, "it is not in a queue");
    let unknown_conversation =
        genesys.call("PATCH", "/api/v2/routing/conversations/unknown", json!({ "priority": 6 })).await;
    assert_eq!(unknown_conversation.status, 404);
}

#[tokio::test]
async fn transfers_a_conversation_by_the_api() {
    let genesys = Genesys::start(two_queues()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let replace = async |purpose: &str, body: Value| {
        let all = participants(&genesys, &conversation).await;
        let id = all.iter().rev().find(|one| one["purpose"] == purpose).unwrap()["id"].as_str().unwrap();
        let path = format!("/api/v2/conversations/messages/{conversation}/participants/{id}/replace");
        genesys.call("POST", &path, body).await
    };
    let to_sales = json!({ "queueId": "q2", "transferType": "Unattended" });
    assert_eq!(replace("acd", to_sales.clone()).await.status, 202);
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    assert_eq!((&seen["state"], &seen["queueId"]), (&json!("waiting"), &json!("q2")));
    let events = genesys.desk("GET", "events", Value::Null).await.body["events"].clone();
    assert_eq!(events[1]["eventBody"]["acdOutcome"], "FLOW_OUT");

    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    assert_eq!(replace("agent", to_sales.clone()).await.status, 202);
    assert_eq!(participants(&genesys, &conversation).await[3]["disconnectType"], "transfer");

    let other = genesys.send_text("sess-43", "hello").await;
    let alan = genesys.act_ok(&other, "accept", json!({ "name": "Alan Turing" })).await["agent"]["id"].clone();
    assert_eq!(replace("acd", json!({ "userId": alan })).await.status, 202);
    let last = participants(&genesys, &conversation).await.pop().unwrap();
    assert_eq!((&last["state"], &last["user"]["id"]), (&json!("alerting"), &alan));

    for (purpose, wrong) in [
        ("agent", json!({})),
        ("agent", json!({ "queueId": "q2", "userId": alan })),
        ("agent", json!({ "queueId": "q9" })),
        ("agent", json!({ "userId": "unknown" })),
        ("agent", json!({ "queueId": "q2", "transferType": "Sideways" })),
        ("customer", to_sales.clone()),
        ("acd", to_sales.clone()),
    ] {
        assert_eq!(replace(purpose, wrong.clone()).await.status, 400, "{purpose} {wrong}");
    }
    let unknown_participant = format!("/api/v2/conversations/messages/{conversation}/participants/unknown/replace");
    assert_eq!(genesys.call("POST", &unknown_participant, to_sales.clone()).await.status, 404);
    let unknown_conversation = "/api/v2/conversations/messages/unknown/participants/unknown/replace";
    assert_eq!(genesys.call("POST", unknown_conversation, to_sales).await.status, 404);
}

#[tokio::test]
async fn the_creation_of_an_integration_may_be_delayed() {
    let genesys = Genesys::start(Config { integration_creation_ms: 150, ..config() }).await;
    let body = json!({
        "name": "Another",
        "outboundNotificationWebhookUrl": "http://127.0.0.1:9/",
        "outboundNotificationWebhookSignatureSecretToken": "0123456789abcdef",
    });
    let created = genesys.call("POST", "/api/v2/conversations/messaging/integrations/open", body).await.body;
    assert_eq!((&created["createStatus"], created.get("recipient")), (&json!("Initiated"), None));
    let inbound = format!("/api/v2/conversations/messages/{}/inbound/open/message", created["id"].as_str().unwrap());
    let send = async || genesys.call("POST", &inbound, crate::support::text_message("sess-42", "hello")).await.status;
    assert_eq!(send().await, 404);
    assert_eq!(genesys.get(&format!("{RECIPIENTS}?name=Another")).await.body["total"], 0);
    tokio::time::sleep(std::time::Duration::from_millis(160)).await;
    let later = genesys.get(created["selfUri"].as_str().unwrap()).await.body;
    assert_eq!(later["createStatus"], "Completed");
    assert!(later["recipient"]["id"].is_string());
    assert_eq!(send().await, 200);
}
