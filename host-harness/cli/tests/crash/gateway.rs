//! A gateway process: its configuration, its command and its readiness.

use crate::platform::{SECRET, TOKEN};
use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The configuration of the connection `acme`.
pub(crate) const ACME: &str = "[connection.acme]\nsettings = \"acme.toml\"\n";

/// Writes the configuration of a gateway and returns the gateway's port. Without a URL for callbacks, the platform can
/// only read the stream. The settings of its connection `acme` are in `acme.toml` in the same folder. `rest` is TOML:
/// further keys of the connection, then further tables.
pub(crate) fn configure(folder: &Path, callback: Option<&str>, rest: &str) -> u16 {
    write_config(folder, callback, &format!("{ACME}{rest}"))
}

/// Writes the configuration of a gateway and returns the gateway's port. `rest` is TOML: the connections and further
/// tables.
pub(crate) fn write_config(folder: &Path, callback: Option<&str>, rest: &str) -> u16 {
    let callback = callback.map_or_else(String::new, |url| {
        format!("[platform.callback]\nurl = \"{url}\"\nsecrets = [{{ env = \"SECRET\" }}]\n")
    });
    let port = free_port();
    let config = format!(
        "listen = \"127.0.0.1:{port}\"\n\
         [platform]\ntokens = [{{ env = \"TOKEN\" }}]\n\
         {callback}\
         {rest}"
    );
    std::fs::write(folder.join(format!("{port}.toml")), config).unwrap();
    port
}

/// Returns the command that runs the configured gateway. It logs to a file beside the configuration.
pub(crate) fn command(folder: &Path, port: u16) -> Command {
    let log = File::options().create(true).append(true).open(folder.join(format!("{port}.log"))).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_handover"));
    command
        .args(["serve", "--config"])
        .arg(folder.join(format!("{port}.toml")))
        .env("TOKEN", TOKEN)
        .env("SECRET", SECRET)
        .stdout(Stdio::null())
        .stderr(log);
    command
}

/// Waits until the gateway on this port is ready.
pub(crate) async fn wait_until_ready(port: u16) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..600 {
        let answer = client.get(format!("http://127.0.0.1:{port}/readyz")).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the gateway on port {port} does not become ready");
}
