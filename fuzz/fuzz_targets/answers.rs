//! Arbitrary responses of the contact center, for all functions that have effects.

#![no_main]

use genesys_open_messaging::settings::Prepared;
use genesys_open_messaging::{delivery, delivery_lookup, doctor, observation, operations, provisioning};
use handover_guest::contract::{Conversation, ProviderRequest, ProvisioningMode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let settings = handover_fuzz::prepared_settings();
    let settings = Prepared::open(&settings).expect("the settings are valid");
    let mut genesys = handover_fuzz::FuzzedResponses::new(data);
    let conversation = Conversation { recipient: "sess-42".into(), handover: 1, id: Some("c".into()) };
    for operation in [operations::MESSAGE, operations::ANSWER, operations::RECEIPT, operations::LEAVE] {
        let body = br#"{"conversationId":"c","otherwise":"{\"channel\":{\"messageId\":\"m-1\"}}","channel":{"messageId":"m-1"},"buttonResponse":{"type":"","text":"","payload":""}}"#;
        let request = ProviderRequest {
            idempotency_key: "m-1".into(),
            recipient: "sess-42".into(),
            operation: operation.into(),
            ttl_ms: None,
            body: body.to_vec(),
        };
        let _ = delivery::deliver(&mut genesys, &settings, &request);
        let _ = delivery_lookup::find(&mut genesys, &settings, &conversation, &request);
    }
    if let Ok(events) = observation::observe(&mut genesys, &settings, &conversation) {
        assert!(events.iter().all(|event| event.id.len() <= 512));
    }
    let _ = doctor::check(&mut genesys, &settings, Some("probe"));
    let _ = provisioning::provision(&mut genesys, &settings, "https://bot.example.com/", ProvisioningMode::Apply);
});
