//! `handover compile`

use crate::arguments::Compile;
use crate::{plugin, progress};
use anyhow::Context;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(arguments: Compile) -> anyhow::Result<ExitCode> {
    let path = arguments.plugin.or(arguments.plugin_option);
    let component = plugin::read(path.as_deref())?;
    let _spinner = progress::show(plugin::COMPILING);
    let compiled = plugin::host()?.precompile(&component).context("the plugin cannot be compiled")?;
    let output = arguments.output;
    replace(&output, &compiled).with_context(|| format!("{}: the file cannot be written", output.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Replaces the output file atomically. A running gateway keeps the old file; the next start uses the new one. The file
/// has a temporary name until it is complete, because another `handover compile` may be running.
fn replace(output: &Path, compiled: &[u8]) -> std::io::Result<()> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(compiled)?;
    // Set the mode regardless of the umask: the gateway may run as another user, and only the owner may write the file.
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(output)?;
    Ok(())
}
