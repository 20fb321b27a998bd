//! Tests of random losses.

use genesys_sandbox::{Config, EventBusConfig, LossConfig, Sandbox, StartError, TriggerConfig};
use serde_json::{Value, json};

use crate::support::{Genesys, Receiver, config, eventually};

#[tokio::test]
async fn sets_and_returns_loss_rates() {
    let genesys = Genesys::start(config()).await;
    let nothing = json!({ "event-bus": 0.0, "trigger": 0.0, "notification": 0.0, "webhook": 0.0, "seed": 1 });
    assert_eq!(genesys.desk("GET", "losses", Value::Null).await.body, nothing);
    let some = json!({ "event-bus": 0.5, "trigger": 0.25, "notification": 1.0, "webhook": 0.0, "seed": 7 });
    assert_eq!(genesys.desk("POST", "losses", some.clone()).await.body, some);
    assert_eq!(genesys.desk("GET", "losses", Value::Null).await.body, some);
    for wrong in [json!({ "trigger": 1.5 }), json!({ "trigger": -1 }), json!({ "post": 1 })] {
        assert_eq!(genesys.desk("POST", "losses", wrong).await.status, 400);
    }
    assert_eq!(genesys.desk("POST", "losses", json!({})).await.body, nothing, "an absent rate is 0");

    let losses = LossConfig { webhook: 2.0, ..LossConfig::default() };
    let refused = Sandbox::start(Config { losses, ..config() }).await.unwrap_err();
    assert!(matches!(refused, StartError::Config { field: "losses", .. }), "{refused}");
}

#[tokio::test]
async fn loses_webhooks_at_the_configured_rate() {
    let receiver = Receiver::start([]).await;
    let losses = LossConfig { webhook: 0.5, seed: 3, ..LossConfig::default() };
    let genesys = Genesys::start_with_receiver(&receiver, Config { losses, ..config() }).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    for number in 0..40 {
        genesys.act_ok(&conversation, "text", json!({ "text": format!("{number}") })).await;
    }
    let attempts = eventually(async || Some(genesys.attempts().await).filter(|all| all.len() == 40)).await;
    let lost = attempts.iter().filter(|one| one["error"] == "lost, as ordered").count();
    assert!((8..=32).contains(&lost), "{lost} of 40");
    assert_eq!(receiver.arrived().len(), 40 - lost);
}

#[tokio::test]
async fn loses_events_per_channel() {
    let (bus, trigger) = (Receiver::start([]).await, Receiver::start([]).await);
    let event_bus = EventBusConfig { url: Some(bus.url.clone()), ..EventBusConfig::default() };
    let to_trigger = TriggerConfig { url: Some(trigger.url.clone()), ..TriggerConfig::default() };
    let losses = LossConfig { event_bus: 1.0, ..LossConfig::default() };
    let genesys = Genesys::start(Config { event_bus, trigger: to_trigger, losses, ..config() }).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    trigger.wait_for(1).await;
    let posts = genesys.desk("GET", "event-posts", Value::Null).await.body["eventPosts"].clone();
    let bus_posts: Vec<_> = posts.as_array().unwrap().iter().filter(|post| post["on"] == "event-bus").collect();
    assert_eq!(bus_posts.len(), 5);
    assert!(bus_posts.iter().all(|post| post["attempt"] == 0 && post["error"] == "lost, as ordered"));
    assert!(bus.arrived().is_empty());
}
