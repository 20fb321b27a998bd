//! What the host lends, as a trait: the effects are tested without a host.

use crate::contract::{HttpError, Request, Response, Timestamp};
use alloc::vec::Vec;

/// The world's imports.
pub trait Imports {
    /// `http.send`.
    fn send(&mut self, request: &Request) -> Result<Response, HttpError>;
    /// `cache.get`.
    fn cached(&mut self, key: &str) -> Option<Vec<u8>>;
    /// `cache.put`; for at most so many seconds, 0 forgets.
    fn cache(&mut self, key: &str, value: &[u8], seconds: u32);
    /// `wasi:clocks/wall-clock.now`, in milliseconds.
    fn now(&mut self) -> Timestamp;
}
