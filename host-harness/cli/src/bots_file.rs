//! The file with the platform's bots.

use crate::plugin;
use anyhow::Context;
use handover_host::contract::Bot;
use std::path::Path;

/// Reads a list of bots in JSON, from a file or from standard input for `-`.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Bot>> {
    let file = plugin::input(path)?;
    serde_json::from_slice(&file).with_context(|| format!("{}: not a list of bots", path.display()))
}
