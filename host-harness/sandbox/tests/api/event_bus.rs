//! Detail events by Amazon EventBridge.

use genesys_sandbox::{Config, DetailTopic, EventBusConfig, Secret, TopicName};
use serde_json::{Value, json};

use crate::support::{Arrived, Genesys, Receiver, config, eventually};

const KEY: &str = "event-bus-key";

/// A configuration whose event bus goes to `receiver`.
fn towards(receiver: &Receiver, topics: &[DetailTopic]) -> Config {
    let event_bus =
        EventBusConfig { url: Some(receiver.url.clone()), key: Some(Secret::from(KEY)), topics: topics.to_vec() };
    Config { event_bus, ..config() }
}

fn topics(arrived: &[Arrived]) -> Vec<String> {
    let name = |one: &Arrived| one.json()["detail-type"].as_str().unwrap().to_owned();
    arrived
        .iter()
        .map(|one| name(one).strip_prefix("v2.detail.events.conversation.{id}.").unwrap().to_owned())
        .collect()
}

/// Accepted and ended.
async fn whole_conversation(genesys: &Genesys) -> String {
    let conversation = genesys.accepted("sess-42").await;
    genesys.does(&conversation, "disconnect", Value::Null).await;
    conversation
}

#[tokio::test]
async fn an_event_arrives_in_awss_envelope() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start(towards(&receiver, &[DetailTopic::CustomerEnd])).await;
    let conversation = whole_conversation(&genesys).await;
    let arrived = receiver.until(1).await.remove(0);
    assert_eq!(arrived.headers["authorization"], KEY);
    assert_eq!(arrived.headers["content-type"], "application/json");
    assert!(arrived.headers.get("x-hub-signature-256").is_none());
    let body = arrived.json();
    let names: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        names,
        ["account", "detail", "detail-type", "id", "region", "resources", "source", "time", "version"],
        "an AWS event"
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
async fn by_default_there_is_every_topic_and_no_key() {
    let receiver = Receiver::start([]).await;
    let event_bus = EventBusConfig { url: Some(receiver.url.clone()), ..EventBusConfig::default() };
    let genesys = Genesys::start(Config { event_bus, ..config() }).await;
    let conversation = whole_conversation(&genesys).await;
    genesys.does(&conversation, "wrap-up", json!({ "code": "resolved" })).await;
    let arrived = receiver.until(6).await;
    assert_eq!(topics(&arrived), ["acd.start", "user.start", "acd.end", "user.end", "customer.end", "acw"]);
    assert!(arrived[0].headers.get("authorization").is_none());
}

#[tokio::test]
async fn the_topic_may_have_the_conversations_id() {
    let receiver = Receiver::start([]).await;
    let mut config = towards(&receiver, &[DetailTopic::CustomerEnd]);
    config.unconfirmed.event_bus_topic = TopicName::Filled;
    let genesys = Genesys::start(config).await;
    let conversation = whole_conversation(&genesys).await;
    assert_eq!(
        receiver.until(1).await[0].json()["detail"]["topicName"],
        format!("v2.detail.events.conversation.{conversation}.customer.end"),
    );
}

#[tokio::test]
async fn it_is_retried_as_webhooks_are() {
    let receiver = Receiver::start([503, 429, 200, 400]).await;
    let genesys = Genesys::start(towards(&receiver, &[DetailTopic::UserEnd, DetailTopic::CustomerEnd])).await;
    whole_conversation(&genesys).await;
    let arrived = receiver.until(4).await;
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
async fn faults_strike_the_event_bus() {
    for (fault, arrives) in [
        (json!({ "on": "event-bus", "fault": "double" }), &["user.end", "user.end", "customer.end"][..]),
        (json!({ "on": "event-bus", "fault": "late", "ms": 100 }), &["user.end", "customer.end"]),
        (json!({ "on": "event-bus", "fault": "disordered" }), &["customer.end", "user.end"]),
        (json!({ "on": "event-bus", "fault": "lost" }), &["customer.end"]),
        (json!({ "on": "trigger", "fault": "lost" }), &["user.end", "customer.end"]),
    ] {
        let receiver = Receiver::start([]).await;
        let genesys = Genesys::start(towards(&receiver, &[DetailTopic::UserEnd, DetailTopic::CustomerEnd])).await;
        genesys.order(fault.clone()).await;
        let start = tokio::time::Instant::now();
        whole_conversation(&genesys).await;
        let arrived = receiver.until(arrives.len()).await;
        assert_eq!(topics(&arrived), arrives, "{fault}");
        if fault["fault"] == "late" {
            assert!(start.elapsed() >= std::time::Duration::from_millis(100));
        }
    }
}

#[tokio::test]
async fn a_wrong_key_is_ordered() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start(towards(&receiver, &[DetailTopic::UserEnd, DetailTopic::CustomerEnd])).await;
    genesys.order(json!({ "on": "event-bus", "fault": "wrong-key" })).await;
    whole_conversation(&genesys).await;
    let arrived = receiver.until(2).await;
    assert_ne!(arrived[0].headers["authorization"], KEY);
    assert_eq!(arrived[1].headers["authorization"], KEY);
}

#[tokio::test]
async fn a_senseless_event_bus_is_refused() {
    use genesys_sandbox::{Sandbox, StartError};
    for event_bus in [
        EventBusConfig { url: Some("nowhere".to_owned()), ..EventBusConfig::default() },
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
