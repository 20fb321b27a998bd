//! The form of a connection.

use crate::page::Page;
use crate::process::Gateway;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_as_one_types() {
    let page = Page::open().await;
    page.open_details("#settings details").await;
    page.shows("#settings-title", "The form of Genesys Cloud Open Messaging").await;
    page.value_is("#setting-queue", "Support").await;
    // Secrets are not shown, and stand for what is served.
    page.value_is("#setting-webhook-secret", "").await;
    page.enter("#setting-deployment-name", "").await;
    page.shows("#setting-deployment-name-problem", "is missing.").await;
    page.enter("#setting-deployment-name", "BotHandover").await;
    page.says_nothing("#setting-deployment-name-problem").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_looks_at_what_was_entered() {
    let gateway = Gateway::start();
    let page = Page::at(&gateway.page).await;
    page.open_details("#settings details").await;
    page.value_is("#setting-queue", "Support").await;
    page.press("#doctor", "Check the connection").await;
    page.shows("#checks .ok", "ok").await;
    page.enter("#setting-deployment-name", "BotHandovr").await;
    page.press("#doctor", "Check the connection").await;
    page.shows("#checks .error", "BotHandovr").await;
    page.shows("#checks .error", "did you mean BotHandover?").await;
    page.shows("#checks .error .remedy", "Copy the integration's name").await;
    // The gateway's secrets go nowhere but where its connection goes.
    page.enter("#setting-host", "http://127.0.0.1:9").await;
    page.press("#doctor", "Check the connection").await;
    page.shows("#checks .error", "which is not an allowed origin").await;
    page.close().await;
}
