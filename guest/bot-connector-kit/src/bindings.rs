//! The bindings that `wit-bindgen` generates from the interface `bot-connector`. The types and the imports are those of
//! `handover-guest`.

#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::undocumented_unsafe_blocks,
    reason = "generated from wit/, where it is documented"
)]

wit_bindgen::generate!({
    path: "wit/0.1.0",
    world: "bot-connector-provider",
    with: {
        "handover:provider/types@0.1.0": handover_guest::bindings::handover::provider::types,
        "handover:provider/http@0.1.0": handover_guest::bindings::handover::provider::http,
        "handover:provider/cache@0.1.0": handover_guest::bindings::handover::provider::cache,
        "wasi:clocks/wall-clock@0.2.6": handover_guest::bindings::wasi::clocks::wall_clock,
    },
    pub_export_macro: true,
    additional_derives: [PartialEq],
});
