//! Agent actions on a conversation, and faults of Genesys Cloud.

use crate::page::Page;
use crate::process::Gateway;

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_does_not_end_the_handover() {
    let page = Page::open().await;
    page.hand_over().await;
    page.agent_does("transfer").await;
    page.chat_shows("You are being transferred.").await;
    page.agent_does("accept").await;
    page.agent_writes("I am the next one.").await;
    page.chat_shows("I am the next one.").await;
    page.shows("#state", "You are talking to Grace Hopper.").await;
    page.has_never_shown("#talk", "ended").await;
    page.has_never_shown("#talk", "The bot is back.").await;
    // The agent receives the message, not the bot.
    page.write("Hello, next one").await;
    page.agent_sees("Hello, next one").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_agent_who_accepts_joins() {
    let page = Page::open().await;
    page.request_agent().await;
    page.choose_conversation().await;
    page.agent_does("offer").await;
    page.agent_does("decline").await;
    page.agent_can("offer").await;
    page.agent_does("accept").await;
    page.chat_shows("Grace Hopper has joined.").await;
    page.agent_does("disconnect").await;
    page.chat_shows("The agent has ended the conversation.").await;
    // The declined offer is not reported as a join.
    assert_eq!(page.occurrences("#talk", "has joined").await, 1);
    page.agent_does("wrap-up").await;
    page.shows("#state", "You are talking to the bot.").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_the_position_and_the_wait() {
    let page = Page::open().await;
    page.request_agent().await;
    page.chat_shows("You are number 1 in the queue. Estimated wait: 1 min.").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shows_what_the_agent_recorded() {
    let page = Page::open().await;
    page.hand_over().await;
    page.agent_does("disconnect").await;
    page.chat_shows("The bot is back.").await;
    page.agent_does("wrap-up").await;
    page.chat_shows("what the agent recorded: Solved (parcel).").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_a_callback_while_the_contact_center_is_closed() {
    let page = Page::open().await;
    page.press("#closed", "").await;
    page.request_agent().await;
    page.chat_shows("Our agents are not here now. They are back on").await;
    page.shows("#state", "You are talking to the bot.").await;
    page.write("+49 30 123456").await;
    page.chat_shows("An agent will call you.").await;
    page.shows("#talk .mark", "accepted").await;
    page.trace_has("delivery", "delivered: callbacks", "").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drops_a_duplicate_webhook_and_rejects_a_bad_signature() {
    let page = Page::open().await;
    page.hand_over().await;
    page.open_details("#faults").await;
    page.press("#fault-buttons button", "Next webhook duplicated").await;
    page.shows("#faults [role='status']", "Scheduled: Next webhook duplicated.").await;
    page.agent_writes("Said once, sent twice").await;
    page.chat_shows("Said once, sent twice").await;
    page.press("#fault-buttons button", "Next webhook with invalid signature").await;
    page.shows("#faults [role='status']", "Scheduled: Next webhook with invalid signature.").await;
    page.agent_writes("Signed badly").await;
    page.trace_has("webhook", "refused: signature-mismatch", "Signed badly").await;
    page.agent_writes("Signed well").await;
    page.chat_shows("Signed well").await;
    let received = page.bubbles("#talk", &["Said once, sent twice", "Signed badly", "Signed well"]).await;
    assert_eq!(received, ["Said once, sent twice", "Signed well"]);
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn delivers_once_after_429_and_500() {
    let page = Page::open().await;
    page.hand_over().await;
    page.open_details("#faults").await;
    for (fault, cause) in [("Genesys answers 429", "rate-limited"), ("Genesys answers 500", "server-error")] {
        page.press("#fault-buttons button", fault).await;
        page.shows("#faults [role='status']", &format!("Scheduled: {fault}.")).await;
        let text = format!("Although {fault}");
        page.write(&text).await;
        page.agent_sees(&text).await;
        page.trace_has("delivery", "not delivered: inbound/open/message", cause).await;
        assert_eq!(page.bubbles("#open-conversation", &[&text]).await, [&*text]);
    }
    page.close().await;
}

/// The contact center of this gateway accepts only images.
#[tokio::test(flavor = "multi_thread")]
async fn shows_why_genesys_refused_a_file() {
    let gateway = Gateway::start();
    let page = Page::open_url(&gateway.page).await;
    page.hand_over().await;
    page.send_file("#file", "order.txt", "text/plain", "b3JkZXI=").await;
    page.chat_shows("not delivered: ").await;
    page.chat_shows("media type").await;
    page.close().await;
}
