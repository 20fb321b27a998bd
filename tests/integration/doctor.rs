//! The doctor, before a local Genesys Cloud in which one thing is wrong.

use crate::world::World;
use genesys_sandbox::{Config, Permission};
use handover_host::contract::CheckOutcome;
use serde_json::json;
use std::collections::BTreeMap;

/// A Genesys Cloud in which everything is as it should be.
fn sound() -> Config {
    let mut config = Config::default();
    config.integrations[0].webhook_url = Some("https://bot.example.com/webhook".into());
    config.typing.inbound = true;
    config.typing.outbound = true;
    config
}

/// What is not passed.
async fn complaints(world: &World) -> BTreeMap<String, CheckOutcome> {
    world.outcomes().await.into_iter().filter(|(_, outcome)| *outcome != CheckOutcome::Ok).collect()
}

fn only<const N: usize>(checks: [(&str, CheckOutcome); N]) -> BTreeMap<String, CheckOutcome> {
    checks.into_iter().map(|(name, outcome)| (name.to_owned(), outcome)).collect()
}

#[tokio::test]
async fn where_all_is_well_every_check_passes() {
    let world = World::new(sound()).await;
    let names: Vec<_> = world.outcomes().await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(complaints(&world).await, only([]));
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
            "queue"
        ]
    );
}

#[tokio::test]
async fn nobody_at_the_address_is_the_region_and_not_the_credentials() {
    let world = World::new(sound()).await;
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
async fn wrong_credentials_are_the_credentials() {
    let world = World::with(sound(), &[("client-secret", "wrong")]).await;
    let complaints = complaints(&world).await;
    assert_eq!(complaints.get("credentials"), Some(&CheckOutcome::Error));
    assert_eq!(complaints.get("region"), None);
    assert_eq!(complaints.get("integration"), Some(&CheckOutcome::Skipped));
}

#[tokio::test]
async fn a_slip_in_the_name_gets_the_nearest_one_suggested() {
    let world = World::with(sound(), &[("deployment-name", "BotHandvoer"), ("queue", "Sales")]).await;
    let checks = world.connection.check_connection(None).await.expect("no trap");
    let integration = checks.iter().find(|check| check.name == "integration").expect("a check");
    assert_eq!(integration.outcome, CheckOutcome::Error);
    assert!(integration.message.contains("did you mean BotHandover?"), "{}", integration.message);
    let complaints = complaints(&world).await;
    assert_eq!(complaints.get("queue"), Some(&CheckOutcome::Error));
    assert_eq!(complaints.get("typing"), Some(&CheckOutcome::Skipped));
}

#[tokio::test]
async fn each_missing_permission_is_named_by_its_check() {
    for (missing, check, outcome) in [
        (Permission::MessageReceive, "permission-receive", CheckOutcome::Error),
        (Permission::QueueView, "queue", CheckOutcome::Warning),
        (Permission::SettingView, "typing", CheckOutcome::Warning),
        (Permission::SupportedContentView, "content-profile", CheckOutcome::Warning),
    ] {
        let mut config = sound();
        config.clients[0].permissions.retain(|permission| *permission != missing);
        let world = World::new(config).await;
        assert_eq!(complaints(&world).await, only([(check, outcome)]), "{missing:?}");
    }
}

/// The fallback of a leaving user is known beforehand.
#[tokio::test]
async fn a_client_that_may_not_close_conversations_is_warned_of_it() {
    let mut config = sound();
    // Each of them permits the call that `leave` makes; `conversation:message:park` permits another one only.
    let may = [Permission::CommunicationDisconnect, Permission::ParticipantWrapup, Permission::CallRecord];
    config.clients[0].permissions.retain(|permission| !may.contains(permission));
    let world = World::new(config).await;
    assert_eq!(complaints(&world).await, only([("permission-disconnect", CheckOutcome::Warning)]));
}

/// That messages in doubt are sent again blindly is known beforehand.
#[tokio::test]
async fn a_client_that_may_not_look_messages_up_is_warned_of_it() {
    let mut config = sound();
    let may = [Permission::MessageView, Permission::WebMessagingView];
    config.clients[0].permissions.retain(|permission| !may.contains(permission));
    let world = World::new(config).await;
    assert_eq!(complaints(&world).await, only([("permission-lookup", CheckOutcome::Warning)]));
}

#[tokio::test]
async fn an_address_that_genesys_does_not_call_typing_that_is_off_and_no_media_are_warned_of() {
    let mut config = sound();
    // The sandbox calls it; Genesys Cloud would not.
    config.integrations[0].webhook_url = Some("http://127.0.0.1:1/webhook".into());
    config.typing.inbound = false;
    config.media.outbound.clear();
    let world = World::new(config).await;
    assert_eq!(
        complaints(&world).await,
        only([
            ("webhook-url", CheckOutcome::Warning),
            ("typing", CheckOutcome::Warning),
            ("content-profile", CheckOutcome::Warning)
        ])
    );
}

#[tokio::test]
async fn a_probe_is_sent_through_the_contact_center() {
    let world = World::new(sound()).await;
    let checks = world.connection.check_connection(Some("nobody-42")).await.expect("no trap");
    let probe = checks.iter().find(|check| check.name == "webhook-probe").expect("a check");
    assert_eq!(probe.outcome, CheckOutcome::Ok, "{probe:?}");
    let seen = world.desk("conversations").await;
    assert_eq!(seen["conversations"][0]["from"]["id"], json!("nobody-42"));

    let mut config = sound();
    config.clients[0].permissions.retain(|permission| *permission != Permission::MessageCreate);
    let world = World::new(config).await;
    let checks = world.connection.check_connection(Some("nobody-42")).await.expect("no trap");
    assert_eq!(
        checks.last().map(|check| (check.name.as_str(), check.outcome)),
        Some(("webhook-probe", CheckOutcome::Warning))
    );
}
