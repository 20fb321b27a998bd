//! Events of the contact center.

use super::{Authenticity, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use wasmtime::component::{ComponentType, Lift, Lower};

/// The bytes to map, by source. The host authenticates them first.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq)]
#[component(variant)]
pub enum EventSource {
    /// The body of the contact center's own webhook (`signed` or `unchecked`).
    #[component(name = "webhook")]
    Webhook(Vec<u8>),
    /// The body of an event bus delivery (`api-key(event-bus)`): one JSON object, or a list of at most 500.
    #[component(name = "event-bus")]
    EventBus(Vec<u8>),
    /// The body of a trigger's callback (`api-key(trigger)`): one JSON object, or a list of at most 500.
    #[component(name = "trigger")]
    Trigger(Vec<u8>),
    /// One frame of the contact center's notification channel.
    #[component(name = "notification")]
    Notification(Vec<u8>),
}

/// An [`EventSource`] that borrows its bytes, as it crosses into a component.
#[derive(Clone, ComponentType, Copy, Lower)]
#[component(variant)]
pub(crate) enum EventSourceView<'a> {
    #[component(name = "webhook")]
    Webhook(&'a [u8]),
    #[component(name = "event-bus")]
    EventBus(&'a [u8]),
    #[component(name = "trigger")]
    Trigger(&'a [u8]),
    #[component(name = "notification")]
    Notification(&'a [u8]),
}

impl EventSource {
    pub(crate) fn view(&self) -> EventSourceView<'_> {
        match self {
            Self::Webhook(body) => EventSourceView::Webhook(body),
            Self::EventBus(body) => EventSourceView::EventBus(body),
            Self::Trigger(body) => EventSourceView::Trigger(body),
            Self::Notification(body) => EventSourceView::Notification(body),
        }
    }
}

/// Why bytes cannot be mapped. Except for `stale-settings`, the same bytes have the same result again.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MappingError {
    /// There are no bytes.
    #[component(name = "empty")]
    Empty,
    /// The bytes are not UTF-8. The value is the offset of the first invalid byte.
    #[component(name = "not-utf8")]
    NotUtf8(u64),
    /// The text is not JSON. The value is the offset of the first invalid byte; it may be off by one.
    #[component(name = "not-json")]
    NotJson(u64),
    /// The JSON value is neither an object nor a list that the source allows, or the list is too long.
    #[component(name = "not-an-object")]
    NotAnObject,
    /// The prepared settings are not from this version of the provider. Call `check-settings` again.
    #[component(name = "stale-settings")]
    StaleSettings,
}

/// A person or a program that acts for the contact center.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Agent {
    /// The contact center's id of the agent. Absent if unknown.
    pub id: Option<String>,
    /// The name to display. Absent if unknown.
    pub name: Option<String>,
    /// The URL of a picture. Absent if unknown.
    pub picture: Option<String>,
}

/// The kind of author of a message.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Author {
    /// A person.
    #[component(name = "human")]
    Human,
    /// A flow, a bot, or an automatic answer.
    #[component(name = "bot")]
    Bot,
    /// The contact center does not report the author.
    #[component(name = "unknown")]
    Unknown,
}

/// The kind of an attachment.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum MediaKind {
    /// An image.
    #[component(name = "image")]
    Image,
    /// A video.
    #[component(name = "video")]
    Video,
    /// An audio recording.
    #[component(name = "audio")]
    Audio,
    /// Any other file.
    #[component(name = "file")]
    File,
    /// A link to open, not a file to save.
    #[component(name = "link")]
    Link,
}

/// A file or a link.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Attachment {
    /// The kind.
    pub kind: MediaKind,
    /// The URL. The contact center fetches the URL of an outbound attachment without credentials.
    pub url: String,
    /// The MIME type. Absent if unknown.
    #[component(name = "mime-type")]
    pub mime_type: Option<String>,
    /// The file name. Absent if unknown.
    pub filename: Option<String>,
    /// A caption.
    pub caption: Option<String>,
    /// The size in bytes.
    pub size: Option<u64>,
    /// The SHA-256 digest of the content, in hexadecimal.
    pub sha256: Option<String>,
}

/// The effect of pressing a button.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum ButtonAction {
    /// Sends an `answer` with this payload.
    #[component(name = "answer")]
    Answer(String),
    /// Opens this URL.
    #[component(name = "link")]
    Link(String),
}

/// A button.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Button {
    /// The label.
    pub text: String,
    /// The effect of pressing it.
    pub action: ButtonAction,
    /// The URL of an image.
    pub image: Option<String>,
}

/// A card.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Card {
    /// The title. May be empty.
    pub title: String,
    /// The text below the title. Absent if there is none.
    pub description: Option<String>,
    /// The URL of an image.
    pub image: Option<String>,
    /// The effect of pressing the card itself.
    #[component(name = "default-action")]
    pub default_action: Option<Button>,
    /// The buttons. May be empty.
    pub buttons: Vec<Button>,
}

/// A time that the user can choose.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct TimeSlot {
    /// The start.
    pub start: Timestamp,
    /// The duration in seconds.
    #[component(name = "duration-seconds")]
    pub duration_seconds: Option<u32>,
}

/// A choice of times.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct DatePicker {
    /// The title. Absent if there is none.
    pub title: Option<String>,
    /// The text below the title. Absent if there is none.
    pub subtitle: Option<String>,
    /// The URL of an image.
    pub image: Option<String>,
    /// The earliest time that the user can choose.
    pub earliest: Option<Timestamp>,
    /// The latest time that the user can choose.
    pub latest: Option<Timestamp>,
    /// The times to choose from. Empty if the user can choose any time between the bounds.
    pub slots: Vec<TimeSlot>,
}

/// An item of a list.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct ListItem {
    /// The contact center's id: the payload of the answer.
    pub id: String,
    /// The text of the item.
    pub title: String,
    /// More text. Absent if there is none.
    pub subtitle: Option<String>,
    /// The URL of an image.
    pub image: Option<String>,
}

/// A section of a list.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct ListSection {
    /// The title. Absent if there is none.
    pub title: Option<String>,
    /// The user can choose more than one item.
    pub multiple: bool,
    /// The items in display order.
    pub items: Vec<ListItem>,
}

/// A geographic location.
#[derive(Clone, ComponentType, Deserialize, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Location {
    /// Degrees north of the equator. Negative in the south.
    pub latitude: f64,
    /// Degrees east of Greenwich. Negative in the west.
    pub longitude: f64,
    /// The postal address in one line. Absent if unknown.
    pub address: Option<String>,
    /// The name of the location. Absent if unknown.
    pub name: Option<String>,
    /// The URL of a map.
    pub url: Option<String>,
}

/// A canned message with a header and a footer.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Template {
    /// The contact center's id of the template. Absent if unknown.
    pub id: Option<String>,
    /// A language tag (BCP 47).
    pub language: Option<String>,
    /// The text above the body. Absent if there is none.
    pub header: Option<String>,
    /// The body.
    pub body: String,
    /// The text below the body. Absent if there is none.
    pub footer: Option<String>,
}

/// One structured part of a message.
#[derive(Clone, ComponentType, Debug, Deserialize, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Content {
    /// A file or a link.
    #[component(name = "attachment")]
    Attachment(Attachment),
    /// One of several answers to choose from.
    #[component(name = "quick-reply")]
    QuickReply(Button),
    /// One card.
    #[component(name = "card")]
    Card(Card),
    /// Several cards, side by side.
    #[component(name = "carousel")]
    Carousel(Vec<Card>),
    /// A choice of times.
    #[component(name = "date-picker")]
    DatePicker(DatePicker),
    /// A list to choose from, by section.
    #[component(name = "list-picker")]
    ListPicker(Vec<ListSection>),
    /// A location.
    #[component(name = "location")]
    Location(Location),
    /// A canned message.
    #[component(name = "template")]
    Template(Template),
    /// A kind that the provider does not support. The value is the contact center's name of the kind.
    #[component(name = "other")]
    Other(String),
}

/// A message for the user.
#[derive(Clone, ComponentType, Deserialize, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct AgentMessage {
    /// The contact center's id, which `answer` and `receipt` refer to. A digest of the bytes if the source has no id.
    pub id: String,
    /// The kind of author.
    pub author: Author,
    /// The author. Absent if the contact center does not report it.
    pub agent: Option<Agent>,
    /// The text. Absent if the message has structured parts only.
    pub text: Option<String>,
    /// The structured parts.
    pub content: Vec<Content>,
    /// The whole message as readable plain text, for channels that display nothing else. Never empty.
    #[component(name = "plain-text")]
    pub plain_text: String,
}

/// The status of a message that the platform sent.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptStatus {
    /// The contact center accepted it.
    #[component(name = "accepted")]
    Accepted,
    /// It was delivered to the agent.
    #[component(name = "delivered")]
    Delivered,
    /// The agent read it.
    #[component(name = "read")]
    Read,
    /// It was not delivered. The reasons are for people.
    #[component(name = "failed")]
    Failed(Vec<String>),
    /// It was deleted.
    #[component(name = "removed")]
    Removed,
}

/// A status report for a message that the platform sent.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct MessageReceipt {
    /// The platform's id of the message: `outbound.id`.
    #[component(name = "message-id")]
    pub message_id: String,
    /// The status.
    pub status: ReceiptStatus,
    /// This is the last report for the message. If several requests delivered the message, each has a last report.
    #[component(name = "is-last")]
    pub is_last: bool,
}

/// The state of the queue, as far as it is known.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct QueueState {
    /// The position in the queue, counted from 1.
    pub position: Option<u32>,
    /// The estimated time until an agent is available, in seconds.
    #[component(name = "estimated-wait-seconds")]
    pub estimated_wait_seconds: Option<u32>,
}

/// Why a handover ended.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// The agent ended it.
    #[component(name = "completed")]
    Completed,
    /// The user or the platform ended it.
    #[component(name = "cancelled")]
    Cancelled,
    /// It timed out.
    #[component(name = "expired")]
    Expired,
    /// An error ended it. The message is for people.
    #[component(name = "error")]
    Error(String),
}

/// What an agent recorded about a handover after serving the user. Every field may be absent.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct HandoverOutcome {
    /// The contact center's id of the wrap-up code.
    pub code: Option<String>,
    /// The name of the wrap-up code.
    pub name: Option<String>,
    /// The agent's notes. Agents write them for agents, so the provider reports them only if the settings allow it.
    pub notes: Option<String>,
    /// The agent's tags.
    pub tags: Vec<String>,
    /// A summary of the conversation by the contact center.
    pub summary: Option<String>,
    /// The time during which the agent served the user, in seconds.
    #[component(name = "conversation-seconds")]
    pub conversation_seconds: Option<u32>,
    /// The time of the agent's work after that, in seconds.
    #[component(name = "after-call-work-seconds")]
    pub after_call_work_seconds: Option<u32>,
}

/// An invitation to a survey of the contact center.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct SurveyInvitation {
    /// The URL of the survey, for the user.
    pub url: String,
}

/// What happened.
#[derive(Clone, ComponentType, Debug, Deserialize, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EventKind {
    /// The user waits for an agent. No agent is known to be present.
    #[component(name = "queued")]
    Queued(QueueState),
    /// An agent joined.
    #[component(name = "agent-joined")]
    AgentJoined(Agent),
    /// A message for the user.
    #[component(name = "message")]
    Message(AgentMessage),
    /// The agent is typing, for this number of milliseconds from the time of the event or until the next message.
    #[component(name = "typing")]
    Typing(u32),
    /// This agent transferred the conversation to another agent or queue. The handover continues.
    #[component(name = "transferred")]
    Transferred(Agent),
    /// An agent left, or did not accept the conversation. Others may be present or may join. The handover continues.
    #[component(name = "agent-left")]
    AgentLeft(Agent),
    /// The handover ended.
    #[component(name = "ended")]
    Ended(EndReason),
    /// A status report for a message that the platform sent.
    #[component(name = "receipt")]
    Receipt(MessageReceipt),
    /// What an agent recorded. The event's time is when the agent left. If several agents served the user,
    /// the outcome of the handover is that of the last one.
    #[component(name = "outcome")]
    Outcome(HandoverOutcome),
    /// An invitation to a survey, which the platform requested.
    #[component(name = "survey")]
    Survey(SurveyInvitation),
    /// The platform has nothing to do. The reason is for logs and contains no message text.
    #[component(name = "ignored")]
    Ignored(String),
}

/// An event at the contact center.
#[derive(Clone, ComponentType, Debug, Deserialize, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct AgentEvent {
    /// Identifies the event within the connection: a repeated delivery has the same id, another event has another id.
    /// At most 512 bytes.
    pub id: String,
    /// The recipient concerned. Absent if the source does not report it.
    pub recipient: Option<String>,
    /// `conversation.handover`. Absent if the source does not report it.
    pub handover: Option<u32>,
    /// The contact center's id of the conversation. Absent if the source does not report it.
    #[component(name = "conversation-id")]
    pub conversation_id: Option<String>,
    /// When it happened. Absent if the source does not report it.
    pub time: Option<Timestamp>,
    /// What happened.
    pub kind: EventKind,
}

/// An authentic webhook with its events.
#[derive(Clone, ComponentType, Debug, Lift, Lower, PartialEq)]
#[component(record)]
pub struct ReceivedWebhook {
    /// How it was authenticated.
    pub authenticity: Authenticity,
    /// The events of its body.
    pub events: Result<Vec<AgentEvent>, MappingError>,
}

/// Prints only the size of the body, because the body may contain message texts.
impl fmt::Debug for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, body) = match self {
            Self::Webhook(body) => ("Webhook", body),
            Self::EventBus(body) => ("EventBus", body),
            Self::Trigger(body) => ("Trigger", body),
            Self::Notification(body) => ("Notification", body),
        };
        write!(f, "{name}({} bytes)", body.len())
    }
}

keep_private!(
    Attachment,
    Button,
    Card,
    DatePicker,
    HandoverOutcome,
    ListItem,
    ListSection,
    Location,
    SurveyInvitation,
    Template
);

/// Prints the author and the length of the text, but not the text.
impl fmt::Debug for AgentMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentMessage")
            .field("id", &self.id)
            .field("author", &self.author)
            .field("text", &self.text.as_ref().map(String::len))
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}
