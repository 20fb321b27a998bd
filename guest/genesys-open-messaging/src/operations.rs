//! The operations of built requests: `outbound` writes them, `delivery` and `delivery_lookup` read them.

use handover_guest::contract::Failure;
use handover_guest::json_types;
use serde::Serialize;

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
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Leave<'a> {
    /// The conversation to close.
    pub conversation_id: &'a str,
    /// The body of the [`MESSAGE`] to post if the OAuth client may not close it.
    pub otherwise: &'a str,
}

json_types! {
    /// A [`Leave`] when it is read.
    pub struct BuiltLeave {
        /// The conversation to close.
        "conversationId" => conversation_id: text,
        /// The body of the [`MESSAGE`] to post if the OAuth client may not close it.
        "otherwise" => otherwise: text,
    }

    /// The parts of a [`MESSAGE`] or an [`ANSWER`] that delivery needs.
    pub struct BuiltMessage {
        /// The sender and the time.
        "channel" => channel: object(BuiltChannel),
        /// The sender and the time, as they were built.
        "channel" => channel_as_built: object,
        /// The button that the user pressed.
        "buttonResponse" => button_response: object(BuiltButtonResponse),
    }

    /// The sender and the time of a message.
    pub struct BuiltChannel {
        /// The platform's id of the message.
        "messageId" => message_id: text,
    }

    /// The button that the user pressed.
    pub struct BuiltButtonResponse {
        /// The label.
        "text" => text: text,
    }
}

/// Returns the failure for a request that no version of this provider built.
pub(crate) fn foreign_request() -> Failure {
    Failure::Permanent("this provider did not build the request".into())
}
