//! Events in the form that the platform receives, from the log and in its callback.

use crate::address::Address;
use crate::mailbox::QueuedEvent;
use handover_host::contract::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// An event as the platform receives it.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct PlatformEvent {
    /// A unique id. It is the same in every delivery of the event.
    pub id: String,
    /// The type: `queued`, `agent-joined`, `message`, `ended` …
    #[serde(rename = "type")]
    pub kind: String,
    /// When the gateway accepted it, in RFC 3339.
    pub timestamp: String,
    /// The name of the connection.
    pub connection: String,
    /// The recipient.
    pub recipient: String,
    /// The number of the handover, counted from 1; 0 if the event belongs to none.
    pub handover: u32,
    /// The number of the event among the recipient's events, counted from 1, without gaps.
    pub number: u64,
    /// The id of the request that caused it, as in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// The content, which depends on the type; see `Event`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub data: Option<Box<RawValue>>,
}

/// An [`Event`](crate::mailbox::Event), parsed as far as needed.
#[derive(Deserialize)]
struct Tagged<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// An event of a bot's session as the platform receives it.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct PlatformSessionEvent {
    /// A unique id. It is the same in every delivery of the event.
    pub id: String,
    /// The type: `turn`, `turn-timed-out`, `answer-refused` or `ended`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When the gateway accepted it, in RFC 3339.
    pub timestamp: String,
    /// The name of the connection.
    pub connection: String,
    /// The contact center's id of the session.
    pub session: String,
    /// The number of the event among the session's events, counted from 1, without gaps.
    pub number: u64,
    /// The id of the request that caused it, as in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// The content, which depends on the type; see `SessionEvent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub data: Option<Box<RawValue>>,
}

/// An event with what its delivery needs.
pub(crate) trait DeliverableEvent: Serialize + Sync {
    /// Returns the unique id.
    fn id(&self) -> &str;

    /// Returns the id of the request that caused it.
    fn correlation(&self) -> Option<&str>;

    /// Returns the type.
    fn kind(&self) -> &str;

    /// Returns the type and the content.
    fn into_kind_and_data(self) -> (String, Option<Box<RawValue>>);
}

impl DeliverableEvent for PlatformEvent {
    fn id(&self) -> &str {
        &self.id
    }

    fn correlation(&self) -> Option<&str> {
        self.correlation.as_deref()
    }

    fn kind(&self) -> &str {
        &self.kind
    }

    fn into_kind_and_data(self) -> (String, Option<Box<RawValue>>) {
        (self.kind, self.data)
    }
}

impl DeliverableEvent for PlatformSessionEvent {
    fn id(&self) -> &str {
        &self.id
    }

    fn correlation(&self) -> Option<&str> {
        self.correlation.as_deref()
    }

    fn kind(&self) -> &str {
        &self.kind
    }

    fn into_kind_and_data(self) -> (String, Option<Box<RawValue>>) {
        (self.kind, self.data)
    }
}

impl PlatformEvent {
    /// Creates the event with this id.
    pub(crate) fn of(address: &Address, id: &str, queued: &QueuedEvent) -> Self {
        let (kind, data) = kind_and_data(queued);
        Self {
            id: id.to_owned(),
            kind,
            timestamp: rfc_3339(queued.time),
            connection: address.connection.clone(),
            recipient: address.recipient.clone(),
            handover: queued.handover,
            number: queued.number,
            correlation: queued.correlation.clone(),
            data,
        }
    }
}

impl PlatformSessionEvent {
    /// Creates the event with this id.
    pub(crate) fn of(address: &Address, id: &str, queued: &QueuedEvent) -> Self {
        let (kind, data) = kind_and_data(queued);
        Self {
            id: id.to_owned(),
            kind,
            timestamp: rfc_3339(queued.time),
            connection: address.connection.clone(),
            session: address.recipient.clone(),
            number: queued.number,
            correlation: queued.correlation.clone(),
            data,
        }
    }
}

fn kind_and_data(queued: &QueuedEvent) -> (String, Option<Box<RawValue>>) {
    let event: Option<Tagged<'_>> = serde_json::from_str(queued.event.get()).ok();
    let kind = event.as_ref().map(|event| event.kind.clone().into_owned()).unwrap_or_default();
    (kind, event.and_then(|event| event.data.map(ToOwned::to_owned)))
}

/// Writes a time in RFC 3339.
pub(crate) fn rfc_3339(time: Timestamp) -> String {
    let time = i64::try_from(time).ok().and_then(|time| jiff::Timestamp::from_millisecond(time).ok());
    time.unwrap_or_default().to_string()
}
