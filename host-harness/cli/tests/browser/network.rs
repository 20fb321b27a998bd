//! The page on bad networks.

use crate::page::Page;
use crate::process::Gateway;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_is_killed_beneath_the_page_and_nothing_is_lost() {
    let mut gateway = Gateway::start();
    let page = Page::at(&gateway.page).await;
    page.hand_over().await;
    page.agent_says("Before it was killed").await;
    page.chat_shows("Before it was killed").await;
    gateway.kill();
    page.says_that_the_gateway_is_away().await;
    page.say("While it is away").await;
    gateway.start_again();
    page.agent_sees("While it is away").await;
    page.agent_says("After it has come back").await;
    page.chat_shows("After it has come back").await;
    page.agent_sees("After it has come back").await;
    let all = ["Before it was killed", "While it is away", "After it has come back"];
    assert_eq!(page.said("#talk", &all).await, all);
    assert_eq!(page.said("#open-conversation", &all).await, all);
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_to_be_sent_outlives_a_reload() {
    let mut gateway = Gateway::start();
    let page = Page::at(&gateway.page).await;
    page.hand_over().await;
    gateway.kill();
    page.says_that_the_gateway_is_away().await;
    page.say("One").await;
    page.say("Two").await;
    gateway.start_again();
    page.reload().await;
    page.chat_shows("Two").await;
    page.say("Three").await;
    page.choose_conversation().await;
    page.agent_sees("Three").await;
    let all = ["One", "Two", "Three"];
    assert_eq!(page.said("#talk", &all).await, all);
    assert_eq!(page.said("#open-conversation", &all).await, all);
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_holds_on_a_slow_network() {
    let page = Page::open().await;
    page.slow(Duration::from_millis(500)).await;
    page.reload().await;
    page.hand_over().await;
    page.say("One").await;
    page.say("Two").await;
    page.agent_sees("Two").await;
    page.agent_says("Three").await;
    page.chat_shows("Three").await;
    page.agent_sees("Three").await;
    let all = ["One", "Two", "Three"];
    assert_eq!(page.said("#talk", &all).await, all);
    assert_eq!(page.said("#open-conversation", &all).await, all);
    page.close().await;
}
