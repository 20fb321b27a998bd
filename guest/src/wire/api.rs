//! What the rest of Genesys's API answers, as far as it is read.

use super::lenient::{List, Object, Text, Whole};
use serde::Deserialize;

/// `POST /oauth/token`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Token<'a> {
    /// Opaque.
    #[serde(borrow)]
    pub access_token: Text<'a>,
    /// Seconds.
    pub expires_in: Whole,
}

/// The body of an OAuth failure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OAuthError<'a> {
    /// `authentication failed`, `client not found` …
    #[serde(borrow)]
    pub description: Text<'a>,
}

/// The body of a failure of the API.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ErrorBody<'a> {
    /// Dotted: `bad.request`.
    #[serde(borrow)]
    pub code: Text<'a>,
    /// For people; may repeat what was sent.
    #[serde(borrow)]
    pub message: Text<'a>,
}

/// One page of a listing.
#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "T: Deserialize<'de>"))]
pub struct Page<T> {
    /// What is on it.
    pub entities: List<Object<T>>,
    /// How many there are.
    pub page_count: Whole,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { entities: List::default(), page_count: Whole::default() }
    }
}

/// An Open Messaging integration.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OpenIntegration<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The deployment name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Where webhooks go.
    #[serde(borrow)]
    pub outbound_notification_webhook_url: Text<'a>,
    /// `Initiated`, `Completed` or `Error`.
    #[serde(borrow)]
    pub create_status: Text<'a>,
}

/// A queue.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Queue<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// Its name.
    #[serde(borrow)]
    pub name: Text<'a>,
}

/// The answer of the inbound endpoints.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OpenMessageNormalizedMessage<'a> {
    /// Genesys's id of the message.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// Only with `prefetchConversationId=true`.
    #[serde(borrow)]
    pub conversation_id: Text<'a>,
}

/// `GET /api/v2/conversations/messages/{id}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Conversation<'a> {
    /// Everybody who was ever in it.
    #[serde(borrow)]
    pub participants: List<Object<Participant<'a>>>,
}

/// Somebody in a conversation.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Participant<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// `customer`, `external`, `agent`, `user`, `acd`, `workflow`, `bot`.
    #[serde(borrow)]
    pub purpose: Text<'a>,
    /// `alerting`, `connected`, `disconnected`, `terminated` …
    #[serde(borrow)]
    pub state: Text<'a>,
    /// Lower case with dots: `client`, `transfer.noanswer`.
    #[serde(borrow)]
    pub disconnect_type: Text<'a>,
    /// The name to show.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Of an agent.
    #[serde(borrow)]
    pub user: Object<Reference<'a>>,
    /// ISO 8601.
    #[serde(borrow)]
    pub connected_time: Text<'a>,
    /// ISO 8601.
    #[serde(borrow)]
    pub end_time: Text<'a>,
}

/// A pointer to another entity.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reference<'a> {
    /// UUID.
    #[serde(borrow)]
    pub id: Text<'a>,
}
