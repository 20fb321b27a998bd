//! `handover check`

use super::NO;
use crate::arguments::Check;
use crate::plugin;
use handover_host::contract::CheckOutcome;
use std::process::ExitCode;

pub(crate) async fn run(arguments: Check) -> anyhow::Result<ExitCode> {
    let connection = plugin::connect(&arguments.connection).await?;
    let checks = connection.check_connection().await?;
    for check in &checks {
        let outcome = match check.outcome {
            CheckOutcome::Passed => "ok   ",
            CheckOutcome::Warned => "WARN ",
            CheckOutcome::Failed => "FAIL ",
            CheckOutcome::Skipped => "skip ",
        };
        let remedy = check.remedy.as_ref().map(|remedy| format!(" -> {remedy}")).unwrap_or_default();
        println!("{outcome} {}: {}{remedy}", check.name, check.message);
    }
    let failed = checks.iter().any(|check| check.outcome == CheckOutcome::Failed);
    Ok(if failed { ExitCode::from(NO) } else { ExitCode::SUCCESS })
}
