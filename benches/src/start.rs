//! From the start of `handover serve` to its first answer.

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

/// The median of some starts, in milliseconds: with the plugin compiled at the start, and with one compiled before.
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
        .with_context(|| format!("{} cannot be started; build it before", handover.display()))?;
    ensure!(compiled.success(), "the plugin cannot be compiled");
    let mut medians = [0.0; 2];
    for (median, more) in medians.iter_mut().zip(["", "precompiled = \"genesys.cwasm\"\n"]) {
        write("gateway.toml", &format!("{CONFIG}{more}"))?;
        let mut times = Vec::new();
        for _ in 0..11 {
            times.push(first_answer(handover, folder.path())?);
        }
        times.sort();
        *median = times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e3;
    }
    Ok(medians)
}

fn first_answer(handover: &Path, folder: &Path) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let mut process = Command::new(handover)
        .args(["serve", "--config", "gateway.toml"])
        .current_dir(folder)
        .env("TOKEN", "a-token-of-20-or-more")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().context("no output")?).read_line(&mut line)?;
    let answered = answer(&line);
    let lasted = began.elapsed();
    process.kill()?;
    process.wait()?;
    answered.map(|()| lasted)
}

fn answer(announced: &str) -> anyhow::Result<()> {
    let announced: serde_json::Value = serde_json::from_str(announced).context("the gateway does not start")?;
    let mut stream =
        TcpStream::connect(announced.pointer("/listen").and_then(serde_json::Value::as_str).context("no address")?)?;
    let body = body(500);
    write!(
        stream,
        "POST /handover/acme HTTP/1.1\r\nhost: localhost\r\nx-hub-signature-256: {}\r\ncontent-length: {}\r\n\r\n",
        signature(&body),
        body.len()
    )?;
    stream.write_all(&body)?;
    let mut answer = [0; 13];
    stream.read_exact(&mut answer)?;
    ensure!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
    Ok(())
}
