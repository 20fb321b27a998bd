//! `handover features`

use super::NEGATIVE_RESULT;
use crate::arguments;
use crate::features::Features;
use crate::output;
use std::process::ExitCode;

pub(crate) fn run(arguments: &arguments::Features) -> anyhow::Result<ExitCode> {
    let features = Features::from_environment()?;
    let open_messaging = features.open_messaging.permits(&arguments.organization);
    let bot_connector = features.bot_connector.permits(&arguments.organization);
    for (name, permitted) in [("open-messaging", &open_messaging), ("bot-connector", &bot_connector)] {
        match permitted {
            Ok(()) => output::print(format_args!("on   {name}"))?,
            Err(refused) => output::print(format_args!("off  {name}: {refused}"))?,
        }
    }
    Ok(if open_messaging.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(NEGATIVE_RESULT) })
}
