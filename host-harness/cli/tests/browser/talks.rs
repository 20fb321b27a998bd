//! The user and the agent talk.

use crate::page::Page;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_handed_over_and_both_talk_until_the_agent_ends_it() {
    let page = Page::open().await;
    page.say("Where is my parcel?").await;
    page.chat_shows("I cannot find your parcel").await;
    page.hand_over().await;
    page.agent_sees("Where is my parcel?").await;
    page.agent_says("Hello Ada, it is at the depot.").await;
    page.chat_shows("Hello Ada, it is at the depot.").await;
    page.say("Which depot?").await;
    page.agent_sees("Which depot?").await;
    page.shows("#open-conversation .mark", "delivered").await;
    page.trace_has("request", "inbound/open/message", "Which depot?").await;
    page.trace_has("delivery", "delivered: inbound/open/message", "outcome").await;
    page.trace_has("webhook", "signed", "it is at the depot").await;
    page.trace_has("event", "message", "it is at the depot").await;
    page.agent_does("disconnect").await;
    page.chat_shows("The agent has ended the conversation.").await;
    page.say("Hello bot").await;
    page.chat_shows("Hello! What can I do for you?").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_reply_is_pressed_and_the_user_leaves() {
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
async fn cards_and_dates_are_pressed() {
    let page = Page::open().await;
    page.hand_over().await;
    page.agent_presses("Card").await;
    page.press("#talk button", "Send it again").await;
    page.agent_sees("Send it again").await;
    page.agent_presses("Carousel").await;
    page.press("#talk button", "Take Tuesday").await;
    page.agent_sees("Take Tuesday").await;
    page.agent_presses("Date picker").await;
    page.chat_shows("When shall we come?").await;
    let time = page.press_last_time().await;
    page.agent_sees(&time).await;
    page.agent_presses("List").await;
    page.press("#talk button", "Large").await;
    page.agent_sees("Large").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_in_the_middle_loses_nothing() {
    let page = Page::open().await;
    page.hand_over().await;
    page.agent_says("Before the reload").await;
    page.chat_shows("Before the reload").await;
    page.say("Said before the reload").await;
    page.agent_sees("Said before the reload").await;
    page.reload().await;
    page.chat_shows("Before the reload").await;
    page.chat_shows("Said before the reload").await;
    page.chat_shows("I want to talk to a person.").await;
    page.say("After the reload").await;
    page.choose_conversation().await;
    page.agent_sees("After the reload").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_tab_waits_until_the_first_is_closed() {
    let page = Page::open().await;
    page.hand_over().await;
    page.second_tab().await;
    page.shows("#elsewhere", "This chat is open in another tab").await;
    page.close_first_tab().await;
    page.chat_shows("Grace Hopper has joined.").await;
    page.say("From the second tab").await;
    page.choose_conversation().await;
    page.agent_sees("From the second tab").await;
    page.close().await;
}

/// One red point (PNG).
const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

#[tokio::test(flavor = "multi_thread")]
async fn pictures_go_both_ways() {
    let page = Page::open().await;
    page.hand_over().await;
    page.send_file("#file", "parcel.png", "image/png", PICTURE).await;
    page.agent_sees("parcel.png").await;
    page.picture_in("#open-conversation").await;
    page.send_file("#agent-file", "depot.png", "image/png", PICTURE).await;
    page.chat_shows("depot.png").await;
    page.picture_in("#talk .agent").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_both_ways() {
    let page = Page::open().await;
    page.hand_over().await;
    page.send_file("#file", "order.txt", "text/plain", "b3JkZXI=").await;
    page.agent_sees("order.txt").await;
    page.send_file("#agent-file", "bill.txt", "text/plain", "YmlsbA==").await;
    page.chat_shows("bill.txt").await;
    assert_eq!(page.reads("#talk .agent a").await, "bill");
    page.close().await;
}
