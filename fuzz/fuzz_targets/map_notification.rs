//! Arbitrary bytes as `event-source.notification`.

#![no_main]

use handover_guest::contract::EventSource;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| handover_fuzz::map(EventSource::Notification(body.to_vec())));
