//! What agents do with a conversation, and what goes wrong beneath it.

use crate::page::Page;
use crate::process::Gateway;

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_no_end() {
    let page = Page::open().await;
    page.hand_over().await;
    page.agent_does("transfer").await;
    page.chat_shows("You are being transferred.").await;
    page.agent_does("accept").await;
    page.agent_says("I am the next one.").await;
    page.chat_shows("I am the next one.").await;
    page.shows("#state", "You talk to Grace Hopper.").await;
    page.never_showed("#talk", "ended").await;
    page.never_showed("#talk", "The bot is back.").await;
    // It goes to the agent, and not to the bot.
    page.say("Hello, next one").await;
    page.agent_sees("Hello, next one").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_declines_another_accepts_and_wraps_up() {
    let page = Page::open().await;
    page.ask_for_a_person().await;
    page.choose_conversation().await;
    page.agent_does("offer").await;
    page.agent_does("decline").await;
    page.agent_can("offer").await;
    page.agent_does("accept").await;
    page.chat_shows("Grace Hopper has joined.").await;
    page.agent_does("disconnect").await;
    page.chat_shows("The agent has ended the conversation.").await;
    // Only the agent who accepted has joined; the declined offer made nobody join.
    assert_eq!(page.times("#talk", "has joined").await, 1);
    page.agent_does("wrap-up").await;
    page.shows("#state", "You talk to the bot.").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_twice_is_heard_once_and_what_is_badly_signed_is_not_heard() {
    let page = Page::open().await;
    page.hand_over().await;
    page.open_details("#faults").await;
    page.press("#fault-buttons button", "Next webhook twice").await;
    page.shows("#fault-told", "Ordered: Next webhook twice.").await;
    page.agent_says("Said once, sent twice").await;
    page.chat_shows("Said once, sent twice").await;
    page.press("#fault-buttons button", "Next webhook badly signed").await;
    page.shows("#fault-told", "Ordered: Next webhook badly signed.").await;
    page.agent_says("Signed badly").await;
    page.trace_has("webhook", "refused: signature-mismatch", "Signed badly").await;
    page.agent_says("Signed well").await;
    page.chat_shows("Signed well").await;
    let said = page.said("#talk", &["Said once, sent twice", "Signed badly", "Signed well"]).await;
    assert_eq!(said, ["Said once, sent twice", "Signed well"]);
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_genesys_does_not_take_at_once_arrives_once() {
    let page = Page::open().await;
    page.hand_over().await;
    page.open_details("#faults").await;
    for (fault, told) in [("Genesys answers 429", "rate-limited"), ("Genesys answers 500", "server-error")] {
        page.press("#fault-buttons button", fault).await;
        page.shows("#fault-told", &format!("Ordered: {fault}.")).await;
        let words = format!("Although {fault}");
        page.say(&words).await;
        page.agent_sees(&words).await;
        page.trace_has("delivery", "not delivered: inbound/open/message", told).await;
        assert_eq!(page.said("#open-conversation", &[&words]).await, [&*words]);
    }
    page.close().await;
}

/// The contact center of this gateway takes pictures only.
#[tokio::test(flavor = "multi_thread")]
async fn what_genesys_refuses_is_marked_with_its_reason() {
    let gateway = Gateway::start();
    let page = Page::at(&gateway.page).await;
    page.hand_over().await;
    page.send_file("#file", "order.txt", "text/plain", "b3JkZXI=").await;
    page.chat_shows("not delivered: ").await;
    page.chat_shows("media type").await;
    page.close().await;
}
