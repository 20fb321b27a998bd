//! The other direction of the demo: the local Genesys Cloud asks the platform's bot.

use crate::plugin;
use anyhow::{Context, ensure};
use genesys_sandbox::Announcement;
use handover_host::contract::{Bot, BotVersion, Intent, ProvisioningMode, Setting, StepOutcome};
use handover_host::{AllowedOrigins, BotConnection, Provider};

/// Connects to the local Genesys Cloud, and sets up an integration that asks the bot at this URL.
pub(super) async fn connect(
    provider: &Provider,
    announcement: &Announcement,
    url: &str,
    bots: &[Bot],
) -> anyhow::Result<BotConnection> {
    let secret = uuid::Uuid::new_v4().to_string();
    let settings: Vec<_> = [
        ("host", announcement.origin.as_str()),
        ("product", "bot-connector"),
        ("integration", "Demo bots"),
        ("secret", &secret),
        ("client-id", announcement.client_id.as_str()),
        ("client-secret", announcement.client_secret.as_str()),
    ]
    .map(|(key, value)| Setting { key: key.into(), value: value.into() })
    .into();
    let allowed = AllowedOrigins::none().allow(&announcement.origin)?;
    let connection = provider.connect_bots(settings, &allowed).await?;
    let steps = connection.provision(url, ProvisioningMode::Apply).await?;
    let failed = steps.iter().find(|step| step.outcome == StepOutcome::Failed);
    ensure!(failed.is_none(), "the integration cannot be set up: {failed:?}");
    connection.register_bots(bots).await.context("the bot cannot be registered")?;
    Ok(connection)
}

/// Loads the built-in provider for bots.
pub(super) async fn provider() -> anyhow::Result<Provider> {
    plugin::Plugin::BuiltInForBots.load(&plugin::host()?).await
}

/// Returns the bot of the page.
pub(super) fn bots() -> Vec<Bot> {
    let finished = Intent { name: "finished".into(), slots: vec![] };
    let version = BotVersion { version: "1".into(), languages: vec!["en-us".into()], intents: vec![finished] };
    vec![Bot { id: "demo-bot".into(), name: "Demo bot".into(), description: None, versions: vec![version] }]
}
