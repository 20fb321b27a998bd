//! `handover demo`

use crate::arguments::Demo;
use crate::demo;
use std::process::ExitCode;

pub(crate) async fn run(arguments: Demo) -> anyhow::Result<ExitCode> {
    // There is one demo so far; `--script` keeps its meaning when there are others.
    let Demo { script: _ } = arguments;
    demo::play().await?;
    Ok(ExitCode::SUCCESS)
}
