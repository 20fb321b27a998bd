//! `handover register-bots`

use crate::arguments::RegisterBots;
use crate::{bots_file, output, plugin, progress};
use anyhow::bail;
use handover_host::Error;
use handover_host::contract::Failure;
use std::process::ExitCode;

pub(crate) async fn run(arguments: RegisterBots) -> anyhow::Result<ExitCode> {
    let bots = bots_file::read(&arguments.bots)?;
    let connection = plugin::connect_bots(&arguments.connection).await?;
    let spinner = progress::show("calling the contact center");
    match connection.register_bots(&bots).await {
        Err(Error::Provider(Failure::Unsupported)) => {
            bail!("there is nothing to register: this contact center reads the bots from the platform")
        }
        registered => registered?,
    }
    drop(spinner);
    output::print(format_args!("registered {}", bots.len()))?;
    Ok(ExitCode::SUCCESS)
}
