//! Genesys's JSON, named as Genesys names it. What Genesys calls "inbound" goes from the platform to Genesys.

pub mod api;
pub mod detail;
pub mod inbound;
pub mod lenient;
pub mod outbound;
pub mod setup;

use serde::Deserialize;

/// Reads JSON that Genesys or this provider wrote; `None` if it is none. All of it is read from text, for a reader of
/// bytes would be all types compiled a second time.
pub(crate) fn json<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<T> {
    serde_json::from_str(core::str::from_utf8(bytes).ok()?).ok()
}
