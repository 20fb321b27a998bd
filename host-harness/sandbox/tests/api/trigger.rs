//! Tests of detail events through a process automation trigger.

use genesys_sandbox::{Config, Secret, TriggerConfig, TriggerStyle};
use serde_json::{Value, json};

use crate::support::{Genesys, Receiver, config};

fn trigger_for(receiver: &Receiver) -> TriggerConfig {
    TriggerConfig {
        url: Some(receiver.url.clone()),
        key: Some(Secret::from("trigger-key")),
        ..TriggerConfig::default()
    }
}

#[tokio::test]
async fn the_cognigy_style_sends_user_end_with_three_fields() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start(Config { trigger: trigger_for(&receiver), ..config() }).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "transfer", Value::Null).await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Alan Turing" })).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    let arrived = receiver.wait_for(2).await;
    let body = |why: &str| {
        json!({
            "userId": "sess-42", "topic": "v2.detail.events.conversation.id.user.end", "disconnectType": why,
        })
    };
    assert_eq!(arrived.iter().map(|one| one.json()).collect::<Vec<_>>(), [body("TRANSFER"), body("CLIENT")]);
    assert_eq!(arrived[0].headers["authorization"], "trigger-key");
    assert!(arrived[0].headers.get("x-hub-signature-256").is_none());
    let posts = genesys.desk("GET", "event-posts", Value::Null).await.body["eventPosts"].clone();
    assert!(posts.as_array().unwrap().iter().all(|post| post["on"] == "trigger" && post["topic"] == "user.end"));
}

#[tokio::test]
async fn the_full_style_sends_more_topics_and_fields() {
    let receiver = Receiver::start([]).await;
    let trigger = TriggerConfig { header: "X-Api-Key".to_owned(), style: TriggerStyle::Full, ..trigger_for(&receiver) };
    let genesys = Genesys::start(Config { trigger, ..config() }).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    let arrived = receiver.wait_for(3).await;
    assert_eq!(arrived[0].headers["x-api-key"], "trigger-key");
    assert!(arrived[0].headers.get("authorization").is_none());
    let topics: Vec<_> = arrived.iter().map(|one| one.json()["topic"].clone()).collect();
    assert_eq!(
        topics,
        [
            "v2.detail.events.conversation.id.user.start",
            "v2.detail.events.conversation.id.user.end",
            "v2.detail.events.conversation.id.customer.end",
        ],
    );
    let names = |index: usize| arrived[index].json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(0), ["conversationId", "eventTime", "participantId", "topic", "userId"]);
    assert_eq!(names(1), ["conversationId", "disconnectType", "eventTime", "participantId", "topic", "userId"]);
    let integration = &genesys.sandbox.announcement().integration_id;
    assert_eq!(arrived[2].json()["userId"], **integration, "the address that `customer.end` has in `addressTo`");
    assert_eq!(arrived[1].json()["conversationId"], conversation);
}

#[tokio::test]
async fn faults_apply_to_the_trigger() {
    for (fault, arrives) in [
        (json!({ "on": "trigger", "fault": "double" }), &["TRANSFER", "TRANSFER", "CLIENT"][..]),
        (json!({ "on": "trigger", "fault": "disordered" }), &["CLIENT", "TRANSFER"]),
        (json!({ "on": "trigger", "fault": "late", "ms": 20 }), &["TRANSFER", "CLIENT"]),
        (json!({ "on": "trigger", "fault": "lost" }), &["CLIENT"]),
        (json!({ "on": "trigger", "fault": "wrong-key" }), &["TRANSFER", "CLIENT"]),
    ] {
        let receiver = Receiver::start([]).await;
        let genesys = Genesys::start(Config { trigger: trigger_for(&receiver), ..config() }).await;
        genesys.order_fault(fault.clone()).await;
        let conversation = genesys.accepted_conversation("sess-42").await;
        genesys.act_ok(&conversation, "transfer", Value::Null).await;
        genesys.act_ok(&conversation, "accept", json!({ "name": "Alan Turing" })).await;
        genesys.act_ok(&conversation, "disconnect", Value::Null).await;
        let arrived = receiver.wait_for(arrives.len()).await;
        let reasons: Vec<_> = arrived.iter().map(|one| one.json()["disconnectType"].clone()).collect();
        assert_eq!(reasons, arrives, "{fault}");
        assert_eq!(arrived[0].headers["authorization"] == "trigger-key", fault["fault"] != "wrong-key");
    }
}
