//! The pictures of the README: `make screenshots`.

use crate::page::Page;

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
    page.trace_has("delivery", "delivered: inbound/open/structured/response", "").await;
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
    for (name, scheme, width, height) in
        [("demo-light", "light", 1280, 1100), ("demo-dark", "dark", 1280, 1100), ("demo-narrow", "light", 380, 900)]
    {
        page.browser().prefer(scheme).await;
        page.browser().screen(width, height).await;
        std::fs::write(format!("{docs}/{name}.png"), page.browser().picture().await).expect("written");
    }
    page.close().await;
}
