//! `handover sandbox`

use crate::arguments::Sandbox as Arguments;
use crate::output;
use anyhow::Context;
use genesys_sandbox::{Config, Sandbox};
use std::process::ExitCode;

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let mut config = match &arguments.config {
        None => Config::default(),
        Some(path) => {
            let name = path.display();
            let text =
                std::fs::read_to_string(path).with_context(|| format!("{name}: the configuration cannot be read"))?;
            toml::from_str(&text).map_err(|error| {
                let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or_default();
                anyhow::anyhow!("{name}:{}: {}", before.matches('\n').count() + 1, error.message())
            })?
        }
    };
    if let Some(listen) = arguments.listen {
        config.listen = listen;
    }
    let sandbox = Sandbox::start(config).await?;
    output::print(serde_json::to_string(sandbox.announcement())?)?;
    tokio::signal::ctrl_c().await.context("cannot wait for the stop signal")?;
    sandbox.stop().await;
    Ok(ExitCode::SUCCESS)
}
