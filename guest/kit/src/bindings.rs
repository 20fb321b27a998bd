//! The bindings that `wit-bindgen` generates from the contract.

#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::undocumented_unsafe_blocks,
    reason = "generated from wit/, where it is documented"
)]

wit_bindgen::generate!({
    path: "wit/0.1.0",
    world: "handover-provider",
    generate_all,
    pub_export_macro: true,
    additional_derives: [PartialEq],
});
