//! Arbitrary settings for `check-settings`, and for building messages and verifying webhooks.

#![no_main]

use genesys_open_messaging::settings::Prepared;
use genesys_open_messaging::{outbound, settings, webhook};
use handover_guest::contract::{Conversation, Outbound, OutboundMessage, Webhook};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let entered = handover_fuzz::settings(data);
    // Every accepted setting can be decoded again, and can be used to build every message that is not blank.
    let Ok(accepted) = settings::check(&entered) else { return };
    let prepared = Prepared::open(&accepted.prepared).expect("the same version");
    let conversation = Conversation { recipient: "sess-42".into(), handover: 2, id: Some("c".into()) };
    let message = Outbound { id: "m-1".into(), time: 1_772_359_200_123, message: OutboundMessage::Text(data.into()) };
    let built = outbound::build(&prepared.messages().expect("decoded"), &conversation, &message);
    assert!(built.is_ok() || data.trim().is_empty());
    prepared.events().expect("decoded");
    prepared.account().expect("decoded");
    prepared.setup().expect("decoded");
    let headers = vec![("authorization".into(), data.as_bytes().to_vec()), ("a".into(), Vec::new())];
    let webhook = Webhook { method: "POST".into(), path: "/".into(), headers, body: vec![] };
    let _ = webhook::verify(&prepared.webhook().expect("decoded"), &webhook);
});
