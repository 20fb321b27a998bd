//! Arbitrary text, split into messages: only whitespace is lost, and no message is longer than the limit.

#![no_main]

use genesys_open_messaging::outbound;
use genesys_open_messaging::settings::MessagePolicy;
use handover_guest::contract::{Conversation, Outbound, OutboundMessage, Setting};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let settings = [Setting { key: "text-limit".into(), value: "100".into() }];
    let conversation = Conversation { recipient: "sess-42".into(), handover: 1, id: None };
    let message = OutboundMessage::Text(text.into());
    let policy = MessagePolicy::of(&settings).expect("the settings are valid");
    let built = outbound::build(&policy, &conversation, &Outbound { id: "m".into(), time: 0, message });
    if text.trim().is_empty() {
        return assert!(built.is_err());
    }
    let mut sent = String::new();
    for request in built.expect("requests") {
        let body: serde_json::Value = serde_json::from_slice(&request.body).expect("JSON");
        let part = body["text"].as_str().expect("a text field");
        assert!((1..=100).contains(&part.chars().count()));
        sent.push_str(part);
    }
    let non_whitespace = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    assert_eq!(non_whitespace(&sent), non_whitespace(text));
});
