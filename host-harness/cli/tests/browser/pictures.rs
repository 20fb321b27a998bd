//! The screenshots of the README: `make screenshots`.

use crate::page::Page;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "writes into docs/"]
async fn screenshots() {
    let page = Page::open().await;
    page.write("My parcel has not arrived. Where is it?").await;
    page.request_agent().await;
    page.chat_shows("Estimated wait").await;
    page.choose_conversation().await;
    page.agent_does("accept").await;
    page.chat_shows("Grace Hopper has joined.").await;
    page.agent_writes("Hello Ada, this is Grace. Your parcel is at the depot.").await;
    page.chat_shows("Your parcel is at the depot.").await;
    page.write("Can you send it again?").await;
    page.agent_sees("Can you send it again?").await;
    page.agent_presses("Carousel").await;
    page.press("#talk button", "Take Tuesday").await;
    page.agent_sees("Take Tuesday").await;
    page.trace_has("delivery", "delivered: inbound/open/structured/response", "").await;
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
    for (name, scheme, width, height) in
        [("demo-light", "light", 1280, 1100), ("demo-dark", "dark", 1280, 1100), ("demo-narrow", "light", 380, 900)]
    {
        page.browser().set_color_scheme(scheme).await;
        page.browser().set_screen(width, height).await;
        std::fs::write(format!("{docs}/{name}.png"), page.browser().screenshot().await).expect("writes the screenshot");
    }
    page.close().await;
}
