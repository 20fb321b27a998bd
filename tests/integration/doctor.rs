//! The doctor, against a local Genesys Cloud with a single misconfiguration.

use crate::world::World;
use genesys_sandbox::{Config, Permission};
use handover_host::contract::CheckOutcome;
use serde_json::json;
use std::collections::BTreeMap;

/// Returns a Genesys Cloud configuration that passes every check.
fn valid_config() -> Config {
    let mut config = Config::default();
    config.integrations[0].webhook_url = Some("https://bot.example.com/webhook".into());
    config.typing.inbound = true;
    config.typing.outbound = true;
    config
}

/// Returns the checks that do not pass.
async fn problems(world: &World) -> BTreeMap<String, CheckOutcome> {
    world.outcomes().await.into_iter().filter(|(_, outcome)| *outcome != CheckOutcome::Ok).collect()
}

fn only<const N: usize>(checks: [(&str, CheckOutcome); N]) -> BTreeMap<String, CheckOutcome> {
    checks.into_iter().map(|(name, outcome)| (name.to_owned(), outcome)).collect()
}

#[tokio::test]
async fn passes_every_check_with_a_valid_configuration() {
    let world = World::new(valid_config()).await;
    let names: Vec<_> = world.outcomes().await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(problems(&world).await, only([]));
    assert_eq!(
        names,
        [
            "settings",
            "webhook-secret",
            "region",
            "clock",
            "credentials",
            "integration",
            "webhook-url",
            "content-profile",
            "typing",
            "permission-receive",
            "permission-disconnect",
            "end-detection",
            "permission-lookup",
            "queue",
            "queue-state"
        ]
    );
}

#[tokio::test]
async fn reports_an_unreachable_host_as_the_region() {
    let world = World::new(valid_config()).await;
    let origin = world.sandbox.announcement().origin.clone();
    let World { sandbox, connection, .. } = world;
    sandbox.stop().await;
    let checks = connection.check_connection(None).await.expect("no trap");
    let outcome = |name: &str| checks.iter().find(|check| check.name == name).map(|check| check.outcome);
    assert_eq!(
        (outcome("region"), outcome("credentials")),
        (Some(CheckOutcome::Error), Some(CheckOutcome::Skipped)),
        "{origin}"
    );
    assert_eq!(outcome("queue"), Some(CheckOutcome::Skipped));
}

#[tokio::test]
async fn reports_wrong_credentials() {
    let world = World::with(valid_config(), &[("client-secret", "wrong")]).await;
    let problems = problems(&world).await;
    assert_eq!(problems.get("credentials"), Some(&CheckOutcome::Error));
    assert_eq!(problems.get("region"), None);
    assert_eq!(problems.get("integration"), Some(&CheckOutcome::Skipped));
}

#[tokio::test]
async fn suggests_the_closest_name_for_a_typo() {
    let world = World::with(valid_config(), &[("deployment-name", "BotHandvoer"), ("queue", "Sales")]).await;
    let checks = world.connection.check_connection(None).await.expect("no trap");
    let integration = checks.iter().find(|check| check.name == "integration").expect("a check");
    assert_eq!(integration.outcome, CheckOutcome::Error);
    assert!(integration.message.contains("did you mean BotHandover?"), "{}", integration.message);
    let problems = problems(&world).await;
    assert_eq!(problems.get("queue"), Some(&CheckOutcome::Error));
    assert_eq!(problems.get("typing"), Some(&CheckOutcome::Skipped));
}

#[tokio::test]
async fn names_each_missing_permission() {
    for (missing, check, outcome) in [
        (Permission::MessageReceive, "permission-receive", CheckOutcome::Error),
        (Permission::QueueView, "queue", CheckOutcome::Warning),
        (Permission::QueueObservationView, "queue-state", CheckOutcome::Warning),
        (Permission::SettingView, "typing", CheckOutcome::Warning),
        (Permission::SupportedContentView, "content-profile", CheckOutcome::Warning),
    ] {
        let mut config = valid_config();
        config.clients[0].permissions.retain(|permission| *permission != missing);
        let world = World::new(config).await;
        assert_eq!(problems(&world).await, only([(check, outcome)]), "{missing:?}");
    }
}

/// Without these permissions, the provider sends a text instead when the user leaves.
#[tokio::test]
async fn warns_if_the_client_may_not_end_conversations() {
    let mut config = valid_config();
    // Each of these permits the call that `leave` makes. `conversation:message:park` permits only another call.
    let permissions = [Permission::CommunicationDisconnect, Permission::ParticipantWrapup, Permission::CallRecord];
    config.clients[0].permissions.retain(|permission| !permissions.contains(permission));
    let world = World::new(config).await;
    assert_eq!(problems(&world).await, only([("permission-disconnect", CheckOutcome::Warning)]));
}

/// Without these permissions, messages with unknown outcome are sent again without a lookup.
#[tokio::test]
async fn warns_if_the_client_may_not_look_up_messages() {
    let mut config = valid_config();
    let permissions = [Permission::MessageView, Permission::WebMessagingView];
    config.clients[0].permissions.retain(|permission| !permissions.contains(permission));
    let world = World::new(config).await;
    assert_eq!(problems(&world).await, only([("permission-lookup", CheckOutcome::Warning)]));
}

#[tokio::test]
async fn warns_of_an_http_webhook_url_disabled_typing_and_no_media() {
    let mut config = valid_config();
    // The sandbox calls this URL. Genesys Cloud would not.
    config.integrations[0].webhook_url = Some("http://127.0.0.1:1/webhook".into());
    config.typing.inbound = false;
    config.media.outbound.clear();
    let world = World::new(config).await;
    assert_eq!(
        problems(&world).await,
        only([
            ("webhook-url", CheckOutcome::Warning),
            ("typing", CheckOutcome::Warning),
            ("content-profile", CheckOutcome::Warning)
        ])
    );
}

#[tokio::test]
async fn sends_a_probe_through_the_contact_center() {
    let world = World::new(valid_config()).await;
    let checks = world.connection.check_connection(Some("probe-42")).await.expect("no trap");
    let probe = checks.iter().find(|check| check.name == "webhook-probe").expect("a check");
    assert_eq!(probe.outcome, CheckOutcome::Ok, "{probe:?}");
    let seen = world.sandbox_get("conversations").await;
    assert_eq!(seen["conversations"][0]["from"]["id"], json!("probe-42"));

    let mut config = valid_config();
    config.clients[0].permissions.retain(|permission| *permission != Permission::MessageCreate);
    let world = World::new(config).await;
    let checks = world.connection.check_connection(Some("probe-42")).await.expect("no trap");
    assert_eq!(
        checks.last().map(|check| (check.name.as_str(), check.outcome)),
        Some(("webhook-probe", CheckOutcome::Warning))
    );
}
