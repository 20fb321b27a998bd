//! What the platform says or does.

use super::{Attachment, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use wasmtime::component::{ComponentType, Lift, Lower};

/// A handover, as far as it is known to the host.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Conversation {
    /// The end user's address; set by the host, the same in every handover of the user.
    pub recipient: String,
    /// Which of the recipient's handovers it is, counted from 1. In JSON: 1 unless told.
    #[serde(default = "first")]
    pub handover: u32,
    /// The contact centre's id, from `delivery.conversation` or an agent event; missing until one told it.
    pub id: Option<String>,
}

fn first() -> u32 {
    1
}

/// Who the user is. Every field may be missing.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// The whole name.
    pub name: Option<String>,
    /// The given name.
    #[component(name = "first-name")]
    pub first_name: Option<String>,
    /// The family name.
    #[component(name = "last-name")]
    pub last_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// Address of a picture.
    pub picture: Option<String>,
}

/// Who spoke a line of the transcript.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum Speaker {
    /// The end user.
    #[component(name = "user")]
    User,
    /// The platform's bot.
    #[component(name = "bot")]
    Bot,
    /// A human agent, in an earlier handover.
    #[component(name = "agent")]
    Agent,
}

/// One line of the talk before the handover.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TranscriptLine {
    /// Who spoke.
    pub speaker: Speaker,
    /// When it was said.
    pub time: Timestamp,
    /// What was said, as it was shown.
    pub text: String,
}

/// A fact for the contact centre's routing and for the agent. The last of several with one key holds.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Attribute {
    /// The name that the contact centre's routing knows it by.
    pub key: String,
    /// The value; numbers as text.
    pub value: String,
}

/// Which agents are wanted. What is missing or empty, the settings say.
#[derive(Clone, ComponentType, Debug, Default, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Routing {
    /// The queue, as in the settings.
    pub queue: Option<String>,
    /// The language that the agent should speak, as the contact centre's routing calls it.
    pub language: Option<String>,
    /// What the agent should be able to do, as the contact centre's routing calls it.
    pub skills: Vec<String>,
    /// Higher is sooner; what a step is worth is the contact centre's.
    pub priority: Option<i32>,
}

/// Begins a handover.
#[derive(Clone, ComponentType, Default, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HandoverStart {
    /// Sent only where the settings say so.
    pub profile: Option<Profile>,
    /// The platform's own id of the user; missing where it is the recipient.
    pub user: Option<String>,
    /// The platform's own id of the talk; missing where it is the recipient.
    pub session: Option<String>,
    /// Oldest first. Empty lines are left out.
    #[serde(default)]
    pub transcript: Vec<TranscriptLine>,
    /// Lines up to this time were told in an earlier handover, and are left out; missing for none.
    #[component(name = "told-until")]
    pub told_until: Option<Timestamp>,
    /// Which agents are wanted.
    #[serde(default)]
    pub routing: Routing,
    /// Added to those that the settings and the routing make, and in place of them where the key is the same.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    /// What the user said last, or why the bot hands over. Missing or empty: the provider says it in its own words.
    pub text: Option<String>,
}

/// The user's press on something that the contact centre sent.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StructuredAnswer {
    /// `agent-message.id` of the message that held it.
    pub message: String,
    /// What was pressed.
    pub kind: AnswerKind,
    /// What was on it: what the user saw.
    pub text: String,
    /// What it stands for: the payload that came with it.
    pub payload: String,
}

/// What was pressed.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerKind {
    /// A quick reply.
    #[component(name = "quick-reply")]
    QuickReply,
    /// A button of a card.
    #[component(name = "button")]
    Button,
    /// A time of a date picker, as ISO 8601 in text and payload.
    #[component(name = "date")]
    Date,
}

/// Why a message did not reach the user.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum FailureReason {
    /// It came too late.
    #[component(name = "expired")]
    Expired,
    /// The channel took no more.
    #[component(name = "rate-limited")]
    RateLimited,
    /// The channel does not permit it.
    #[component(name = "not-allowed")]
    NotAllowed,
    /// The channel cannot show this kind.
    #[component(name = "unsupported")]
    Unsupported,
    /// The user is not there any more.
    #[component(name = "user-gone")]
    UserGone,
    /// The channel does not take this MIME type.
    #[component(name = "media-type-not-allowed")]
    MediaTypeNotAllowed,
    /// The channel does not take so many bytes.
    #[component(name = "media-too-large")]
    MediaTooLarge,
    /// The user wants no messages.
    #[component(name = "opted-out")]
    OptedOut,
    /// None of these.
    #[component(name = "other")]
    Other,
}

/// Whether the user was shown a message.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ReceiptOutcome {
    /// The user was shown it.
    #[component(name = "delivered")]
    Delivered,
    /// The user was not; why.
    #[component(name = "failed")]
    Failed(FailureReason),
}

/// Tells the agent what became of a message.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DeliveryReceipt {
    /// `agent-message.id`.
    pub message: String,
    /// What became of it.
    pub outcome: ReceiptOutcome,
}

/// Why the user's side ends the handover.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum LeaveReason {
    /// The user said so or closed the chat.
    #[component(name = "user-left")]
    UserLeft,
    /// The user said nothing for too long.
    #[component(name = "user-inactive")]
    UserInactive,
    /// The platform took the user back.
    #[component(name = "withdrawn")]
    Withdrawn,
}

/// What is said or done.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum OutboundMessage {
    /// Begins the handover; the first message of it.
    #[component(name = "start")]
    Start(HandoverStart),
    /// Not empty.
    #[component(name = "text")]
    Text(String),
    /// The user sends a file.
    #[component(name = "attachment")]
    Attachment(Attachment),
    /// The user is typing. For a handover that has begun.
    #[component(name = "typing")]
    Typing,
    /// The user pressed something.
    #[component(name = "answer")]
    Answer(StructuredAnswer),
    /// The user was shown a message, or was not.
    #[component(name = "receipt")]
    Receipt(DeliveryReceipt),
    /// The user's side ends the handover.
    #[component(name = "leave")]
    Leave(LeaveReason),
}

/// One thing that the platform says or does. Id and time are the host's, so that building it twice gives the same
/// bytes.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Outbound {
    /// Unique within the connection; the same when the host tries again. 1 to 100 visible ASCII characters, `#` not
    /// among them: a provider that makes several requests of one message numbers them with it.
    pub id: String,
    /// When it was said. Grows from message to message of one recipient.
    pub time: Timestamp,
    /// What.
    pub message: OutboundMessage,
}

/// A request for the contact centre, ready to be stored and delivered, now or later, once or again.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq)]
#[component(record)]
pub struct ProviderRequest {
    /// The same when built again from the same arguments; different for different requests.
    #[component(name = "idempotency-key")]
    pub idempotency_key: String,
    /// Requests of one recipient are delivered in the order in which they were built.
    pub recipient: String,
    /// What it does, in the provider's words. Holds no personal data: fit for logs.
    pub operation: String,
    /// For what passes, such as typing: milliseconds from `outbound.time` in which it is worth delivering, and in which
    /// another of this operation for this recipient says nothing new. The host drops it after that, and drops the
    /// other. Missing: it is worth delivering for ever, and each counts.
    pub passes: Option<u32>,
    /// The provider's own; opaque to the host. The same bytes must come back to `deliver`.
    pub body: Vec<u8>,
}

/// Why a message cannot be built. Trying again changes nothing.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum Unsupported {
    /// The provider cannot carry this kind of message; which.
    #[component(name = "kind")]
    Kind(String),
    /// It needs `conversation.id`, which is not known yet.
    #[component(name = "no-conversation")]
    NoConversation,
    /// A field of the message is not as it should be.
    #[component(name = "invalid")]
    Invalid(InvalidField),
    /// A setting that this call needs cannot be used: run `check-settings`.
    #[component(name = "unusable-settings")]
    UnusableSettings,
}

/// What is wrong with a field.
#[derive(Clone, ComponentType, Debug, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct InvalidField {
    /// The field's path: `outbound.id`, `conversation.recipient`, or within the message `start.transcript`.
    pub field: String,
    /// What was expected. Never repeats the value.
    pub expected: String,
}

/// The body holds people's words: only its size is printed.
impl fmt::Debug for ProviderRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderRequest")
            .field("idempotency_key", &self.idempotency_key)
            .field("operation", &self.operation)
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

keep_private!(Profile, TranscriptLine, Attribute, HandoverStart, StructuredAnswer);

/// The kind of message, not what it says.
impl fmt::Debug for OutboundMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start(start) => start.fmt(f),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Attachment(attachment) => attachment.fmt(f),
            Self::Typing => f.write_str("Typing"),
            Self::Answer(answer) => answer.fmt(f),
            Self::Receipt(receipt) => receipt.fmt(f),
            Self::Leave(reason) => reason.fmt(f),
        }
    }
}
