//! The `handover` binary as separate processes.

use serde_json::Value;
use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use tempfile::TempDir;

const TOKEN: &str = "a-token-of-20-or-more";

/// A `handover` process. Dropping it kills the process.
pub(crate) struct Process {
    child: Child,
    /// Kept open so that the process can print more.
    _output: BufReader<ChildStdout>,
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Starts the binary in this folder. Returns the process and the first line that it prints.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> (Self, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_handover"))
            .args(arguments)
            .current_dir(folder)
            .env("TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the process starts");
        let mut output = BufReader::new(child.stdout.take().expect("a piped output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        (Self { child, _output: output }, line)
    }
}

/// A gateway with the demo page, connected to a local Genesys Cloud in another process.
pub(crate) struct Gateway {
    folder: TempDir,
    _cloud: Process,
    process: Option<Process>,
    pub(crate) page: String,
}

impl Gateway {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        write(
            "sandbox.toml",
            &format!(
                "listen = \"127.0.0.1:0\"\n[[integrations]]\nname = \"BotHandover\"\n\
                 webhook-url = \"http://{address}/handover/acme\"\n[media]\ninbound = [\"image/*\"]\n[webhooks]\nretry-delay-ms = 200\n"
            ),
        );
        let (cloud, line) = Process::start(folder.path(), &["sandbox", "--config", "sandbox.toml"]);
        let announced: Value = serde_json::from_str(&line).expect("a line of JSON");
        let mut settings = String::from("deployment-name = \"BotHandover\"\nqueue = \"Support\"\n");
        for (key, field) in [
            ("host", "origin"),
            ("webhook-secret", "webhook_secret"),
            ("client-id", "client_id"),
            ("client-secret", "client_secret"),
        ] {
            writeln!(settings, "{key} = {}", announced[field]).expect("writes to a string");
        }
        write("settings.toml", &settings);
        write(
            "gateway.toml",
            &format!(
                "listen = \"{address}\"\n[platform]\ntokens = [{{ env = \"TOKEN\" }}]\n[demo]\nenabled = true\ndesk = {}\n\
                 [connection.acme]\nsettings = \"settings.toml\"\npoll-interval = \"1s\"\npolls-per-minute = 200\n",
                announced["origin"]
            ),
        );
        let page = format!("http://{address}/demo/#token={TOKEN}");
        let mut gateway = Self { folder, _cloud: cloud, process: None, page };
        gateway.restart();
        gateway
    }

    pub(crate) fn restart(&mut self) {
        let (process, _) = Process::start(self.folder.path(), &["serve", "--config", "gateway.toml"]);
        self.process = Some(process);
    }

    /// Kills the gateway without a shutdown, as a machine failure does.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }
}
