//! What happened at the contact centre.

use super::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use wasmtime::component::{ComponentType, Lift, Lower};

/// Where the bytes came from. Verified by the host before they are mapped.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq)]
#[component(variant)]
pub enum EventSource {
    /// The body of the contact centre's own webhook (`signed` or `unchecked`).
    #[component(name = "webhook")]
    Webhook(Vec<u8>),
    /// The body of an event-bus delivery (`keyed(event-bus)`).
    #[component(name = "event-bus")]
    EventBus(Vec<u8>),
    /// The body of a trigger's callback (`keyed(trigger)`).
    #[component(name = "trigger")]
    Trigger(Vec<u8>),
    /// One frame of the contact centre's notification channel.
    #[component(name = "notification")]
    Notification(Vec<u8>),
}

/// Why bytes cannot be mapped: they are no JSON object, and will not become one when delivered again.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Malformed {
    /// There are no bytes.
    #[component(name = "empty")]
    Empty,
    /// Not UTF-8; the offset of the first wrong byte.
    #[component(name = "not-utf8")]
    NotUtf8(u64),
    /// Not JSON; the offset of the byte where it stops being so, give or take one.
    #[component(name = "not-json")]
    NotJson(u64),
    /// JSON, but no object.
    #[component(name = "not-an-object")]
    NotAnObject,
}

/// A person or a program that speaks for the contact centre.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Agent {
    /// The contact centre's id of the agent; missing where it does not tell.
    pub id: Option<String>,
    /// The name to show; missing where it does not tell.
    pub name: Option<String>,
    /// Address of a picture; missing where it does not tell.
    pub picture: Option<String>,
}

/// Who wrote a message.
#[derive(Clone, ComponentType, Copy, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Author {
    /// A person.
    #[component(name = "human")]
    Human,
    /// A flow, a bot, an automatic answer.
    #[component(name = "bot")]
    Bot,
    /// The contact centre does not tell.
    #[component(name = "unknown")]
    Unknown,
}

/// What kind of thing an attachment is.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum MediaKind {
    /// A picture.
    #[component(name = "image")]
    Image,
    /// A film.
    #[component(name = "video")]
    Video,
    /// Sound.
    #[component(name = "audio")]
    Audio,
    /// Anything else that can be saved.
    #[component(name = "file")]
    File,
    /// An address to open, nothing to save.
    #[component(name = "link")]
    Link,
}

/// A file or link, by its address.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Attachment {
    /// What kind of thing it is.
    pub kind: MediaKind,
    /// Where it can be fetched. Outbound: by the contact centre, without credentials.
    pub url: String,
    /// The MIME type; missing where nobody told.
    pub mime: Option<String>,
    /// The name to save it under; missing where nobody told.
    pub filename: Option<String>,
    /// Words that belong to it.
    pub caption: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// SHA-256 of the content, in hex.
    pub sha256: Option<String>,
}

/// What pressing a button does.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum ButtonAction {
    /// Sends an `answer` with this payload.
    #[component(name = "answer")]
    Answer(String),
    /// Opens this address.
    #[component(name = "link")]
    Link(String),
}

/// Something to press.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Button {
    /// What is on it.
    pub text: String,
    /// What pressing it does.
    pub action: ButtonAction,
    /// Address of a picture.
    pub image: Option<String>,
}

/// A card.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Card {
    /// The head; may be empty.
    pub title: String,
    /// What is below the head; missing where there is nothing.
    pub description: Option<String>,
    /// Address of a picture.
    pub image: Option<String>,
    /// What pressing the card itself does.
    #[component(name = "default-action")]
    pub default_action: Option<Button>,
    /// What can be pressed; may be empty.
    pub buttons: Vec<Button>,
}

/// A time that can be picked.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct TimeSlot {
    /// When it begins.
    pub start: Timestamp,
    /// Seconds.
    pub duration: Option<u32>,
}

/// A choice of times.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct DatePicker {
    /// The head; missing where there is none.
    pub title: Option<String>,
    /// What is below the head; missing where there is nothing.
    pub subtitle: Option<String>,
    /// Address of a picture.
    pub image: Option<String>,
    /// The earliest date that may be picked.
    pub earliest: Option<Timestamp>,
    /// The latest date that may be picked.
    pub latest: Option<Timestamp>,
    /// The times to choose from; empty for any time between the bounds.
    pub slots: Vec<TimeSlot>,
}

/// One line of a list.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct ListItem {
    /// The contact centre's id, for the answer's payload.
    pub id: String,
    /// What to show.
    pub title: String,
    /// More about it; missing where there is nothing.
    pub subtitle: Option<String>,
    /// Address of a picture.
    pub image: Option<String>,
}

/// A part of a list.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct ListSection {
    /// The head; missing where there is none.
    pub title: Option<String>,
    /// More than one item may be picked.
    pub multiple: bool,
    /// The lines, in the order in which to show them.
    pub items: Vec<ListItem>,
}

/// A place.
#[derive(Clone, ComponentType, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Location {
    /// Degrees north of the equator; south is negative.
    pub latitude: f64,
    /// Degrees east of Greenwich; west is negative.
    pub longitude: f64,
    /// The postal address in one line; missing where nobody told.
    pub address: Option<String>,
    /// What the place is called; missing where nobody told.
    pub name: Option<String>,
    /// A map.
    pub url: Option<String>,
}

/// A canned message with a head and a foot.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct Template {
    /// The contact centre's id of the template; missing where it does not tell.
    pub id: Option<String>,
    /// A language tag.
    pub language: Option<String>,
    /// Text above; missing where there is none.
    pub header: Option<String>,
    /// The text.
    pub body: String,
    /// Text below; missing where there is none.
    pub footer: Option<String>,
}

/// One part of a message.
#[derive(Clone, ComponentType, Debug, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// A file or a link.
    #[component(name = "attachment")]
    Attachment(Attachment),
    /// One of the answers to choose from.
    #[component(name = "quick-reply")]
    QuickReply(Button),
    /// One card.
    #[component(name = "card")]
    Card(Card),
    /// Cards side by side.
    #[component(name = "carousel")]
    Carousel(Vec<Card>),
    /// A choice of times.
    #[component(name = "date-picker")]
    DatePicker(DatePicker),
    /// A list to choose from, section by section.
    #[component(name = "list-picker")]
    ListPicker(Vec<ListSection>),
    /// A place.
    #[component(name = "location")]
    Location(Location),
    /// A canned message.
    #[component(name = "template")]
    Template(Template),
    /// A kind that the provider does not know: the contact centre's name for it.
    #[component(name = "other")]
    Other(String),
}

/// A message for the user.
#[derive(Clone, ComponentType, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct AgentMessage {
    /// The contact centre's id, which `answer` and `receipt` refer to. A name made from its bytes where the source has
    /// none.
    pub id: String,
    /// Who wrote it.
    pub author: Author,
    /// Who wrote it, where the contact centre tells.
    pub agent: Option<Agent>,
    /// What was written; missing where the message is made of other parts alone.
    pub text: Option<String>,
    /// The typed parts beyond the text.
    pub content: Vec<Content>,
    /// All of it, text and parts, as readable plain text: for channels that show nothing else. Never empty.
    pub plain: String,
}

/// What became of a message that the platform sent.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptStatus {
    /// The contact centre took it.
    #[component(name = "accepted")]
    Accepted,
    /// The agent's side has it.
    #[component(name = "delivered")]
    Delivered,
    /// The agent has seen it.
    #[component(name = "read")]
    Read,
    /// It was not delivered; why, one entry a reason, for people.
    #[component(name = "failed")]
    Failed(Vec<String>),
    /// It was taken back.
    #[component(name = "removed")]
    Removed,
}

/// News of a message that the platform sent.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct MessageReceipt {
    /// The platform's id of the message: `outbound.id`.
    pub message: String,
    /// What became of it.
    pub status: ReceiptStatus,
    /// No more will follow for this message.
    #[component(name = "final")]
    #[serde(rename = "final")]
    pub final_: bool,
}

/// The state of the queue, as far as it is known.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct QueueState {
    /// Place in the queue, counted from 1.
    pub position: Option<u32>,
    /// Estimated seconds until an agent is free.
    pub wait: Option<u32>,
}

/// Why a handover is over.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
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
    /// Nobody did anything for too long.
    #[component(name = "expired")]
    Expired,
    /// Something went wrong; what, for people.
    #[component(name = "error")]
    Error(String),
}

/// What happened.
#[derive(Clone, ComponentType, Debug, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The user waits for an agent, or nobody is known to be there yet.
    #[component(name = "queued")]
    Queued(QueueState),
    /// An agent is there.
    #[component(name = "agent-joined")]
    AgentJoined(Agent),
    /// A message for the user.
    #[component(name = "message")]
    Message(AgentMessage),
    /// The agent is typing: for so many milliseconds from the event's time, or until the next message.
    #[component(name = "typing")]
    Typing(u32),
    /// The handover goes to another agent or queue: this agent has handed it on. Not an end.
    #[component(name = "transferred")]
    Transferred(Agent),
    /// An agent has gone, or did not take what was offered; others may be there or come. Not an end.
    #[component(name = "agent-left")]
    AgentLeft(Agent),
    /// The handover is over.
    #[component(name = "ended")]
    Ended(EndReason),
    /// News of a message that the platform sent.
    #[component(name = "receipt")]
    Receipt(MessageReceipt),
    /// Nothing for the platform to do; why, for logs. Holds no message text.
    #[component(name = "ignored")]
    Ignored(String),
}

/// One thing that happened at the contact centre.
#[derive(Clone, ComponentType, Debug, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct AgentEvent {
    /// The same when the contact centre delivers the same thing again, and different for different things, within a
    /// connection. At most 512 bytes.
    pub id: String,
    /// Whom it concerns; missing where the source does not tell.
    pub recipient: Option<String>,
    /// [`Conversation::handover`](super::Conversation::handover); missing where the source does not tell.
    pub handover: Option<u32>,
    /// The contact centre's id of the conversation; missing where the source does not tell.
    pub conversation: Option<String>,
    /// When it happened; missing where the source does not tell.
    pub time: Option<Timestamp>,
    /// What happened.
    pub kind: EventKind,
}

/// The body holds people's words: only its size is printed.
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

keep_private!(Attachment, Button, Card, DatePicker, ListItem, ListSection, Location, Template);

/// Who says something and how much, not what.
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
