//! Tests of detail events: their order, fields and disconnect types.

use genesys_sandbox::{CustomerAddress, DeclineType, ExpiryType, UserStart};
use serde_json::{Value, json};

use crate::support::{Genesys, config};

async fn events(genesys: &Genesys) -> Vec<Value> {
    genesys.desk("GET", "events", Value::Null).await.body["events"].as_array().unwrap().clone()
}

/// Returns the topic and the disconnect type of each event.
async fn topics_and_reasons(genesys: &Genesys) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let events = events(genesys).await;
    events.iter().map(|event| (text(&event["topic"]), text(&event["eventBody"]["disconnectType"]))).collect()
}

/// Returns the topic and the disconnect type of each `user.end` and `customer.end`.
async fn ends(genesys: &Genesys) -> Vec<(String, String)> {
    let all = topics_and_reasons(genesys).await;
    all.into_iter().filter(|(topic, _)| topic == "user.end" || topic == "customer.end").collect()
}

fn expect(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(topic, why)| ((*topic).into(), (*why).into())).collect()
}

async fn disconnect_customer(genesys: &Genesys, conversation: &str) {
    let path = format!("/api/v2/conversations/messages/{conversation}");
    let participants = genesys.get(&path).await.body["participants"].clone();
    let customer = participants[0]["id"].as_str().unwrap();
    let one = format!("{path}/participants/{customer}");
    assert_eq!(genesys.call("PATCH", &one, json!({ "state": "disconnected" })).await.status, 202);
}

#[tokio::test]
async fn a_conversation_emits_its_events_in_order() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    genesys.act_ok(&conversation, "wrap-up", json!({ "code": "resolved", "notes": "all well" })).await;
    assert_eq!(
        topics_and_reasons(&genesys).await,
        expect(&[
            ("acd.start", ""),
            ("user.start", ""),
            ("acd.end", "TRANSFER"),
            ("user.end", "CLIENT"),
            ("customer.end", "PEER"),
            ("acw", ""),
        ]),
    );
}

#[tokio::test]
async fn events_have_the_fields_of_the_schema() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    genesys.act_ok(&conversation, "wrap-up", json!({ "code": "resolved", "notes": "all well" })).await;
    let integration = genesys.sandbox.announcement().integration_id.clone();
    let mut events = events(&genesys).await;
    let take = |event: &mut Value, field: &str| event["eventBody"].as_object_mut().unwrap().remove(field);
    let mut common = Vec::new();
    for event in &mut events {
        assert_eq!(event["conversationId"], conversation);
        let time = take(event, "eventTime").unwrap().as_i64().unwrap();
        assert!(time > 1_700_000_000_000, "milliseconds since 1970: {time}");
        for field in ["sessionId", "divisionId"] {
            assert_eq!(take(event, field).unwrap().as_str().unwrap().len(), 36, "{field}");
        }
        for duration in ["interactingDurationMs", "alertingDurationMs", "wrapupDurationMs", "connectedDurationMs"] {
            let milliseconds = take(event, duration);
            assert!(milliseconds.is_none_or(|one| one.as_i64().is_some_and(|one| (0..10_000).contains(&one))));
        }
        for field in ["conversationId", "mediaType", "messageType", "provider", "direction"] {
            common.push(take(event, field).unwrap());
        }
        assert_eq!(take(event, "conversationExternalContactIds").unwrap(), json!([]));
    }
    let one = [json!(conversation), json!("MESSAGE"), json!("OPEN"), json!("PureCloud Messaging"), json!("INBOUND")];
    assert_eq!(common, one.iter().cycle().take(30).cloned().collect::<Vec<_>>());
    let (user, queue) = (&seen["agent"]["id"], &seen["queueId"]);
    let ids: Vec<_> = seen["participants"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    let [customer, acd, agent] = ids.as_slice() else { panic!("{ids:?}") };
    let bodies: Vec<_> = events.iter().map(|event| event["eventBody"].clone()).collect();
    assert_eq!(
        bodies,
        [
            json!({ "participantId": acd, "queueId": queue, "addressTo": "sess-42", "addressFrom": integration }),
            json!({
                "participantId": agent, "userId": user, "queueId": queue, "addressTo": "sess-42",
                "addressFrom": integration,
            }),
            json!({
                "participantId": acd, "queueId": queue, "addressTo": "sess-42", "addressFrom": integration,
                "disconnectType": "TRANSFER", "acdOutcome": "ANSWERED", "answeredUserId": user,
            }),
            json!({
                "participantId": agent, "userId": user, "queueId": queue, "addressTo": "sess-42",
                "addressFrom": integration, "disconnectType": "CLIENT",
            }),
            json!({
                "participantId": customer, "addressTo": integration, "addressFrom": "sess-42",
                "disconnectType": "PEER",
            }),
            json!({
                "participantId": agent, "userId": user, "queueId": queue, "addressTo": "sess-42",
                "addressFrom": integration, "wrapupCode": "resolved", "wrapupNotes": "all well",
            }),
        ],
    );
}

#[tokio::test]
async fn measures_durations() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    genesys.act_ok(&conversation, "offer", json!({ "name": "Grace Hopper" })).await;
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    let events = events(&genesys).await;
    let body = |topic: &str| events.iter().find(|event| event["topic"] == topic).unwrap()["eventBody"].clone();
    assert!(body("user.end")["alertingDurationMs"].as_i64().unwrap() >= 59);
    assert!(body("user.end")["interactingDurationMs"].as_i64().unwrap() >= 29);
    assert!(body("customer.end")["interactingDurationMs"].as_i64().unwrap() >= 89);
}

#[tokio::test]
async fn user_end_does_not_end_the_conversation() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    genesys.act_ok(&conversation, "decline", json!({ "name": "Ada" })).await;
    genesys.act_ok(&conversation, "no-answer", json!({ "name": "Bob" })).await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace" })).await;
    genesys.act_ok(&conversation, "transfer", Value::Null).await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Alan" })).await;
    genesys.act_ok(&conversation, "transfer", json!({ "agent": "Grace" })).await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace" })).await;
    genesys.act_ok(&conversation, "conference", json!({ "name": "Alan" })).await;
    genesys.act_ok(&conversation, "leave-conference", Value::Null).await;
    assert_eq!(
        ends(&genesys).await,
        expect(&[
            ("user.end", "CLIENT"),
            ("user.end", "NO_ANSWER_TRANSFER"),
            ("user.end", "TRANSFER"),
            ("user.end", "TRANSFER"),
            ("user.end", "CLIENT"),
        ]),
    );
    let events = events(&genesys).await;
    let declined = events.iter().find(|event| event["topic"] == "user.end").unwrap();
    assert_eq!(declined["eventBody"].get("interactingDurationMs"), None);
    assert!(declined["eventBody"]["alertingDurationMs"].is_i64());
}

#[tokio::test]
async fn every_end_has_its_disconnect_types() {
    for (act, user, customer) in
        [("disconnect", "CLIENT", "PEER"), ("expire", "INACTIVITY", "INACTIVITY"), ("fail", "ERROR", "ERROR")]
    {
        let genesys = Genesys::start(config()).await;
        let conversation = genesys.accepted_conversation("sess-42").await;
        genesys.act_ok(&conversation, act, Value::Null).await;
        assert_eq!(ends(&genesys).await, expect(&[("user.end", user), ("customer.end", customer)]), "{act}");
    }
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    disconnect_customer(&genesys, &conversation).await;
    assert_eq!(ends(&genesys).await, expect(&[("user.end", "PEER"), ("customer.end", "CLIENT")]));
    disconnect_customer(&genesys, &conversation).await;
    assert_eq!(ends(&genesys).await.len(), 2, "it ends once");
}

#[tokio::test]
async fn an_end_in_the_queue_has_no_user_end() {
    for (act, why, outcome) in
        [("disconnect", "SYSTEM", "UNKNOWN"), ("expire", "INACTIVITY", "UNKNOWN"), ("fail", "ERROR", "UNKNOWN")]
    {
        let genesys = Genesys::start(config()).await;
        let conversation = genesys.send_text("sess-42", "hello").await;
        genesys.act_ok(&conversation, act, Value::Null).await;
        assert_eq!(
            topics_and_reasons(&genesys).await,
            expect(&[("acd.start", ""), ("acd.end", why), ("customer.end", why)])
        );
        assert_eq!(events(&genesys).await[1]["eventBody"]["acdOutcome"], outcome);
    }
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    disconnect_customer(&genesys, &conversation).await;
    assert_eq!(
        topics_and_reasons(&genesys).await,
        expect(&[("acd.start", ""), ("acd.end", "PEER"), ("customer.end", "CLIENT")])
    );
    assert_eq!(events(&genesys).await[1]["eventBody"]["acdOutcome"], "ABANDON");
}

#[tokio::test]
async fn unconfirmed_disconnect_types_are_configurable() {
    let mut config = config();
    config.unconfirmed.decline = DeclineType::Transfer;
    config.unconfirmed.expiry = ExpiryType::Timeout;
    config.unconfirmed.customer_end_address = CustomerAddress::To;
    config.unconfirmed.user_start = UserStart::Connected;
    let genesys = Genesys::start(config).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    genesys.act_ok(&conversation, "decline", json!({ "name": "Ada" })).await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace" })).await;
    genesys.act_ok(&conversation, "expire", Value::Null).await;
    assert_eq!(
        topics_and_reasons(&genesys).await,
        expect(&[
            ("acd.start", ""),
            ("user.end", "TRANSFER"),
            ("acd.end", "TRANSFER"),
            ("user.start", ""),
            ("user.end", "TIMEOUT"),
            ("customer.end", "INACTIVITY"),
        ]),
    );
    assert_eq!(events(&genesys).await[5]["eventBody"]["addressTo"], "sess-42");
}

#[tokio::test]
async fn a_reopened_conversation_ends_again() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    assert_eq!(genesys.send_text("sess-42", "me again").await, conversation);
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    assert_eq!(
        ends(&genesys).await,
        expect(&[("user.end", "CLIENT"), ("customer.end", "PEER"), ("customer.end", "SYSTEM")]),
    );
    let sessions: Vec<_> = events(&genesys)
        .await
        .iter()
        .filter(|event| event["topic"] == "customer.end")
        .map(|event| event["eventBody"]["sessionId"].clone())
        .collect();
    assert_ne!(sessions[0], sessions[1]);
}
