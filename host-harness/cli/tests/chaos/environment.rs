//! A contact center, a platform, and a gateway that the test starts and stops.

use crate::center::Center;
use crate::gateway;
use crate::platform::Platform;
use crate::proxy::Proxy;
use crate::report::Report;
use reqwest::StatusCode;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// Maximum time for all messages to arrive.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(120);
/// Time to wait for duplicates.
const DUPLICATE_WAIT: Duration = Duration::from_secs(5);

/// The processes and servers of one test.
pub(crate) struct Environment {
    pub(crate) folder: TempDir,
    pub(crate) center: Arc<Center>,
    pub(crate) platform: Arc<Platform>,
    port: u16,
}

/// The ids of users and of their conversations.
pub(crate) type Conversations = Vec<(String, String)>;

impl Environment {
    /// Starts the contact center and the platform, and writes the gateway's configuration. `rest` is TOML: further keys
    /// of the connection, then further tables. `FOLDER` in it stands for the environment's folder.
    pub(crate) async fn start(rest: &str) -> Self {
        let proxy = Proxy::bind().await;
        let center = Arc::new(Center::start(&proxy.url()).await);
        let platform = Arc::new(Platform::start(&proxy.url(), 0).await);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("acme.toml"), center.settings()).unwrap();
        let rest = rest.replace("FOLDER", folder.path().to_str().unwrap());
        let port = gateway::configure(folder.path(), Some(&platform.callback), &rest);
        proxy.forward_to(vec![port]);
        Self { folder, center, platform, port }
    }

    /// Returns the command that runs the gateway and logs to a file.
    pub(crate) fn command(&self) -> Command {
        gateway::command(self.folder.path(), self.port)
    }

    /// Starts a gateway and waits until it is ready.
    pub(crate) async fn start_gateway(&self, command: Command) -> Gateway {
        let gateway = Gateway::spawn(command);
        gateway::wait_until_ready(self.port).await;
        gateway
    }

    /// Hands over this number of users. An agent accepts each conversation.
    pub(crate) async fn begin(&self, users: usize) -> Conversations {
        let mut conversations = Vec::new();
        for user in 0..users {
            let user = format!("user-{user}");
            self.platform.begin(&user).await;
            conversations.push((user.clone(), self.center.accept(&user).await));
        }
        conversations
    }

    /// Starts sending `each` messages per user and per agent, with a mean pause of `pace` between them.
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

    /// Waits until all messages are sent and delivered. Asserts that each arrived once and in order, except those that
    /// the contact center itself stopped retrying; returns the number of those.
    pub(crate) async fn settle(&self, talks: JoinSet<()>, conversations: &Conversations, each: usize) -> usize {
        tokio::time::timeout(DELIVERY_TIMEOUT, talks.join_all()).await.expect("all messages are sent in time");
        let deadline = Instant::now() + DELIVERY_TIMEOUT;
        loop {
            let report = Report::collect(&self.center, &self.platform, conversations, each).await;
            if report.is_complete() || Instant::now() > deadline {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        tokio::time::sleep(DUPLICATE_WAIT).await;
        let mut report = Report::collect(&self.center, &self.platform, conversations, each).await;
        report.check_log(&self.platform.log().await);
        assert!(report.is_clean(), "{report}: {:#?}", report.details().collect::<Vec<_>>());
        report.undeliverable
    }

    /// Returns the status of `/readyz`, or `None` while the gateway does not listen.
    pub(crate) async fn readiness(&self) -> Option<StatusCode> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(format!("http://127.0.0.1:{}/readyz", self.port)).send().await;
        answer.ok().map(|answer| answer.status())
    }

    /// Returns the value of a counter or a gauge without labels.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let metrics = self.platform.metrics().await;
        let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("missing metric {name}")).parse().unwrap()
    }
}

/// Waits until a condition holds. `expected` describes the condition in the error.
pub(crate) async fn until(expected: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + DELIVERY_TIMEOUT;
    while !holds().await {
        assert!(Instant::now() < deadline, "timed out: {expected}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A gateway process. Dropping it kills the process.
pub(crate) struct Gateway {
    process: Child,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Gateway {
    pub(crate) fn spawn(mut command: Command) -> Self {
        Self { process: command.spawn().unwrap() }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Stops the gateway with SIGTERM, as service managers do. Asserts a clean exit.
    pub(crate) fn stop(mut self) {
        assert!(Command::new("kill").arg(self.process.id().to_string()).status().unwrap().success());
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}
