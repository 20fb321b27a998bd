//! The imports of the contract as a trait, so that a provider's effects can be tested without a host.

use crate::contract::{HttpError, Request, Response, Timestamp};
use alloc::vec::Vec;

/// Everything that the host grants a provider.
pub trait Imports {
    /// `http.send`.
    fn send(&mut self, request: &Request) -> Result<Response, HttpError>;
    /// `cache.get`.
    fn cached(&mut self, key: &str) -> Option<Vec<u8>>;
    /// `cache.put`, for at most this many seconds. 0 removes the value.
    fn cache(&mut self, key: &str, value: &[u8], seconds: u32);
    /// `wasi:clocks/wall-clock.now`, in milliseconds since 1970.
    fn now(&mut self) -> Timestamp;
}

/// The imports of the component itself. Calls trap on targets other than wasm.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostImports;

impl Imports for HostImports {
    fn send(&mut self, request: &Request) -> Result<Response, HttpError> {
        crate::bindings::handover::provider::http::send(request)
    }

    fn cached(&mut self, key: &str) -> Option<Vec<u8>> {
        crate::bindings::handover::provider::cache::get(key)
    }

    fn cache(&mut self, key: &str, value: &[u8], seconds: u32) {
        crate::bindings::handover::provider::cache::put(key, value, seconds);
    }

    fn now(&mut self) -> Timestamp {
        let now = crate::bindings::wasi::clocks::wall_clock::now();
        now.seconds.saturating_mul(1000).saturating_add(u64::from(now.nanoseconds / 1_000_000))
    }
}
