//! `handover provision`

use super::NEGATIVE_RESULT;
use crate::arguments::Provision;
use crate::plugin::{self, AnyConnection};
use crate::{output, progress};
use handover_host::contract::{ProvisioningMode, StepOutcome};
use std::process::ExitCode;

pub(crate) async fn run(arguments: Provision) -> anyhow::Result<ExitCode> {
    let connection = plugin::connect_any(&arguments.connection).await?;
    let mode = if arguments.dry_run { ProvisioningMode::Plan } else { ProvisioningMode::Apply };
    let spinner = progress::show("calling the contact center");
    let steps = match connection {
        AnyConnection::Handover(connection) => connection.provision(&arguments.url, mode).await?,
        AnyConnection::Bots(connection) => connection.provision(&arguments.url, mode).await?,
    };
    drop(spinner);
    for step in &steps {
        let outcome = match step.outcome {
            StepOutcome::Present => "present",
            StepOutcome::Applied => "applied",
            StepOutcome::Planned => "planned",
            StepOutcome::Manual => "manual",
            StepOutcome::Failed => "failed",
            StepOutcome::Skipped => "skipped",
        };
        output::print(format_args!("{outcome:<7}  {}: {}", step.name, step.message))?;
    }
    let failed = steps.iter().any(|step| step.outcome == StepOutcome::Failed);
    Ok(if failed { ExitCode::from(NEGATIVE_RESULT) } else { ExitCode::SUCCESS })
}
