//! Latency of a message between the user and the agent. `make browser-test` runs this test alone, because other tests
//! keep the machine busy.

use crate::page::Page;

/// Measures the time from sending a message on one side until the other side shows it.
#[tokio::test(flavor = "multi_thread")]
async fn delivers_a_message_within_200_ms() {
    let page = Page::open().await;
    page.hand_over().await;
    let to_agent = page.median_latency_ms("#words", "#say", "#open-conversation .talk").await;
    let to_user = page.median_latency_ms("#agent-words", "#open-conversation .say", "#talk").await;
    println!("to the agent {to_agent:.0} ms, to the user {to_user:.0} ms");
    assert!(to_agent < 200.0 && to_user < 200.0, "to the agent {to_agent:.0} ms, to the user {to_user:.0} ms");
    page.close().await;
}
