//! `handover register-bots`

use crate::arguments::RegisterBots;
use crate::{bots_file, output, plugin, progress};
use std::process::ExitCode;

pub(crate) async fn run(arguments: RegisterBots) -> anyhow::Result<ExitCode> {
    let bots = bots_file::read(&arguments.bots)?;
    let connection = plugin::connect_bots(&arguments.connection).await?;
    let spinner = progress::show("calling the contact center");
    connection.register_bots(&bots).await?;
    drop(spinner);
    output::print(format_args!("registered {}", bots.len()))?;
    Ok(ExitCode::SUCCESS)
}
