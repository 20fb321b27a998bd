//! `handover compile`

use crate::arguments::Compile;
use crate::plugin;
use anyhow::Context;
use std::process::ExitCode;

pub(crate) fn run(arguments: Compile) -> anyhow::Result<ExitCode> {
    let path = arguments.plugin.or(arguments.plugin_option);
    let component = plugin::read(path.as_deref())?;
    let compiled = plugin::host()?.precompile(&component).context("the plugin cannot be compiled")?;
    let output = arguments.output;
    let part = output.with_added_extension("part");
    // A gateway may be running from what is there: it keeps its file, and the next one to start gets the new one.
    std::fs::write(&part, compiled)
        .and_then(|()| std::fs::rename(&part, &output))
        .with_context(|| format!("{}: it cannot be written", output.display()))?;
    Ok(ExitCode::SUCCESS)
}
