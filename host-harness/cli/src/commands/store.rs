//! `handover store`

use super::NO;
use crate::arguments::{Store, StoreAct};
use crate::output;
use handover_gateway::check_sqlite_store;
use std::process::ExitCode;

pub(crate) fn run(arguments: Store) -> anyhow::Result<ExitCode> {
    let StoreAct::Check { file } = arguments.act;
    let faults = check_sqlite_store(&file)?;
    for fault in &faults {
        output::print(fault)?;
    }
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(NO) })
}
