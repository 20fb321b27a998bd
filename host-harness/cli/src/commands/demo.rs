//! `handover demo`

use crate::arguments::Demo;
use crate::demo;
use std::process::ExitCode;

pub(crate) async fn run(arguments: Demo) -> anyhow::Result<ExitCode> {
    if arguments.script {
        demo::play().await?;
    } else {
        demo::serve(arguments.listen).await?;
    }
    Ok(ExitCode::SUCCESS)
}
