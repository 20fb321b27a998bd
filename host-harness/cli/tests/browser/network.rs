//! The demo page on an unreliable or slow network.

use crate::page::Page;
use crate::process::Gateway;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_gateway_loses_no_messages() {
    let mut gateway = Gateway::start();
    let page = Page::open_url(&gateway.page).await;
    page.hand_over().await;
    page.agent_writes("Before it was killed").await;
    page.chat_shows("Before it was killed").await;
    gateway.kill();
    page.shows_the_gateway_as_unreachable().await;
    page.write("While it is away").await;
    gateway.restart();
    page.agent_sees("While it is away").await;
    page.agent_writes("After it has come back").await;
    page.chat_shows("After it has come back").await;
    page.agent_sees("After it has come back").await;
    let all = ["Before it was killed", "While it is away", "After it has come back"];
    assert_eq!(page.bubbles("#talk", &all).await, all);
    assert_eq!(page.bubbles("#open-conversation", &all).await, all);
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unsent_messages_survive_a_reload() {
    let mut gateway = Gateway::start();
    let page = Page::open_url(&gateway.page).await;
    page.hand_over().await;
    gateway.kill();
    page.shows_the_gateway_as_unreachable().await;
    page.write("One").await;
    page.write("Two").await;
    gateway.restart();
    page.reload().await;
    page.chat_shows("Two").await;
    page.write("Three").await;
    page.choose_conversation().await;
    page.agent_sees("Three").await;
    let all = ["One", "Two", "Three"];
    assert_eq!(page.bubbles("#talk", &all).await, all);
    assert_eq!(page.bubbles("#open-conversation", &all).await, all);
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn works_on_a_slow_network() {
    let page = Page::open().await;
    page.set_latency(Duration::from_millis(500)).await;
    page.reload().await;
    page.hand_over().await;
    page.write("One").await;
    page.write("Two").await;
    page.agent_sees("Two").await;
    page.agent_writes("Three").await;
    page.chat_shows("Three").await;
    page.agent_sees("Three").await;
    let all = ["One", "Two", "Three"];
    assert_eq!(page.bubbles("#talk", &all).await, all);
    assert_eq!(page.bubbles("#open-conversation", &all).await, all);
    page.close().await;
}
