//! `handover register-bots`

use crate::arguments::RegisterBots;
use crate::{output, plugin, progress};
use anyhow::Context;
use handover_host::contract::Bot;
use std::process::ExitCode;

pub(crate) async fn run(arguments: RegisterBots) -> anyhow::Result<ExitCode> {
    let file = plugin::input(&arguments.bots)?;
    let bots: Vec<Bot> =
        serde_json::from_slice(&file).with_context(|| format!("{}: not a list of bots", arguments.bots.display()))?;
    let connection = plugin::connect_bots(&arguments.connection).await?;
    let spinner = progress::show("calling the contact center");
    connection.register_bots(&bots).await?;
    drop(spinner);
    output::print(format_args!("registered {}", bots.len()))?;
    Ok(ExitCode::SUCCESS)
}
