//! The operations of built requests: `outbound` writes them, `delivery` and `delivery_lookup` read them.

use alloc::{string::String, vec::Vec};
use handover_guest::contract::Failure;
use handover_guest::json_types;
use serde::Serialize;

/// Posts a message. The body of this and the next three operations is the body of the HTTP request to Genesys.
pub const MESSAGE: &str = "inbound/open/message";
/// Posts an event.
pub const EVENT: &str = "inbound/open/event";
/// Posts the answer to structured content, such as a pressed button.
pub const ANSWER: &str = "inbound/open/structured/response";
/// Posts a receipt.
pub const RECEIPT: &str = "inbound/open/receipt";
/// Closes the conversation, or posts that the user left. Its body is a [`Leave`].
pub const LEAVE: &str = "leave";
/// Transfers a waiting conversation to another queue. Its body is a [`Transfer`].
pub const TRANSFER: &str = "transfer";
/// Changes the routing of a waiting conversation. Its body is a [`RoutingChange`].
pub const ROUTING: &str = "routing";
/// Sets the external tag of a conversation. Its body is a [`CallOfConversation`].
pub const TAGS: &str = "tags";
/// Adds secure attributes to a conversation. Its body is a [`CallOfConversation`].
pub const SECURE_ATTRIBUTES: &str = "secureattributes";
/// Creates a survey. Its body is the body of the HTTP request to Genesys.
pub const SURVEY: &str = "surveys";
/// Adds attributes to the customer's participant data. Its body is a [`CallOfConversation`].
pub const PARTICIPANT_ATTRIBUTES: &str = "attributes";
/// Sends a text of the platform to the user. Its body is a [`ProactiveText`].
pub const AGENTLESS: &str = "agentless";
/// Creates a callback. Its body is a [`Callback`].
pub const CALLBACK: &str = "callbacks";

/// The body of a [`LEAVE`] request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Leave<'a> {
    /// The conversation to close.
    pub conversation_id: &'a str,
    /// The body of the [`MESSAGE`] to post if the OAuth client may not close it.
    pub otherwise: &'a str,
}

/// The body of a [`TRANSFER`] request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer<'a> {
    /// The conversation to transfer.
    pub conversation_id: &'a str,
    /// The queue: its id or its name.
    pub queue: &'a str,
}

/// The body of a [`ROUTING`] request. What is absent does not change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoutingChange<'a> {
    /// The conversation that waits.
    pub conversation_id: &'a str,
    /// The priority, in decimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// The names of the skills.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<&'a str>,
    /// The name of the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<&'a str>,
}

/// The body of a request that is one HTTP request about a conversation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallOfConversation<'a, Body> {
    /// The conversation.
    pub conversation_id: &'a str,
    /// The body of the HTTP request.
    pub body: Body,
}

/// The body of an [`AGENTLESS`] request.
#[derive(Debug, Serialize)]
pub struct ProactiveText<'a> {
    /// The user's address.
    pub to: &'a str,
    /// The text.
    pub text: &'a str,
}

/// The body of a [`CALLBACK`] request.
#[derive(Debug, Serialize)]
pub struct Callback<'a> {
    /// The telephone number in international format.
    pub phone: &'a str,
    /// The name of the person to call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// When to call, in ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The queue that the platform names: its id or its name. Absent if that of the settings applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<&'a str>,
    /// The name of the language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<&'a str>,
    /// The names of the skills.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<&'a str>,
    /// The priority, in decimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// Data for the agent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<CallbackData<'a>>,
}

/// One value for the agent.
#[derive(Debug, Serialize)]
pub struct CallbackData<'a> {
    /// The name.
    pub key: &'a str,
    /// The value.
    pub value: &'a str,
}

json_types! {
    /// A [`Transfer`] when it is read.
    pub struct BuiltTransfer {
        /// The conversation to transfer.
        "conversationId" => conversation_id: text,
        /// The queue.
        "queue" => queue: text,
    }

    /// A [`RoutingChange`] when it is read.
    pub struct BuiltRoutingChange {
        /// The conversation that waits.
        "conversationId" => conversation_id: text,
        /// The priority, in decimal digits.
        "priority" => priority: text,
        /// The names of the skills.
        "skills" => skills: texts,
        /// The name of the language.
        "language" => language: text,
    }

    /// A [`CallOfConversation`] when it is read.
    pub struct BuiltCallOfConversation {
        /// The conversation.
        "conversationId" => conversation_id: text,
        /// The body of the HTTP request.
        "body" => body: object,
    }

    /// A [`ProactiveText`] when it is read.
    pub struct BuiltProactiveText {
        /// The user's address.
        "to" => to: text,
        /// The text.
        "text" => text: text,
    }

    /// A [`Callback`] when it is read.
    pub struct BuiltCallback {
        /// The telephone number.
        "phone" => phone: text,
        /// The name of the person to call.
        "name" => name: text,
        /// When to call, in ISO 8601.
        "time" => time: text,
        /// The queue that the platform names.
        "queue" => queue: text,
        /// The name of the language.
        "language" => language: text,
        /// The names of the skills.
        "skills" => skills: texts,
        /// The priority, in decimal digits.
        "priority" => priority: text,
        /// Data for the agent.
        "data" => data: objects(BuiltCallbackData),
    }

    /// A [`CallbackData`] when it is read.
    pub struct BuiltCallbackData {
        /// The name.
        "key" => key: text,
        /// The value.
        "value" => value: text,
    }
}

impl<'d> BuiltCallbackData<'d> {
    /// Returns the name and the value.
    #[must_use]
    pub fn entry(self) -> Option<(&'d str, &'d str)> {
        self.key().zip(self.value())
    }
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
