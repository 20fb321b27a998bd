//! Measures the hosts for Node and Python.

use crate::layers::median;
use anyhow::{Context, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use handover_bench::{SECRET, SIZES, settings, webhook};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The time to receive a webhook: as existing connectors do it, in a warm instance, and in a fresh one.
const LAYERS: [&str; 3] = ["by-hand", "warm", "fresh"];

/// Prints the times to receive a webhook in each host. Returns the ratios.
pub(crate) fn print() -> anyhow::Result<Vec<(String, f64, &'static str)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let node = measure(Command::new("node").arg(root.join("benches/hosts/node.mjs")))?;
    let python = root.join("target/python-host/bin/python");
    let python = measure(Command::new(python).arg(root.join("benches/hosts/python.py")))?;
    let mut ratios = Vec::new();
    println!("\n| a webhook received, in µs | Rust | Node | Python |\n|---|---|---|---|");
    for (size, _) in SIZES {
        for layer in LAYERS {
            let rust = match layer {
                "by-hand" => median("verify+map", "native", size)?,
                layer => median("verify+map", &format!("{layer}-declared"), size)?,
            };
            let of = |host: &BTreeMap<(String, String), f64>| {
                host.get(&(layer.to_owned(), size.to_owned())).copied().context("a host did not measure everything")
            };
            let (node, python) = (of(&node)?, of(&python)?);
            println!("| {layer} {size} | {:.1} | {node:.1} | {python:.1} |", rust / 1e3);
            ratios.push((format!("host:node/rust:{layer}:{size}"), node * 1e3 / rust, "none"));
            ratios.push((format!("host:python/rust:{layer}:{size}"), python * 1e3 / rust, "none"));
        }
    }
    Ok(ratios)
}

/// Runs the measurements of a host. Returns the microseconds by layer and size.
fn measure(command: &mut Command) -> anyhow::Result<BTreeMap<(String, String), f64>> {
    let webhooks: Vec<Value> = SIZES
        .iter()
        .map(|(size, bytes)| {
            let webhook = webhook(*bytes);
            let headers = webhook.headers.iter().map(|(name, value)| (name, BASE64_STANDARD.encode(value)));
            json!({
                "size": size,
                "headers": headers.collect::<Vec<_>>(),
                "body": BASE64_STANDARD.encode(&webhook.body),
            })
        })
        .collect();
    let settings: Vec<Value> =
        settings().iter().map(|setting| json!({ "key": setting.key, "value": setting.value })).collect();
    let input = json!({ "settings": settings, "secret": SECRET, "webhooks": webhooks }).to_string();
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("a host cannot be started; run `make node-host python-host`")?;
    process.stdin.take().context("a host has no standard input")?.write_all(input.as_bytes())?;
    let output = process.wait_with_output()?;
    ensure!(output.status.success(), "the measurement of a host failed");
    let text = String::from_utf8(output.stdout)?;
    let line = |line: &str| {
        let mut parts = line.split(' ');
        let (layer, size, time) = (parts.next()?, parts.next()?, parts.next()?);
        Some(((layer.to_owned(), size.to_owned()), time.parse().ok()?))
    };
    text.lines().map(|text| line(text).with_context(|| format!("`{text}` is no measurement"))).collect()
}
