//! The types of the contract.
//!
//! They are plain data both on wasm and natively, so a provider's logic uses them directly and its unit tests need no
//! component.

pub use crate::bindings::handover::provider::http::{HttpError, Method, Request, Response};
pub use crate::bindings::handover::provider::types::*;
