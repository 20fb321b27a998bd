//! Setting a connection up in a local Genesys Cloud in which there is nothing yet.

use crate::world::World;
use genesys_sandbox::{Config, FlowConfig};
use handover_host::contract::ProvisioningMode::{self, Apply, Plan};
use handover_host::contract::StepOutcome::{self, ByHand, Done, Failed, Planned, Present, Skipped};
use serde_json::json;

const WEBHOOK: &str = "https://bot.example.com/handover/genesysCloudOM";
const FLOW: &str = "BotHandover flow";

fn with_flow() -> Config {
    Config { flows: vec![FlowConfig { name: FLOW.into(), ..FlowConfig::default() }], ..Config::default() }
}

async fn world(config: Config) -> World {
    let settings = [
        ("deployment-name", "New"),
        ("queue", "Returns"),
        ("flow", FLOW),
        ("webhook-secret", "a-secret-of-16-or-more-chars"),
    ];
    World::with(config, &settings).await
}

async fn provision(world: &World, mode: ProvisioningMode) -> Vec<StepOutcome> {
    let steps = world.connection.provision(WEBHOOK, mode).await.expect("no trap");
    let names: Vec<_> = steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "credentials",
            "content-profile",
            "platform-configuration",
            "integration",
            "queue",
            "flow",
            "message-routing",
            "authorized-application"
        ]
    );
    steps.into_iter().map(|step| step.outcome).collect()
}

/// Requests that change something, as the sandbox logged them; logging in does not count.
async fn changes(world: &World) -> usize {
    let log = world.desk("requests").await;
    let requests = log["requests"].as_array().expect("a list").iter();
    requests.filter(|request| request["method"] != "GET" && request["path"] != "/oauth/token").count()
}

#[tokio::test]
async fn a_plan_changes_nothing_and_applying_twice_is_applying_once() {
    let world = world(with_flow()).await;
    assert_eq!(provision(&world, Plan).await, [Present, Present, Planned, Planned, Planned, Present, Planned, ByHand]);
    assert_eq!(changes(&world).await, 0);

    assert_eq!(provision(&world, Apply).await, [Present, Present, Done, Done, Done, Present, Done, ByHand]);
    let made = changes(&world).await;
    assert_eq!(made, 4, "a platform configuration, an integration, a queue, a route");

    assert_eq!(provision(&world, Apply).await, [Present, Present, Present, Present, Present, Present, Present, ByHand]);
    assert_eq!(changes(&world).await, made);
}

#[tokio::test]
async fn what_was_made_is_a_connection_that_works() {
    let world = world(with_flow()).await;
    provision(&world, Apply).await;
    let outcomes = world.outcomes().await;
    assert!(
        outcomes.iter().all(|(_, outcome)| *outcome == handover_host::contract::CheckOutcome::Passed),
        "{outcomes:?}"
    );
    let conversation = world.start().await;
    assert!(conversation.id.is_some());
}

#[tokio::test]
async fn an_integration_that_is_there_keeps_its_secret_and_gets_the_address() {
    let mut config = with_flow();
    config.integrations[0].name = "New".into();
    config.integrations[0].webhook_url = Some("https://old.example.com/".into());
    config.integrations[0].webhook_secret =
        Some(serde_json::from_value(json!("the-secret-that-was-there")).expect("one"));
    // Otherwise nobody could see whether it changed.
    config.unconfirmed.show_secret = true;
    let world = world(config).await;
    assert_eq!(provision(&world, Apply).await[3], Done);
    let path = format!("{}/api/v2/conversations/messaging/integrations/open", world.sandbox.announcement().origin);
    let seen: serde_json::Value = world.as_client(&path).await;
    assert_eq!(seen["entities"][0]["outboundNotificationWebhookUrl"], json!(WEBHOOK));
    assert_eq!(seen["entities"][0]["outboundNotificationWebhookSignatureSecretToken"], "the-secret-that-was-there");
    assert_eq!(seen["total"], 1);
}

#[tokio::test]
async fn a_flow_that_nobody_has_drawn_is_for_people() {
    let world = world(Config::default()).await;
    let steps = world.connection.provision(WEBHOOK, Apply).await.expect("no trap");
    let outcome = |name: &str| steps.iter().find(|step| step.name == name).map(|step| step.outcome);
    assert_eq!((outcome("flow"), outcome("message-routing")), (Some(ByHand), Some(Skipped)));
    assert!(steps.iter().any(|step| step.name == "flow" && step.message.contains("Transfer to ACD")));
}

#[tokio::test]
async fn nothing_goes_on_where_the_credentials_are_wrong() {
    let world = World::with(Config::default(), &[("client-secret", "wrong")]).await;
    assert_eq!(provision(&world, Apply).await, [Failed, Skipped, Skipped, Skipped, Skipped, Skipped, Skipped, Skipped]);
}

#[tokio::test]
async fn no_step_tells_the_secret() {
    let world = world(Config::default()).await;
    let steps = world.connection.provision(WEBHOOK, Apply).await.expect("no trap");
    assert!(!format!("{steps:?}").contains("a-secret-of-16-or-more-chars"));
}
