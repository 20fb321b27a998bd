//! A receiver in Node that stores each webhook in SQLite.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

pub(crate) struct NodeReceiver {
    process: Child,
    pub(crate) port: u16,
    /// The folder of its database, which is removed after it.
    _folder: TempDir,
}

impl Drop for NodeReceiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl NodeReceiver {
    pub(crate) fn start(source: &Path, secret: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("node");
        command.arg(source.join("durable-receiver.mjs")).arg(folder.path().join("events.db")).env("SECRET", secret);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("Node can be started");
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let port = address.trim().parse().expect("the receiver prints its port");
        Self { process, port, _folder: folder }
    }
}
