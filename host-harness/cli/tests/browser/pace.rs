//! How long it takes from one side to the other. `make browser-test` runs it alone: others keep the machine busy.

use crate::page::Page;

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
