//! Reads the latest results of `cargo bench`.

use anyhow::Context;
use serde_json::Value;
use std::path::Path;

/// Returns the median of a benchmark, in nanoseconds.
pub(crate) fn median(group: &str, layer: &str, size: &str) -> anyhow::Result<f64> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/criterion");
    // The folder layout of criterion.
    let path = folder.join(group).join(layer).join(size).join("new/estimates.json");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{}: the file cannot be read; run `cargo bench` first", path.display()))?;
    let estimates: Value = serde_json::from_str(&text)?;
    estimates
        .pointer("/median/point_estimate")
        .and_then(Value::as_f64)
        .with_context(|| format!("{}: the file contains no median", path.display()))
}
