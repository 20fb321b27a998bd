//! Arbitrary text, read by the guest kit and by serde_json: both find the same values, or both refuse it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| handover_fuzz::json::compare(text));
