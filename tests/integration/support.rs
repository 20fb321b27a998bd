//! What the tests have in common.

use handover_host::contract::{Setting, Webhook};
use handover_host::{Connection, Host, Limits, Provider};
use std::path::PathBuf;
use std::process::{Child, Command};

pub(crate) fn limits() -> Limits {
    let mut limits = Limits::default();
    // Many tests, and so many hosts, run side by side.
    limits.concurrent_calls = 4;
    limits
}

/// The real provider in a host without a network.
pub(crate) async fn provider() -> Provider {
    let host = Host::builder().limits(limits()).build().expect("a host");
    host.load(handover_tests::GENESYS).await.expect("the provider loads")
}

pub(crate) async fn connection(settings: &[(&str, &str)]) -> Connection {
    provider().await.connect_unchecked(self::settings(settings))
}

pub(crate) fn settings(settings: &[(&str, &str)]) -> Vec<Setting> {
    settings.iter().map(|(key, value)| Setting { key: (*key).into(), value: (*value).into() }).collect()
}

pub(crate) fn webhook(headers: &[(&str, &str)], body: &[u8]) -> Webhook {
    Webhook {
        method: "POST".into(),
        path: "/handover/genesysCloudOM".into(),
        headers: headers.iter().map(|(name, value)| ((*name).into(), value.as_bytes().to_vec())).collect(),
        body: body.to_vec(),
    }
}

/// Settings that can be used.
pub(crate) fn usable() -> Vec<Setting> {
    settings(&[
        ("host", "mypurecloud.de"),
        ("deployment-name", "BotHandover"),
        ("webhook-secret", "a-secret-of-16-or-more-chars"),
        ("client-id", "id"),
        ("client-secret", "secret"),
    ])
}

/// Builds a binary of the workspace and returns its path.
pub(crate) fn build(package: &str) -> PathBuf {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--package", package])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .status()
        .expect("cargo runs");
    assert!(status.success(), "{package} does not build");
    let test = std::env::current_exe().expect("the path of this test");
    test.ancestors().nth(2).expect("the directory of the profile").join(package)
}

/// A process that ends with the test.
pub(crate) struct RunningProcess(pub(crate) Child);

impl RunningProcess {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().expect("the process starts"))
    }
}

impl Drop for RunningProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
