//! Conversations between the user and the agent.

use crate::page::Page;

#[tokio::test(flavor = "multi_thread")]
async fn hands_over_and_exchanges_messages_until_the_agent_ends_it() {
    let page = Page::open().await;
    page.write("Where is my parcel?").await;
    page.chat_shows("I cannot find your parcel").await;
    page.hand_over().await;
    page.agent_sees("Where is my parcel?").await;
    page.agent_writes("Hello Ada, it is at the depot.").await;
    page.chat_shows("Hello Ada, it is at the depot.").await;
    page.write("Which depot?").await;
    page.agent_sees("Which depot?").await;
    page.shows("#open-conversation .mark", "delivered").await;
    page.trace_has("request", "inbound/open/message", "Which depot?").await;
    page.trace_has("delivery", "delivered: inbound/open/message", "outcome").await;
    page.trace_has("webhook", "signed", "it is at the depot").await;
    page.trace_has("event", "message", "it is at the depot").await;
    page.agent_does("disconnect").await;
    page.chat_shows("The agent has ended the conversation.").await;
    page.write("Hello bot").await;
    page.chat_shows("Hello! What can I do for you?").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_a_quick_reply_and_leaves() {
    let page = Page::open().await;
    page.hand_over().await;
    page.agent_presses("Quick replies").await;
    page.press("#talk button", "Yes").await;
    page.agent_sees("Yes").await;
    page.press("#leave", "Leave").await;
    page.chat_shows("You have left.").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_cards_carousels_date_pickers_and_lists() {
    let page = Page::open().await;
    page.hand_over().await;
    page.agent_presses("Card").await;
    page.press("#talk button", "Send it again").await;
    page.agent_sees("Send it again").await;
    page.agent_presses("Carousel").await;
    page.press("#talk button", "Take Tuesday").await;
    page.agent_sees("Take Tuesday").await;
    page.agent_presses("Date picker").await;
    page.chat_shows("When should we deliver?").await;
    let time = page.press_last_time().await;
    page.agent_sees(&time).await;
    page.agent_presses("List").await;
    page.press("#talk button", "Large").await;
    page.agent_sees("Large").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_keeps_the_conversation() {
    let page = Page::open().await;
    page.hand_over().await;
    page.agent_writes("Before the reload").await;
    page.chat_shows("Before the reload").await;
    page.write("Said before the reload").await;
    page.agent_sees("Said before the reload").await;
    page.reload().await;
    page.chat_shows("Before the reload").await;
    page.chat_shows("Said before the reload").await;
    page.chat_shows("I want to talk to a person.").await;
    page.write("After the reload").await;
    page.choose_conversation().await;
    page.agent_sees("After the reload").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_stays_inactive_until_the_first_is_closed() {
    let page = Page::open().await;
    page.hand_over().await;
    page.open_second_tab().await;
    page.shows("#elsewhere", "This chat is open in another tab").await;
    page.close_first_tab().await;
    page.chat_shows("Grace Hopper has joined.").await;
    page.write("From the second tab").await;
    page.choose_conversation().await;
    page.agent_sees("From the second tab").await;
    page.close().await;
}

/// One red pixel (PNG).
const RED_PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

#[tokio::test(flavor = "multi_thread")]
async fn sends_images_both_ways() {
    let page = Page::open().await;
    page.hand_over().await;
    page.send_file("#file", "parcel.png", "image/png", RED_PIXEL).await;
    page.agent_sees("parcel.png").await;
    page.has_image("#open-conversation").await;
    page.send_file("#agent-file", "depot.png", "image/png", RED_PIXEL).await;
    page.chat_shows("depot.png").await;
    page.has_image("#talk .agent").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_files_both_ways() {
    let page = Page::open().await;
    page.hand_over().await;
    page.send_file("#file", "order.txt", "text/plain", "b3JkZXI=").await;
    page.agent_sees("order.txt").await;
    page.send_file("#agent-file", "bill.txt", "text/plain", "YmlsbA==").await;
    page.chat_shows("bill.txt").await;
    assert_eq!(page.fetch_link("#talk .agent a").await, "bill");
    page.close().await;
}
