//! Helpers shared by the tests.

use handover_host::contract::{Setting, Webhook};
use handover_host::{Connection, Host, Limits, Provider};

pub(crate) fn limits() -> Limits {
    let mut limits = Limits::default();
    // Many tests run in parallel, each with its own host.
    limits.concurrent_calls = 4;
    limits
}

/// Loads the real provider into a host without a network.
pub(crate) async fn provider() -> Provider {
    let host = Host::builder().limits(limits()).build().expect("a host");
    host.load(handover_tests::GENESYS).await.expect("the provider loads")
}

/// Connects the real provider with [`valid_settings`], to which these are added.
pub(crate) async fn connection(additional: &[(&str, &str)]) -> Connection {
    connect(&provider().await, additional).await
}

/// Connects a provider without a network with [`valid_settings`], to which these are added. A key that occurs among them
/// replaces the valid ones.
pub(crate) async fn connect(provider: &Provider, additional: &[(&str, &str)]) -> Connection {
    let mut all = valid_settings();
    all.retain(|setting| additional.iter().all(|(key, _)| setting.key != *key));
    all.extend(settings(additional));
    provider.connect_offline(all).await.expect("the settings are valid")
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

/// Returns valid settings.
pub(crate) fn valid_settings() -> Vec<Setting> {
    settings(&[
        ("host", "mypurecloud.de"),
        ("deployment-name", "BotHandover"),
        ("webhook-secret", "a-secret-of-16-or-more-chars"),
        ("client-id", "id"),
        ("client-secret", "secret"),
    ])
}
