//! Measures the time from the start of `handover serve` to its first response.

use anyhow::{Context, ensure};
use handover_bench::{SECRET, body, signature};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CONFIG: &str = r#"listen = "127.0.0.1:0"
[platform]
tokens = [{ env = "TOKEN" }]
[connection.acme]
settings = "settings.toml"
"#;

/// Returns the median start time in milliseconds: when the gateway compiles the plugin, and with a precompiled plugin.
pub(crate) fn measure(handover: &Path) -> anyhow::Result<[f64; 2]> {
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    write(
        "settings.toml",
        &format!(
            "host = \"mypurecloud.de\"\ndeployment-name = \"BotHandover\"\nqueue = \"Support\"\n\
             webhook-secret = \"{SECRET}\"\nclient-id = \"id\"\nclient-secret = \"secret\"\n"
        ),
    )?;
    let compiled = Command::new(handover)
        .args(["compile", "--output", "genesys.cwasm"])
        .current_dir(&folder)
        .status()
        .with_context(|| format!("{} cannot be started; build it first", handover.display()))?;
    ensure!(compiled.success(), "the plugin cannot be compiled");
    let mut medians = [0.0; 2];
    for (median, extra) in medians.iter_mut().zip(["", "precompiled = \"genesys.cwasm\"\n"]) {
        write("gateway.toml", &format!("{CONFIG}{extra}"))?;
        let mut times = Vec::new();
        for _ in 0..11 {
            times.push(first_response(handover, folder.path())?);
        }
        times.sort();
        *median = times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e3;
    }
    Ok(medians)
}

fn first_response(handover: &Path, folder: &Path) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let mut process = Command::new(handover)
        .args(["serve", "--config", "gateway.toml"])
        .current_dir(folder)
        .env("TOKEN", "a-token-of-20-or-more")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().context("the gateway has no standard output")?).read_line(&mut line)?;
    let result = send_webhook(&line);
    let elapsed = start.elapsed();
    process.kill()?;
    process.wait()?;
    result.map(|()| elapsed)
}

/// Sends a webhook to the gateway, which must respond with 200.
fn send_webhook(announcement: &str) -> anyhow::Result<()> {
    let announcement: serde_json::Value = serde_json::from_str(announcement).context("the gateway did not start")?;
    let mut stream = TcpStream::connect(
        announcement
            .pointer("/listen")
            .and_then(serde_json::Value::as_str)
            .context("the gateway printed no address")?,
    )?;
    let body = body(500);
    write!(
        stream,
        "POST /handover/acme HTTP/1.1\r\nhost: localhost\r\nx-hub-signature-256: {}\r\ncontent-length: {}\r\n\r\n",
        signature(&body),
        body.len()
    )?;
    stream.write_all(&body)?;
    let mut response = [0; 13];
    stream.read_exact(&mut response)?;
    ensure!(response.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&response));
    Ok(())
}
