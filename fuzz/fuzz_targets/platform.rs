//! Arbitrary request bodies from the platform: if a body can be parsed, the call that builds its message succeeds.

#![no_main]

use handover_host::contract::{Conversation, HandoverStart, Outbound, OutboundMessage};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let message = serde_json::from_slice::<OutboundMessage>(data).ok();
    let start = serde_json::from_slice::<HandoverStart>(data).ok().map(OutboundMessage::Start);
    for message in message.into_iter().chain(start) {
        let conversation = Conversation { recipient: "sess-42".into(), handover: 1, id: Some("c".into()) };
        let outbound = Outbound { id: "m-1".into(), time: 1_772_359_200_123, message };
        let (runtime, connection) = &*handover_fuzz::CONNECTION;
        let built = runtime.block_on(connection.build_outbound_message(&conversation, &outbound));
        let _ = built.expect("the call succeeds");
    }
});
