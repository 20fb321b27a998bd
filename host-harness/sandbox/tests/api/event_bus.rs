//! Tests of detail events through Amazon EventBridge.

use genesys_sandbox::{Config, DetailTopic, EventBusConfig, Secret, TopicName};
use serde_json::{Value, json};

use crate::support::{Genesys, ReceivedRequest, Receiver, config, eventually};

const KEY: &str = "event-bus-key";

/// Returns a configuration whose event bus sends to `receiver`.
fn config_for(receiver: &Receiver, topics: &[DetailTopic]) -> Config {
    let event_bus =
        EventBusConfig { url: Some(receiver.url.clone()), key: Some(Secret::from(KEY)), topics: topics.to_vec() };
    Config { event_bus, ..config() }
}

fn topics(arrived: &[ReceivedRequest]) -> Vec<String> {
    let name = |one: &ReceivedRequest| one.json()["detail-type"].as_str().unwrap().to_owned();
    arrived
        .iter()
        .map(|one| name(one).strip_prefix("v2.detail.events.conversation.{id}.").unwrap().to_owned())
        .collect()
}

/// Opens, accepts and ends a conversation. Returns its ID.
async fn finish_conversation(genesys: &Genesys) -> String {
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    conversation
}

#[tokio::test]
async fn sends_an_event_in_the_aws_envelope() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start(config_for(&receiver, &[DetailTopic::CustomerEnd])).await;
    let conversation = finish_conversation(&genesys).await;
    let arrived = receiver.wait_for(1).await.remove(0);
    assert_eq!(arrived.headers["authorization"], KEY);
    assert_eq!(arrived.headers["content-type"], "application/json");
    assert!(arrived.headers.get("x-hub-signature-256").is_none());
    let body = arrived.json();
    let names: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        ["account", "detail", "detail-type", "id", "region", "resources", "source", "time", "version"],
        "the fields of an AWS event"
    );
    assert_eq!((&body["version"], &body["resources"]), (&json!("0"), &json!([])));
    assert_eq!(body["id"].as_str().unwrap().len(), 36);
    assert!(body["source"].as_str().unwrap().starts_with("aws.partner/genesys.com/"));
    let time = body["time"].as_str().unwrap();
    assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
    assert_eq!(body["detail"]["topicName"], "v2.detail.events.conversation.{id}.customer.end");
    assert_eq!(body["detail"]["eventBody"]["conversationId"], conversation);
    assert_eq!(body["detail"]["eventBody"]["disconnectType"], "PEER");
    assert!(body["detail"]["metadata"]["CorrelationId"].is_string());
    let posts = genesys.desk("GET", "event-posts", Value::Null).await.body["eventPosts"].clone();
    assert_eq!(posts.as_array().unwrap().len(), 1);
    assert_eq!((&posts[0]["on"], &posts[0]["topic"]), (&json!("event-bus"), &json!("customer.end")));
}

#[tokio::test]
async fn sends_every_topic_without_a_key_by_default() {
    let receiver = Receiver::start([]).await;
    let event_bus = EventBusConfig { url: Some(receiver.url.clone()), ..EventBusConfig::default() };
    let genesys = Genesys::start(Config { event_bus, ..config() }).await;
    let conversation = finish_conversation(&genesys).await;
    genesys.act_ok(&conversation, "wrap-up", json!({ "code": "resolved" })).await;
    let arrived = receiver.wait_for(6).await;
    assert_eq!(topics(&arrived), ["acd.start", "user.start", "acd.end", "user.end", "customer.end", "acw"]);
    assert!(arrived[0].headers.get("authorization").is_none());
}

#[tokio::test]
async fn the_topic_can_contain_the_conversation_id() {
    let receiver = Receiver::start([]).await;
    let mut config = config_for(&receiver, &[DetailTopic::CustomerEnd]);
    config.unconfirmed.event_bus_topic = TopicName::Filled;
    let genesys = Genesys::start(config).await;
    let conversation = finish_conversation(&genesys).await;
    assert_eq!(
        receiver.wait_for(1).await[0].json()["detail"]["topicName"],
        format!("v2.detail.events.conversation.{conversation}.customer.end"),
    );
}

#[tokio::test]
async fn retries_like_webhooks() {
    let receiver = Receiver::start([503, 429, 200, 400]).await;
    let genesys = Genesys::start(config_for(&receiver, &[DetailTopic::UserEnd, DetailTopic::CustomerEnd])).await;
    finish_conversation(&genesys).await;
    let arrived = receiver.wait_for(4).await;
    assert_eq!(topics(&arrived), ["user.end", "user.end", "user.end", "customer.end"]);
    assert_eq!(arrived[0].bytes, arrived[2].bytes);
    let posts = eventually(async || {
        let posts = genesys.desk("GET", "event-posts", Value::Null).await.body["eventPosts"].clone();
        (posts.as_array().unwrap().len() == 4).then_some(posts)
    })
    .await;
    let statuses: Vec<_> = posts.as_array().unwrap().iter().map(|post| post["status"].clone()).collect();
    assert_eq!(statuses, [503, 429, 200, 400], "a 400 is not retried");
}

#[tokio::test]
async fn faults_apply_to_the_event_bus() {
    for (fault, arrives) in [
        (json!({ "on": "event-bus", "fault": "double" }), &["user.end", "user.end", "customer.end"][..]),
        (json!({ "on": "event-bus", "fault": "late", "ms": 100 }), &["user.end", "customer.end"]),
        (json!({ "on": "event-bus", "fault": "disordered" }), &["customer.end", "user.end"]),
        (json!({ "on": "event-bus", "fault": "lost" }), &["customer.end"]),
        (json!({ "on": "trigger", "fault": "lost" }), &["user.end", "customer.end"]),
    ] {
        let receiver = Receiver::start([]).await;
        let genesys = Genesys::start(config_for(&receiver, &[DetailTopic::UserEnd, DetailTopic::CustomerEnd])).await;
        genesys.order_fault(fault.clone()).await;
        let start = tokio::time::Instant::now();
        finish_conversation(&genesys).await;
        let arrived = receiver.wait_for(arrives.len()).await;
        assert_eq!(topics(&arrived), arrives, "{fault}");
        if fault["fault"] == "late" {
            assert!(start.elapsed() >= std::time::Duration::from_millis(100));
        }
    }
}

#[tokio::test]
async fn a_fault_sends_a_wrong_key() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start(config_for(&receiver, &[DetailTopic::UserEnd, DetailTopic::CustomerEnd])).await;
    genesys.order_fault(json!({ "on": "event-bus", "fault": "wrong-key" })).await;
    finish_conversation(&genesys).await;
    let arrived = receiver.wait_for(2).await;
    assert_ne!(arrived[0].headers["authorization"], KEY);
    assert_eq!(arrived[1].headers["authorization"], KEY);
}

#[tokio::test]
async fn refuses_an_invalid_event_bus() {
    use genesys_sandbox::{Sandbox, StartError};
    for event_bus in [
        EventBusConfig { url: Some("not a URL".to_owned()), ..EventBusConfig::default() },
        EventBusConfig {
            url: Some("http://127.0.0.1:9/".to_owned()),
            key: Some(Secret::from("a\nb")),
            ..EventBusConfig::default()
        },
    ] {
        let refused = Sandbox::start(Config { event_bus, ..config() }).await.unwrap_err();
        assert!(matches!(refused, StartError::Config { .. }), "{refused}");
    }
}
