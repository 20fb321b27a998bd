//! Personal data in the platform's messages.

use super::{TestGateway, options, rules};
use genesys_sandbox::Config;
use handover_gateway::Options;
use handover_gateway::redaction::{Kind, Redaction};
use serde_json::json;
use std::sync::Arc;

/// Test numbers that card networks publish.
const CARDS: [&str; 2] = ["4111111111111111", "5555555555554444"];

#[tokio::test]
async fn neither_the_contact_center_nor_the_store_gets_personal_data() {
    let redaction = Redaction::new(&[Kind::CardNumber], [], false).expect("no patterns");
    let options = Options { redaction: Some(Arc::new(redaction)), ..options(&rules(), None, None) };
    let gateway = TestGateway::with_options(Config::default(), &[], options).await;

    let start = json!({
        "text": format!("My card is {}", CARDS[0]),
        "transcript": [{ "speaker": "user", "time": 1_772_359_200_000_u64, "text": CARDS[1] }],
    });
    let (status, answer) = gateway.call("POST", "recipients/sess-42/handover", start).await;
    assert_eq!(status, 202, "{answer}");
    gateway.send_text("sess-42", &format!("Again: {}", CARDS[1])).await;
    let conversation = super::until("the conversation", async || {
        let all = gateway.world.sandbox_get("conversations").await;
        Some(all["conversations"][0]["id"].as_str()?.to_owned())
    })
    .await;
    gateway.until_arrived(&conversation, "Again: [card number]").await;
    let arrived = gateway.arrived(&conversation).await;
    assert!(arrived.contains(&"My card is [card number]".to_owned()), "{arrived:?}");
    assert!(arrived.iter().all(|text| CARDS.iter().all(|card| !text.contains(card))), "{arrived:?}");
    for entry in std::fs::read_dir(gateway._folder.path()).expect("a folder") {
        let bytes = std::fs::read(entry.expect("a file").path()).expect("a file");
        let stored = String::from_utf8_lossy(&bytes);
        assert!(CARDS.iter().all(|card| !stored.contains(card)), "the store has a card number");
    }
    let metric = "handover_redactions_total{connection=\"acme\",kind=\"card-number\"}";
    assert_eq!(gateway.metric(metric).await, 3);
}
