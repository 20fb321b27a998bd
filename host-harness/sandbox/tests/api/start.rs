//! Tests of the configuration, the announcement, starting and stopping.

use genesys_sandbox::{Config, DeclineType, DetailTopic, Sandbox, Secret, StartError, TriggerStyle};
use serde_json::json;

use crate::support::{Genesys, Receiver, config, eventually};

#[test]
fn parses_a_configuration_from_toml() {
    let config: Config = toml::from_str(
        r#"
        listen = "127.0.0.1:0"
        threading-window-seconds = 60
        requests-per-minute = 0
        clients = [{ id = "c1", secret = "s1", permissions = ["conversation:message:receive"], token-seconds = 600 }]
        queues = [{ name = "Sales" }, { id = "q2", name = "Support" }]
        typing = { inbound = true }
        media = { outbound = ["*/*"] }
        webhooks = { timeout-ms = 100, retries = 1, retry-delay-ms = 10 }
        unconfirmed = { inbound-status = 202, show-secret = true, decline = "no-answer-transfer", expiry = "unknown" }
        flows = [{ name = "Handover", greeting = "Connected", in-queue = "Please wait" }]
        event-bus = { url = "http://127.0.0.1:3000/events", key = "k1", topics = ["user.end", "customer.end"] }
        trigger = { url = "http://127.0.0.1:3000/hook", key = "k2", header = "X-Key", style = "full" }
        notifications = { heartbeat-ms = 1000, channel-seconds = 60 }
        losses = { event-bus = 0.5, seed = 7 }

        [[integrations]]
        name = "BotHandover"
        webhook-url = "http://127.0.0.1:3000/hook"
        webhook-secret = "a-secret-of-16-or-more-chars"
        webhook-headers = { x-tenant = "acme" }
        "#,
    )
    .unwrap();
    assert_eq!(config.threading_window_seconds, 60);
    assert_eq!(config.clients[0].permissions.len(), 1);
    assert!(config.typing.inbound && !config.typing.outbound);
    assert_eq!(config.unconfirmed.inbound_status, 202);
    assert_eq!(config.flows[0].in_queue.as_deref(), Some("Please wait"));
    assert_eq!(config.event_bus.topics, [DetailTopic::UserEnd, DetailTopic::CustomerEnd]);
    assert_eq!((config.trigger.header.as_str(), config.trigger.style), ("X-Key", TriggerStyle::Full));
    assert!(config.notifications.enabled && config.notifications.heartbeat_ms == 1_000);
    assert_eq!((config.losses.event_bus, config.losses.trigger, config.losses.seed), (0.5, 0.0, 7));
    assert_eq!(config.unconfirmed.decline, DeclineType::NoAnswerTransfer);
    assert_eq!(config.unconfirmed.oauth_failure_status, 400, "an absent value keeps its default");
}

#[test]
fn refuses_unknown_fields() {
    for wrong in [
        "color = 1",
        "event-bus = { topics = ['user.middle'] }",
        "typing = { up = true }",
        "clients = [{ name = 'x' }]",
        "clients = [{ permissions = ['x'] }]",
    ] {
        assert!(toml::from_str::<Config>(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn the_announcement_contains_the_credentials() {
    let mut config = config();
    config.clients[0].id = Some("c1".to_owned());
    config.clients[0].secret = Some(Secret::from("s1"));
    let genesys = Genesys::start(config).await;
    let announcement = serde_json::to_value(genesys.sandbox.announcement()).unwrap();
    let names: Vec<_> = announcement.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["client_id", "client_secret", "integration_id", "integration_name", "origin", "webhook_secret"],);
    assert_eq!((&announcement["client_id"], &announcement["client_secret"]), (&json!("c1"), &json!("s1")));
    assert_eq!(announcement["integration_name"], "BotHandover");
    assert!(announcement["origin"].as_str().unwrap().starts_with("http://127.0.0.1:"));
}

#[tokio::test]
async fn debug_output_contains_no_secrets() {
    let mut config = config();
    config.clients[0].secret = Some(Secret::from("client-secret-value"));
    config.integrations[0].webhook_secret = Some(Secret::from("webhook-secret-value"));
    config.integrations[0].webhook_headers.insert("x-key".to_owned(), "header-secret-value".into());
    config.event_bus.key = Some(Secret::from("bus-secret-value"));
    config.trigger.key = Some(Secret::from("trigger-secret-value"));
    let shown = format!("{config:?}");
    let sandbox = Sandbox::start(config).await.unwrap();
    for text in [shown, format!("{:?}", sandbox.announcement()), format!("{sandbox:?}")] {
        assert!(!text.contains("secret-value"), "{text}");
    }
}

#[tokio::test]
async fn refuses_invalid_configurations() {
    let refused = async |change: fn(&mut Config)| {
        let mut config = config();
        change(&mut config);
        Sandbox::start(config).await.unwrap_err()
    };
    let not_loopback = refused(|config| config.listen = "0.0.0.0:0".parse().unwrap()).await;
    assert!(matches!(not_loopback, StartError::NotLoopback(_)));
    for change in [
        (|config| config.clients.clear()) as fn(&mut Config),
        |config| config.integrations.clear(),
        |config| config.queues.clear(),
        |config| config.integrations[0].webhook_secret = Some(Secret::from("0123456789abcde")),
        |config| config.integrations[0].webhook_url = Some("not a URL".to_owned()),
        |config| drop(config.integrations[0].webhook_headers.insert("a b".to_owned(), "".into())),
        |config| config.unconfirmed.inbound_status = 204,
        |config| config.unconfirmed.oauth_failure_status = 403,
        |config| config.trigger.url = Some("not a URL".to_owned()),
        |config| {
            config.trigger.url = Some("http://127.0.0.1:9/".to_owned());
            config.trigger.header = "a b".to_owned();
        },
        |config| {
            config.flows[0].id = Some("f".to_owned());
            config.flows.push(config.flows[0].clone());
        },
        |config| {
            config.queues[0].id = Some("q".to_owned());
            config.queues.push(config.queues[0].clone());
        },
    ] {
        assert!(matches!(refused(change).await, StartError::Config { .. }));
    }
}

#[tokio::test]
async fn reports_an_address_in_use() {
    let genesys = Genesys::start(config()).await;
    let mut config = config();
    config.listen = genesys.origin.strip_prefix("http://").unwrap().parse().unwrap();
    let error = Sandbox::start(config).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }), "{error}");
}

/// Ends a sandbox during retries and asserts that the retries end too.
async fn assert_retries_end(end: impl AsyncFnOnce(Sandbox)) {
    let receiver = Receiver::start(std::iter::repeat_n(503, 100_000)).await;
    let mut config = config();
    config.webhooks.retries = 100_000;
    config.webhooks.retry_delay_ms = 1;
    let genesys = Genesys::start_with_receiver(&receiver, config).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
    receiver.wait_for(3).await;
    let Genesys { sandbox, http, .. } = genesys;
    end(sandbox).await;
    // The receiver may still handle one request in flight, but none after our first request.
    let ours = async || http.post(&receiver.url).body("{}").send().await.unwrap();
    ours().await;
    let before = receiver.arrived().len();
    for _ in 0..100 {
        ours().await;
    }
    assert_eq!(receiver.arrived().len(), before + 100);
}

#[tokio::test]
async fn stopping_ends_the_retries() {
    assert_retries_end(async |sandbox| sandbox.stop().await).await;
}

#[tokio::test]
async fn dropping_ends_the_retries() {
    assert_retries_end(async |sandbox| drop(sandbox)).await;
}

#[tokio::test]
async fn stopping_frees_the_address() {
    let Genesys { sandbox, origin, .. } = Genesys::start(config()).await;
    tokio::time::timeout(std::time::Duration::from_secs(10), sandbox.stop()).await.unwrap();
    let mut again = config();
    again.listen = origin.strip_prefix("http://").unwrap().parse().unwrap();
    Sandbox::start(again).await.unwrap();
}

#[tokio::test]
async fn dropping_stops_the_sandbox() {
    let genesys = Genesys::start(config()).await;
    let Genesys { sandbox, http, origin, .. } = genesys;
    let url = format!("{origin}/sandbox/conversations");
    assert!(http.get(&url).send().await.is_ok());
    drop(sandbox);
    eventually(async || {
        let fresh = reqwest::Client::builder().no_proxy().build().unwrap();
        fresh.get(&url).send().await.is_err().then_some(())
    })
    .await;
}
