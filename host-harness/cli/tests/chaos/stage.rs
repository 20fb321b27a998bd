//! A contact center, a platform, and a gateway between them that a test starts and stops as it likes.

use crate::account::Account;
use crate::center::Center;
use crate::gateway;
use crate::platform::Platform;
use crate::proxy::Entry;
use reqwest::StatusCode;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// Until everything has arrived.
const PATIENCE: Duration = Duration::from_secs(120);
/// What arrives twice arrives the second time by then.
const SETTLE: Duration = Duration::from_secs(5);

pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    pub(crate) center: Arc<Center>,
    pub(crate) platform: Arc<Platform>,
    port: u16,
}

/// Users and their conversations, by id.
pub(crate) type Conversations = Vec<(String, String)>;

impl Stage {
    /// `rest` is more of the gateway's configuration: keys of its connection, then tables. `FOLDER` in it stands for the
    /// stage's folder.
    pub(crate) async fn set(rest: &str) -> Self {
        let entry = Entry::bind().await;
        let center = Arc::new(Center::start(&entry.url()).await);
        let platform = Arc::new(Platform::start(&entry.url(), 0).await);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("acme.toml"), center.settings()).unwrap();
        let rest = rest.replace("FOLDER", folder.path().to_str().unwrap());
        let port = gateway::configure(folder.path(), &platform, &rest);
        entry.to(vec![port]);
        Self { folder, center, platform, port }
    }

    /// The gateway's command, its log in a file.
    pub(crate) fn command(&self) -> Command {
        gateway::command(self.folder.path(), self.port)
    }

    /// A gateway that is ready.
    pub(crate) async fn start(&self, command: Command) -> Gateway {
        let gateway = Gateway::spawn(command);
        gateway::ready(self.port).await;
        gateway
    }

    /// So many users are handed over, and an agent takes each.
    pub(crate) async fn begin(&self, users: usize) -> Conversations {
        let mut conversations = Vec::new();
        for user in 0..users {
            let user = format!("user-{user}");
            self.platform.begin(&user).await;
            conversations.push((user.clone(), self.center.accept(&user).await));
        }
        conversations
    }

    /// Each user and each agent begin to say so many things.
    pub(crate) fn talk(&self, conversations: &Conversations, each: usize, pace: Duration) -> JoinSet<()> {
        let mut talks = JoinSet::new();
        for (user, conversation) in conversations.clone() {
            let (platform, center) = (Arc::clone(&self.platform), Arc::clone(&self.center));
            let to = user.clone();
            talks.spawn(async move { platform.talk(&to, each, pace).await });
            talks.spawn(async move { center.talk(&conversation, &user, each, pace).await });
        }
        talks
    }

    /// All has been said. Returns how many messages the contact center gave up itself; everything else has to be there,
    /// once and in its order.
    pub(crate) async fn settle(&self, talks: JoinSet<()>, conversations: &Conversations, each: usize) -> usize {
        tokio::time::timeout(PATIENCE, talks.join_all()).await.expect("everything can be said");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let account = Account::of(&self.center, &self.platform, conversations, each).await;
            if account.is_complete() || Instant::now() > deadline {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        tokio::time::sleep(SETTLE).await;
        let mut account = Account::of(&self.center, &self.platform, conversations, each).await;
        account.log(&self.platform.log().await);
        assert!(account.is_clean(), "{account}: {:#?}", account.details().collect::<Vec<_>>());
        account.report_undeliverable
    }

    /// What `/readyz` answers; none while nobody listens.
    pub(crate) async fn readiness(&self) -> Option<StatusCode> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("http://127.0.0.1:{}/readyz", self.port)).send().await;
        answer.ok().map(|answer| answer.status())
    }

    /// What a counter or a gauge without labels says.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let metrics = self.platform.metrics().await;
        let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("there is no {name}")).parse().unwrap()
    }
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "never {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A gateway's process; killed when it is dropped.
pub(crate) struct Gateway {
    process: Child,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Gateway {
    pub(crate) fn spawn(mut command: Command) -> Self {
        Self { process: command.spawn().unwrap() }
    }

    pub(crate) fn lives(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Stops it by SIGTERM, as service managers do: it ends in order.
    pub(crate) fn stop(mut self) {
        assert!(Command::new("kill").arg(self.process.id().to_string()).status().unwrap().success());
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}
