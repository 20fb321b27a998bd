//! What `cargo bench` measured last.

use anyhow::Context;
use serde_json::Value;
use std::path::Path;

/// The median of a benchmark, in nanoseconds.
pub(crate) fn median(group: &str, layer: &str, size: &str) -> anyhow::Result<f64> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/criterion");
    // As criterion names folders.
    let path = folder.join(group).join(layer).join(size).join("new/estimates.json");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{}: cannot be read; run `cargo bench` before", path.display()))?;
    let estimates: Value = serde_json::from_str(&text)?;
    estimates
        .pointer("/median/point_estimate")
        .and_then(Value::as_f64)
        .with_context(|| format!("{}: no median", path.display()))
}
