//! The settings form of a connection.

use crate::page::Page;
use crate::process::Gateway;

#[tokio::test(flavor = "multi_thread")]
async fn shows_a_problem_while_the_user_types() {
    let page = Page::open().await;
    page.open_details("#settings details").await;
    page.shows("#settings-title", "Connection settings: Genesys Cloud Open Messaging").await;
    page.has_value("#setting-queue", "Support").await;
    // Secrets are not shown. An empty field stands for the gateway's own secret.
    page.has_value("#setting-webhook-secret", "").await;
    page.enter("#setting-deployment-name", "").await;
    page.shows("#setting-deployment-name-problem", "is missing.").await;
    page.enter("#setting-deployment-name", "BotHandover").await;
    page.is_empty("#setting-deployment-name-problem").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_checks_the_entered_settings() {
    let gateway = Gateway::start();
    let page = Page::open_url(&gateway.page).await;
    page.open_details("#settings details").await;
    page.has_value("#setting-queue", "Support").await;
    page.press("#doctor", "Check the connection").await;
    page.shows("#checks .ok", "ok").await;
    page.enter("#setting-deployment-name", "BotHandovr").await;
    page.press("#doctor", "Check the connection").await;
    page.shows("#checks .error", "BotHandovr").await;
    page.shows("#checks .error", "did you mean BotHandover?").await;
    page.shows("#checks .error .remedy", "Copy the integration's name").await;
    // The gateway's secrets are sent only to the origins of its connection.
    page.enter("#setting-host", "http://127.0.0.1:9").await;
    page.press("#doctor", "Check the connection").await;
    page.shows("#checks .error", "which is not an allowed origin").await;
    page.close().await;
}
