//! What the platform tells the contact center besides messages, and what an agent records after the end.

use super::{TestGateway, rules, until};
use axum::http::StatusCode;
use genesys_sandbox::{Config, QueueConfig};
use handover_gateway::mailbox::Rules;
use serde_json::{Value, json};
use std::time::Duration;

/// Events of recipients without a handover.
const UNKNOWN_EVENTS: &str = "handover_webhook_events_total{connection=\"acme\",outcome=\"unknown\"}";

fn config() -> Config {
    let queue = |name: &str| QueueConfig { id: None, name: name.into() };
    Config {
        queues: vec![queue("Support"), queue("Sales")],
        skills: vec!["Billing".into()],
        languages: vec!["german".into()],
        ..Config::default()
    }
}

async fn gateway(settings: &[(&str, &str)]) -> TestGateway {
    let rules = Rules { outcome_timeout: Some(Duration::from_secs(900)), ..rules() };
    TestGateway::with_config(config(), settings, rules, None).await
}

/// Sends a message. Returns its id.
async fn send(gateway: &TestGateway, message: Value) -> String {
    let (status, body) = gateway.call("POST", "recipients/sess-42/messages", message).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body}");
    body["message"].as_str().expect("an id").to_owned()
}

/// Waits for the last receipt of a message. Returns the number of the handover and the status.
async fn receipt(gateway: &TestGateway, message: &str) -> (Value, Value) {
    let mut after = None;
    loop {
        let (id, event) = gateway.events(after.as_deref(), "receipt").await.pop().expect("events");
        let data = &event["data"];
        if data["message-id"] == message && data["is-last"] == true {
            return (event["handover"].clone(), data["status"].clone());
        }
        after = Some(id);
    }
}

/// Returns the conversation once it waits in a queue.
async fn waiting(gateway: &TestGateway) -> Value {
    until("the conversation", async || {
        let all = gateway.world.sandbox_get("conversations").await;
        all["conversations"].as_array()?.first().cloned()
    })
    .await
}

async fn conversation(gateway: &TestGateway, id: &str) -> Value {
    gateway.world.sandbox_get(&format!("conversations/{id}")).await
}

#[tokio::test]
async fn changes_the_queue_and_the_routing_of_a_waiting_user() {
    let gateway = gateway(&[]).await;
    gateway.begin("sess-42").await;
    let before = waiting(&gateway).await;
    let reroute =
        json!({ "reroute": { "queue": "Sales", "skills": ["Billing"], "language": "german", "priority": 7 } });
    send(&gateway, reroute).await;
    let id = before["id"].as_str().expect("an id");
    let after = until("the change", async || {
        let seen = conversation(&gateway, id).await;
        (seen["routing"]["priority"] == 7).then_some(seen)
    })
    .await;
    assert_ne!(after["queueId"], before["queueId"]);
    assert_eq!(after["routing"]["skillIds"].as_array().map(Vec::len), Some(1));
    assert!(after["routing"]["languageId"].is_string());

    let unknown = send(&gateway, json!({ "reroute": { "skills": ["Juggling"] } })).await;
    let (_, status) = receipt(&gateway, &unknown).await;
    assert_eq!(status, json!({ "failed": ["no skill that the OAuth client may see has the name Juggling"] }));
    let (_, state) = gateway.call("GET", "recipients/sess-42/handover", Value::Null).await;
    assert_eq!(state["state"], "queued", "the user still waits");
}

#[tokio::test]
async fn records_a_reference_and_confidential_attributes_once_the_conversation_is_known() {
    let gateway = gateway(&[]).await;
    gateway.begin("sess-42").await;
    let attributes = json!([{ "key": "iban", "value": "DE1", "confidential": true }]);
    // The conversation may not be known yet.
    send(&gateway, json!({ "annotate": { "reference": "order-42", "attributes": attributes } })).await;
    let id = waiting(&gateway).await["id"].as_str().expect("an id").to_owned();
    let seen = until("the attributes", async || {
        let seen = conversation(&gateway, &id).await;
        (seen["secureAttributes"] == json!({ "iban": "DE1" })).then_some(seen)
    })
    .await;
    assert_eq!(seen["externalTag"], "order-42");
    assert!(!seen["attributes"].to_string().contains("DE1") && !seen["messages"].to_string().contains("DE1"));

    let refused = json!({ "annotate": { "attributes": [{ "key": "tier", "value": "gold" }] } });
    let (status, problem) = gateway.call("POST", "recipients/sess-42/messages", refused).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
}

#[tokio::test]
async fn a_callback_needs_no_handover() {
    let gateway = gateway(&[("queue", "Support")]).await;
    let (status, problem) =
        gateway.call("POST", "recipients/sess-42/messages", json!({ "annotate": { "reference": "x" } })).await;
    assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("no-handover")));
    let attributes = json!([{ "key": "topic", "value": "refund" }]);
    let callback = json!({ "callback": { "phone": "+4930123456", "name": "Ada", "attributes": attributes } });
    let message = send(&gateway, callback).await;
    assert_eq!(receipt(&gateway, &message).await, (json!(0), json!("accepted")));
    let callbacks = gateway.world.sandbox_get("callbacks").await["callbacks"].clone();
    assert_eq!(callbacks.as_array().map(Vec::len), Some(1));
    assert_eq!(callbacks[0]["callbackNumbers"], json!(["+4930123456"]));
    assert_eq!((&callbacks[0]["callbackUserName"], &callbacks[0]["data"]["topic"]), (&json!("Ada"), &json!("refund")));
    gateway.begin("sess-42").await;
}

#[tokio::test]
async fn publishes_the_outcome_once_after_the_end() {
    let gateway = gateway(&[("outcome-notes", "true"), ("outcome-summary", "true")]).await;
    let id = gateway.begin_and_accept("sess-42").await;
    gateway.events(None, "agent-joined").await;
    let act = async |action: &str, body: Value| {
        gateway.world.sandbox_post(&format!("conversations/{id}/{action}"), body).await;
    };
    act("disconnect", json!({})).await;
    gateway.events(None, "ended").await;
    // The outcome waits for the summary.
    act("summary", json!({ "text": "A ref", "pending": true })).await;
    let wrap_up = json!({ "code": "w-1", "label": "Resolved", "tags": ["refund"], "notes": "He was angry." });
    act("wrap-up", wrap_up).await;
    let path = format!("/api/v2/conversations/{id}/summaries");
    until("a poll", async || (gateway.world.request_count(&path).await > 0).then_some(())).await;
    act("summary", json!({ "text": "A refund was promised." })).await;
    let events = gateway.events(None, "outcome").await;
    let (_, event) = events.last().expect("events");
    assert_eq!(event["handover"], 1);
    let data = &event["data"];
    assert_eq!(
        (&data["code"], &data["name"], &data["notes"]),
        (&json!("w-1"), &json!("Resolved"), &json!("He was angry."))
    );
    assert_eq!((&data["tags"], &data["summary"]), (&json!(["refund"]), &json!("A refund was promised.")));
    assert!(data["conversation-seconds"].is_u64() && data["after-call-work-seconds"].is_u64(), "{data}");
}

#[tokio::test]
async fn an_agent_begins_a_handover_if_the_operator_permits_it() {
    let began = json!({ "to": "sess-42", "name": "Grace Hopper", "text": "Your order is late." });
    let closed = gateway(&[]).await;
    closed.world.sandbox_post("conversations", began.clone()).await;
    until("the webhook", async || (closed.metric(UNKNOWN_EVENTS).await > 0).then_some(())).await;
    let (status, _) = closed.call("GET", "recipients/sess-42/handover", Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let gateway = TestGateway::with_config(config(), &[], Rules { agents_begin: true, ..rules() }, None).await;
    gateway.world.sandbox_post("conversations", began).await;
    let events = gateway.events(None, "message").await;
    let kinds: Vec<_> = events.iter().map(|(_, event)| (event["type"].clone(), event["handover"].clone())).collect();
    assert_eq!(kinds, [(json!("begun-by-agent"), json!(1)), (json!("message"), json!(1))]);
    assert_eq!(events[1].1["data"]["plain-text"], "Your order is late.");
    let conversation = waiting(&gateway).await["id"].as_str().expect("an id").to_owned();
    gateway.send_text("sess-42", "How late?").await;
    gateway.until_arrived(&conversation, "How late?").await;
    gateway.world.sandbox_post(&format!("conversations/{conversation}/disconnect"), json!({})).await;
    gateway.events(None, "ended").await;
}

#[tokio::test]
async fn a_proactive_text_comes_back_as_a_message_of_no_handover() {
    let gateway = gateway(&[]).await;
    let message = send(&gateway, json!({ "proactive-text": "Your order is at the depot." })).await;
    assert_eq!(receipt(&gateway, &message).await, (json!(0), json!("accepted")));
    let events = gateway.events(None, "message").await;
    let (_, event) = events.last().expect("events");
    assert_eq!((&event["handover"], &event["data"]["author"]), (&json!(0), &json!("bot")));
    assert_eq!(event["data"]["plain-text"], "Your order is at the depot.");
    // The platform reports that it displayed the message.
    let displayed = json!({ "receipt": { "message-id": event["data"]["id"], "outcome": "delivered" } });
    send(&gateway, displayed).await;
    until("the receipt", async || (gateway.world.request_count("/inbound/open/receipt").await > 0).then_some(())).await;
}

#[tokio::test]
async fn invites_to_a_survey_and_records_a_score_after_the_end() {
    let gateway = gateway(&[("survey-form", "0a1b2c3d-0000-4000-8000-000000000003")]).await;
    let id = gateway.begin_and_accept("sess-42").await;
    gateway.events(None, "agent-joined").await;
    for recipient in ["sess-42", "unknown"] {
        let path = format!("recipients/{recipient}/messages");
        let (status, problem) = gateway.call("POST", &path, json!("request-survey")).await;
        assert_eq!((status, &problem["code"]), (StatusCode::CONFLICT, &json!("no-ended-handover")));
    }
    gateway.world.sandbox_post(&format!("conversations/{id}/disconnect"), json!({})).await;
    gateway.events(None, "ended").await;
    send(&gateway, json!("request-survey")).await;
    let events = gateway.events(None, "survey").await;
    let (_, survey) = events.last().expect("events");
    assert_eq!(survey["handover"], 1);
    let created = conversation(&gateway, &id).await["surveyId"].as_str().expect("a survey").to_owned();
    assert!(survey["data"]["url"].as_str().is_some_and(|url| url.ends_with(&created)), "{survey}");
    let score = send(&gateway, json!({ "survey-score": { "score": 4, "maximum": 5, "comment": "Quick." } })).await;
    assert_eq!(receipt(&gateway, &score).await, (json!(1), json!("accepted")));
    let attributes = conversation(&gateway, &id).await["attributes"].clone();
    assert_eq!((&attributes["surveyScore"], &attributes["surveyMaximum"]), (&json!("4"), &json!("5")));
    assert_eq!(attributes["surveyComment"], "Quick.");
}
