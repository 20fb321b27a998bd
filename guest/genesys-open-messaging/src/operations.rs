//! The operations of built requests: `outbound` writes them, `delivery` and `delivery_lookup` read them.

use alloc::borrow::Cow;
use handover_guest::contract::Failure;
use serde::{Deserialize, Serialize};

/// Posts a message.
pub const MESSAGE: &str = "inbound/open/message";
/// Posts an event.
pub const EVENT: &str = "inbound/open/event";
/// Posts the answer to structured content, such as a pressed button.
pub const ANSWER: &str = "inbound/open/structured/response";
/// Posts a receipt.
pub const RECEIPT: &str = "inbound/open/receipt";
/// Closes the conversation, or posts that the user left. Its body is a [`Leave`]. The body of every other operation is
/// the body of the HTTP request to Genesys.
pub const LEAVE: &str = "leave";

/// The body of a [`LEAVE`] request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leave<'a> {
    /// The conversation to close.
    #[serde(borrow)]
    pub conversation_id: Cow<'a, str>,
    /// The body of the [`MESSAGE`] to post if the OAuth client may not close it.
    #[serde(borrow)]
    pub otherwise: Cow<'a, str>,
}

/// Returns the failure for a request that no version of this provider built.
pub(crate) fn foreign_request() -> Failure {
    Failure::Permanent("this provider did not build the request".into())
}
