//! Provisioning a connection in an empty local Genesys Cloud.

use crate::world::World;
use genesys_sandbox::{Config, FlowConfig, Permission};
use handover_host::contract::CheckOutcome;
use handover_host::contract::ProvisioningMode::{self, Apply, Plan};
use handover_host::contract::StepOutcome::{self, Applied, Failed, Manual, Planned, Present, Skipped};
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

/// Returns the outcome of the `typing` check.
async fn typing_check(world: &World) -> CheckOutcome {
    let outcomes = world.outcomes().await;
    outcomes.into_iter().find(|(name, _)| name == "typing").expect("a check").1
}

/// Returns the number of changing requests in the log of the sandbox, without logins.
async fn changes(world: &World) -> usize {
    let log = world.sandbox_get("requests").await;
    let requests = log["requests"].as_array().expect("a list").iter();
    requests.filter(|request| request["method"] != "GET" && request["path"] != "/oauth/token").count()
}

#[tokio::test]
async fn plan_changes_nothing_and_apply_is_idempotent() {
    let world = world(with_flow()).await;
    assert_eq!(provision(&world, Plan).await, [Present, Present, Planned, Planned, Planned, Present, Planned, Manual]);
    assert_eq!(changes(&world).await, 0);

    assert_eq!(provision(&world, Apply).await, [Present, Present, Applied, Applied, Applied, Present, Applied, Manual]);
    let changed = changes(&world).await;
    assert_eq!(changed, 4, "a platform configuration, an integration, a queue, a route");

    assert_eq!(provision(&world, Apply).await, [Present, Present, Present, Present, Present, Present, Present, Manual]);
    assert_eq!(changes(&world).await, changed);
}

#[tokio::test]
async fn the_provisioned_connection_works() {
    let world = world(with_flow()).await;
    provision(&world, Apply).await;
    let outcomes = world.outcomes().await;
    assert!(outcomes.iter().all(|(_, outcome)| *outcome == CheckOutcome::Ok), "{outcomes:?}");
    let conversation = world.start().await;
    assert!(conversation.id.is_some());
}

/// Whether an integration without a platform configuration of its own shows the organization's default is unconfirmed.
#[tokio::test]
async fn enables_typing_for_an_integration_with_the_default_configuration() {
    for shows_default in [true, false] {
        let mut config = with_flow();
        config.integrations[0].name = "New".into();
        config.unconfirmed.show_default_setting = shows_default;
        let world = world(config).await;
        assert_eq!(typing_check(&world).await, CheckOutcome::Warning);
        assert_eq!(provision(&world, Apply).await[2..4], [Applied, Applied]);
        assert_eq!(typing_check(&world).await, CheckOutcome::Ok);
        // The default is shared with other integrations and stays unchanged.
        let url = format!("{}/api/v2/conversations/messaging/settings/default", world.sandbox.announcement().origin);
        let default = world.api_get(&url).await;
        assert_eq!(default["event"]["typing"]["on"], json!({ "inbound": "Disabled", "outbound": "Disabled" }));

        let changed = changes(&world).await;
        assert_eq!(provision(&world, Apply).await[2..4], [Present, Present]);
        assert_eq!(changes(&world).await, changed);
    }
}

#[tokio::test]
async fn enables_typing_in_a_configuration_of_the_same_name() {
    let world = world(with_flow()).await;
    let url = format!("{}/api/v2/conversations/messaging/settings", world.sandbox.announcement().origin);
    let off = json!({ "inbound": "Disabled", "outbound": "Disabled" });
    let setting = json!({ "name": "New", "event": { "typing": { "on": off } } });
    let answer = world.http.post(url).bearer_auth(world.token().await).json(&setting).send().await.expect("an answer");
    assert!(answer.status().is_success());
    assert_eq!(provision(&world, Apply).await[2..4], [Applied, Applied]);
    assert_eq!(typing_check(&world).await, CheckOutcome::Ok);
}

#[tokio::test]
async fn a_missing_permission_stops_only_dependent_steps() {
    let all_permitted = [Present, Present, Applied, Applied, Applied, Present, Applied, Manual];
    for (missing, stopped) in [
        (Permission::SupportedContentView, &[(1, Failed)][..]),
        (Permission::SettingView, &[(2, Failed)]),
        (Permission::IntegrationView, &[(2, Skipped), (3, Failed), (6, Skipped)]),
        (Permission::QueueView, &[(4, Failed)]),
        (Permission::FlowView, &[(5, Failed), (6, Skipped)]),
        (Permission::RecipientManage, &[(6, Failed)]),
    ] {
        let mut expected = all_permitted;
        for (step, outcome) in stopped {
            expected[*step] = *outcome;
        }
        let mut config = with_flow();
        config.clients[0].permissions.retain(|permission| *permission != missing);
        assert_eq!(provision(&world(config).await, Apply).await, expected, "{missing:?}");
    }
}

#[tokio::test]
async fn skips_dependent_checks_while_genesys_creates_the_integration() {
    let world = world(Config { integration_creation_ms: 60_000, ..with_flow() }).await;
    assert_eq!(provision(&world, Apply).await[3], Applied);
    let unready: Vec<_> =
        world.outcomes().await.into_iter().filter(|(_, outcome)| *outcome != CheckOutcome::Ok).collect();
    let expected = [
        ("integration", CheckOutcome::Warning),
        ("permission-receive", CheckOutcome::Skipped),
        ("flow", CheckOutcome::Skipped),
    ];
    assert_eq!(unready, expected.map(|(name, outcome)| (name.to_owned(), outcome)));
}

#[tokio::test]
async fn updates_the_url_of_an_existing_integration_and_keeps_its_secret() {
    let mut config = with_flow();
    config.integrations[0].name = "New".into();
    config.integrations[0].webhook_url = Some("https://old.example.com/".into());
    config.integrations[0].webhook_secret =
        Some(serde_json::from_value(json!("the-secret-that-was-there")).expect("a secret"));
    // Makes the secret visible, so that the test can compare it.
    config.unconfirmed.show_secret = true;
    let world = world(config).await;
    assert_eq!(provision(&world, Apply).await[3], Applied);
    let path = format!("{}/api/v2/conversations/messaging/integrations/open", world.sandbox.announcement().origin);
    let seen: serde_json::Value = world.api_get(&path).await;
    assert_eq!(seen["entities"][0]["outboundNotificationWebhookUrl"], json!(WEBHOOK));
    assert_eq!(seen["entities"][0]["outboundNotificationWebhookSignatureSecretToken"], "the-secret-that-was-there");
    assert_eq!(seen["total"], 1);
}

#[tokio::test]
async fn a_missing_flow_is_a_manual_step() {
    let world = world(Config::default()).await;
    let steps = world.connection.provision(WEBHOOK, Apply).await.expect("no trap");
    let outcome = |name: &str| steps.iter().find(|step| step.name == name).map(|step| step.outcome);
    assert_eq!((outcome("flow"), outcome("message-routing")), (Some(Manual), Some(Skipped)));
    assert!(steps.iter().any(|step| step.name == "flow" && step.message.contains("Transfer to ACD")));
}

#[tokio::test]
async fn wrong_credentials_stop_every_step() {
    let world = World::with(Config::default(), &[("client-secret", "wrong")]).await;
    assert_eq!(provision(&world, Apply).await, [Failed, Skipped, Skipped, Skipped, Skipped, Skipped, Skipped, Skipped]);
}

#[tokio::test]
async fn steps_do_not_contain_the_secret() {
    let world = world(Config::default()).await;
    let steps = world.connection.provision(WEBHOOK, Apply).await.expect("no trap");
    assert!(!format!("{steps:?}").contains("a-secret-of-16-or-more-chars"));
}
