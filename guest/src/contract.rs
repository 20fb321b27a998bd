//! The contract's words, under one roof.
//!
//! The logic speaks in these types, which are plain data, on wasm and natively alike: types of our own beside them
//! would be copied field by field at each call and could only differ by mistake. Nothing but `lib.rs` knows that they
//! are generated.

#![allow(clippy::missing_docs_in_private_items, reason = "re-exports")]

pub use crate::bindings::exports::handover::provider::provider::Guest;
pub use crate::bindings::handover::provider::http::{HttpError, Method, Request, Response};
pub use crate::bindings::handover::provider::types::*;
