//! The demo page in a headless Chromium, as a person uses it: `make browser-test`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects and fails by panicking"
)]

mod chromium;
mod page;
mod process;

use page::Page;
use process::Gateway;
use std::time::Duration;

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
    page.wire_shows(" delivered: inbound").await;
    page.wire_shows("Signed").await;
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
async fn a_transfer_is_no_end() {
    let page = Page::open().await;
    page.hand_over().await;
    page.agent_does("transfer").await;
    page.agent_does("accept").await;
    page.agent_says("I am the next one.").await;
    page.chat_shows("I am the next one.").await;
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
async fn nothing_keeps_people_out() {
    let page = Page::open().await;
    page.chat_shows("I am the bot.").await;
    assert_eq!(page.violations().await, Vec::<String>::new());
    page.hand_over().await;
    page.agent_presses("Carousel").await;
    page.agent_presses("Date picker").await;
    page.chat_shows("When shall we come?").await;
    page.wire_shows(" delivered: inbound").await;
    page.press("#settings summary", "The form of Genesys Cloud Open Messaging").await;
    assert_eq!(page.violations().await, Vec::<String>::new());
    page.close().await;
}

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

/// The pictures of the README: `make screenshots`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it writes into docs/"]
async fn screenshots() {
    let page = Page::open().await;
    page.say("My parcel has not arrived. Where is it?").await;
    page.hand_over().await;
    page.agent_says("Hello Ada, this is Grace. Your parcel is at the depot.").await;
    page.chat_shows("Your parcel is at the depot.").await;
    page.say("Can you send it again?").await;
    page.agent_sees("Can you send it again?").await;
    page.agent_presses("Carousel").await;
    page.press("#talk button", "Take Tuesday").await;
    page.agent_sees("Take Tuesday").await;
    page.wire_shows(" delivered: inbound").await;
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
    for (name, scheme, width, height) in
        [("demo-light", "light", 1280, 1100), ("demo-dark", "dark", 1280, 1100), ("demo-narrow", "light", 500, 900)]
    {
        page.browser().prefer(scheme).await;
        page.browser().resize(width, height).await;
        std::fs::write(format!("{docs}/{name}.png"), page.browser().picture().await).expect("written");
    }
    page.close().await;
}
