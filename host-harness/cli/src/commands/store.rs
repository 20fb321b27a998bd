//! `handover store`

use super::NEGATIVE_RESULT;
use crate::arguments::{Store, StoreAction};
use crate::output;
use handover_gateway::check_sqlite_store;
use std::process::ExitCode;

pub(crate) fn run(arguments: Store) -> anyhow::Result<ExitCode> {
    let StoreAction::Check { file } = arguments.action;
    let faults = check_sqlite_store(&file)?;
    for fault in &faults {
        output::print(fault)?;
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(NEGATIVE_RESULT) })
}
