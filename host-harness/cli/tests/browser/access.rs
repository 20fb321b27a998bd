//! Accessibility of the demo page: axe-core rules, keyboard operation and small screens.

use crate::chromium::{ENTER, SPACE};
use crate::page::Page;

#[tokio::test(flavor = "multi_thread")]
async fn has_no_serious_axe_violations() {
    let page = Page::open().await;
    page.chat_shows("I am the bot.").await;
    assert_eq!(page.violations().await, Vec::<String>::new());
    page.hand_over().await;
    page.agent_presses("Carousel").await;
    page.agent_presses("Date picker").await;
    page.chat_shows("When should we deliver?").await;
    page.trace_has("delivery", "delivered: inbound/open/message", "").await;
    page.press("#settings summary", "Connection settings: Genesys Cloud Open Messaging").await;
    assert_eq!(page.violations().await, Vec::<String>::new());
    page.choose("#direction", "contact-center").await;
    page.write("Where is my parcel?").await;
    page.chat_shows("I cannot find your parcel").await;
    assert_eq!(page.violations().await, Vec::<String>::new());
    page.close().await;
}

/// Runs a whole conversation without a click.
#[tokio::test(flavor = "multi_thread")]
async fn works_with_the_keyboard_alone() {
    let page = Page::open().await;
    page.chat_shows("I am the bot.").await;
    page.tab_to("#human").await;
    page.keys(ENTER).await;
    page.chat_shows("in the queue").await;
    // The user can continue to type without moving the focus.
    page.has_focus("#words").await;
    page.tab_to("#conversations button").await;
    page.keys(ENTER).await;
    page.tab_to("[data-act='accept']").await;
    page.keys(ENTER).await;
    page.chat_shows("Grace Hopper has joined.").await;
    page.has_focus("#agent-words").await;
    page.keys("Good morning\u{e007}").await;
    page.chat_shows("Good morning").await;
    page.tab_to_text("#open-conversation .write button", "Quick replies").await;
    page.keys(SPACE).await;
    page.chat_shows("Did it help?").await;
    page.tab_to_text("#talk button", "Yes").await;
    page.keys(ENTER).await;
    page.agent_sees("Yes").await;
    page.tab_to("[data-act='disconnect']").await;
    page.keys(ENTER).await;
    page.chat_shows("The agent has ended the conversation.").await;
    page.has_focus("[data-act='wrap-up']").await;
    page.tab_to("#kinds input").await;
    page.keys(SPACE).await;
    page.tab_to("#passed summary").await;
    page.keys(ENTER).await;
    page.shows("#passed details[open] pre", "{").await;
    page.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fits_a_screen_of_380_pixels() {
    let page = Page::open().await;
    page.browser().set_screen(380, 800).await;
    page.hand_over().await;
    page.agent_writes(&"Averylongwordwithoutanyplacetobreakit".repeat(4)).await;
    page.agent_presses("Carousel").await;
    page.agent_presses("Date picker").await;
    page.chat_shows("When should we deliver?").await;
    page.open_details("#faults").await;
    page.open_details("#settings details").await;
    page.open_details("#passed details").await;
    assert_eq!(page.overflowing_elements().await, Vec::<String>::new());
    assert_eq!(page.violations().await, Vec::<String>::new());
    page.close().await;
}
