//! The page on bad networks, and on a good one.

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
    page.close().await;
}

/// Typed on one side, seen on the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_takes_less_than_200_ms() {
    let page = Page::open().await;
    page.hand_over().await;
    let there = page.takes("#words", "#say", "#open-conversation .talk").await;
    let back = page.takes("#agent-words", "#open-conversation .say", "#talk").await;
    println!("to the agent {there:.0} ms, back {back:.0} ms");
    assert!(there < 200.0 && back < 200.0, "to the agent {there:.0} ms, back {back:.0} ms");
    page.close().await;
}
