//! Messages and requests from the platform to the contact center.

use super::{Attachment, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use wasmtime::component::{ComponentType, Lift, Lower};

/// A handover, as far as the host knows it.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Conversation {
    /// The address of the end user. The host chooses it; it is the same in every handover of the user.
    pub recipient: String,
    /// The number of the handover among those of the recipient, counted from 1; a provider refuses 0. A handover that an
    /// agent reopened keeps the previous handover's number. If a message needs no handover, this is the
    /// number of the last handover, or 1 if there was none. In JSON, 1 if absent.
    #[serde(default = "first")]
    pub handover: u32,
    /// The contact center's id, from `delivery.conversation-id` or an agent event. Absent until one of them reports it.
    pub id: Option<String>,
}

fn first() -> u32 {
    1
}

/// The user's profile. Every field may be absent.
#[derive(Clone, ComponentType, Default, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// The full name.
    pub name: Option<String>,
    /// The given name.
    #[component(name = "first-name")]
    pub first_name: Option<String>,
    /// The family name.
    #[component(name = "last-name")]
    pub last_name: Option<String>,
    /// The email address.
    pub email: Option<String>,
    /// The telephone number in international format (ITU-T E.164): `+4930123456`.
    pub phone: Option<String>,
    /// The URL of a picture.
    pub picture: Option<String>,
    /// The contact center's id of the user's contact record.
    #[component(name = "contact-id")]
    pub contact_id: Option<String>,
}

/// The speaker of a line of the transcript.
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

/// One line of the transcript.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TranscriptLine {
    /// The speaker.
    pub speaker: Speaker,
    /// The time of the line.
    pub time: Timestamp,
    /// The text as it was displayed.
    pub text: String,
}

/// A value for the contact center's routing and for the agent. If a key repeats, the last value applies.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Attribute {
    /// The name that the contact center's routing uses.
    pub key: String,
    /// The value. Numbers are text.
    pub value: String,
    /// Whether scripts and reports at the contact center must not show it. A provider does not send a confidential
    /// attribute to a place that they show. In JSON, `false` if absent.
    #[serde(default)]
    pub confidential: bool,
}

/// A requested routing.
#[derive(Clone, ComponentType, Debug, Default, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Routing {
    /// The queue, as in the settings.
    pub queue: Option<String>,
    /// The language that the agent should speak, by the name that the contact center's routing uses.
    pub language: Option<String>,
    /// The skills that the agent should have, by the names that the contact center's routing uses.
    pub skills: Vec<String>,
    /// A higher value is served earlier. The contact center defines the scale.
    pub priority: Option<i32>,
}

/// The start of a handover.
#[derive(Clone, ComponentType, Default, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HandoverStart {
    /// The provider sends it only if the settings allow it.
    pub profile: Option<Profile>,
    /// The platform's own id of the user. Absent if it is the recipient.
    #[component(name = "user-id")]
    pub user_id: Option<String>,
    /// The platform's own id of the session. Absent if it is the recipient.
    #[component(name = "session-id")]
    pub session_id: Option<String>,
    /// The lines, oldest first. The provider omits empty lines. If the transcript is too long for the contact center,
    /// the provider also omits the oldest lines and informs the agent how many.
    #[serde(default)]
    pub transcript: Vec<TranscriptLine>,
    /// An earlier handover delivered the lines up to and including this time. The provider omits them. Absent if there
    /// is none.
    #[component(name = "delivered-until")]
    pub delivered_until: Option<Timestamp>,
    /// The requested routing. The settings supply absent and empty fields.
    #[serde(default)]
    pub routing: Routing,
    /// Added to the attributes from the settings and the routing. Replaces those with the same key. If the provider cannot
    /// hide attributes in the start, it refuses confidential ones; send them with `annotate`.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    /// A summary of the conversation before the handover, for the agent. A provider without the ability `summary` omits
    /// it.
    pub summary: Option<String>,
    /// The last message of the user, or why the bot hands over. If it is absent or empty, the provider uses a text of
    /// its own.
    pub text: Option<String>,
}

/// The user's answer to a structured part of an agent's message.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StructuredAnswer {
    /// `agent-message.id` of the message that contains the part.
    #[component(name = "message-id")]
    pub message_id: String,
    /// What the user pressed.
    pub kind: AnswerKind,
    /// Its label, as the user saw it.
    pub text: String,
    /// Its payload.
    pub payload: String,
}

/// What the user pressed.
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
    /// A time of a date picker. Text and payload are ISO 8601.
    #[component(name = "date")]
    Date,
}

/// Why a message was not displayed to the user.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum FailureReason {
    /// It arrived too late.
    #[component(name = "expired")]
    Expired,
    /// The channel's rate limit was exceeded.
    #[component(name = "rate-limited")]
    RateLimited,
    /// The channel does not permit it.
    #[component(name = "not-allowed")]
    NotAllowed,
    /// The channel cannot display this kind.
    #[component(name = "unsupported")]
    Unsupported,
    /// The user has left.
    #[component(name = "user-gone")]
    UserGone,
    /// The channel does not accept this MIME type.
    #[component(name = "media-type-not-allowed")]
    MediaTypeNotAllowed,
    /// The file is too large for the channel.
    #[component(name = "media-too-large")]
    MediaTooLarge,
    /// The user does not want messages.
    #[component(name = "opted-out")]
    OptedOut,
    /// Another reason.
    #[component(name = "other")]
    Other,
}

/// Whether a message was displayed to the user.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ReceiptOutcome {
    /// It was displayed.
    #[component(name = "delivered")]
    Delivered,
    /// It was not displayed, for this reason.
    #[component(name = "failed")]
    Failed(FailureReason),
}

/// Informs the agent whether a message was displayed to the user.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DeliveryReceipt {
    /// `agent-message.id`.
    #[component(name = "message-id")]
    pub message_id: String,
    /// Whether it was displayed.
    pub outcome: ReceiptOutcome,
}

/// Why the user's side ends the handover.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum LeaveReason {
    /// The user asked to leave or closed the chat.
    #[component(name = "user-left")]
    UserLeft,
    /// The user was inactive for too long.
    #[component(name = "user-inactive")]
    UserInactive,
    /// The platform took the conversation back.
    #[component(name = "withdrawn")]
    Withdrawn,
}

/// Facts about a handover for the contact center, not for the user.
#[derive(Clone, ComponentType, Default, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Annotation {
    /// The platform's own reference of the handover, by which people find the conversation at the contact center. Absent
    /// if it does not change. Requires the ability `reference`.
    pub reference: Option<String>,
    /// Confidential attributes; a provider refuses others. They are added to the earlier ones, and replace those with the same
    /// key. Require the ability `confidential-attributes`.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// A request for a call by telephone.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CallbackRequest {
    /// The telephone number in international format (ITU-T E.164): `+4930123456`.
    pub phone: String,
    /// The user's name. Absent if unknown.
    pub name: Option<String>,
    /// When the agent should call. Absent for as soon as possible.
    pub time: Option<Timestamp>,
    /// The requested routing. The settings supply an absent queue and priority. Some contact centers require a queue.
    #[serde(default)]
    pub routing: Routing,
    /// Data for the agent. A provider refuses confidential attributes.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// The user's answer to a survey that the platform asked.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SurveyScore {
    /// The score. A higher one is better.
    pub score: u32,
    /// The best possible score.
    pub maximum: u32,
    /// The user's comment. Absent if there is none.
    pub comment: Option<String>,
}

/// A message of the platform.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "a box cannot cross into a component, and messages are few")]
pub enum OutboundMessage {
    /// Starts the handover. It is the first message of a handover, except for those that need no handover.
    #[component(name = "start")]
    Start(HandoverStart),
    /// A text. Not empty.
    #[component(name = "text")]
    Text(String),
    /// A file.
    #[component(name = "attachment")]
    Attachment(Attachment),
    /// The user is typing. Only after the handover has started.
    #[component(name = "typing")]
    Typing,
    /// The user pressed something.
    #[component(name = "answer")]
    Answer(StructuredAnswer),
    /// Whether a message was displayed to the user.
    #[component(name = "receipt")]
    Receipt(DeliveryReceipt),
    /// The user's side ends the handover. If the contact center has no call for this, or the conversation's id is not
    /// known yet, the provider sends a text that informs the agent.
    #[component(name = "leave")]
    Leave(LeaveReason),
    /// Changes the routing while the user is waiting. An absent or empty field changes nothing. Requires
    /// `conversation.id`.
    #[component(name = "reroute")]
    Reroute(Routing),
    /// Records facts about the handover. Requires `conversation.id`.
    #[component(name = "annotate")]
    Annotate(Annotation),
    /// Requests a call by telephone. Needs no handover.
    #[component(name = "callback")]
    Callback(CallbackRequest),
    /// A text to the user from the platform. The contact center records it and sends it back as an agent event. Needs
    /// no handover.
    #[component(name = "proactive-text")]
    ProactiveText(String),
    /// Requests an invitation to a survey of the contact center, which arrives as the event `survey`. Sent after the
    /// end.
    #[component(name = "request-survey")]
    RequestSurvey,
    /// The user's answer to a survey that the platform asked. Sent after the end.
    #[component(name = "survey-score")]
    SurveyScore(SurveyScore),
}

impl OutboundMessage {
    /// Returns whether the message is part of a handover. Others need none, and may be sent before, during and after one.
    #[must_use]
    pub fn needs_handover(&self) -> bool {
        !matches!(self, Self::Callback(_) | Self::ProactiveText(_))
    }
}

/// One message of the platform. The host provides id and time, so that building the message again gives the same bytes.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Outbound {
    /// Unique within the connection, and the same if the host retries. 1 to 100 visible ASCII characters without `#`,
    /// which the provider uses to number the requests of one message.
    pub id: String,
    /// When the message was sent. Increases from message to message of a recipient.
    pub time: Timestamp,
    /// The message.
    pub message: OutboundMessage,
}

/// A request for the contact center that the host can store, deliver later, and deliver again.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq)]
#[component(record)]
pub struct ProviderRequest {
    /// The same if the request is built again from the same arguments. Different requests have different keys.
    #[component(name = "idempotency-key")]
    pub idempotency_key: String,
    /// The recipient. Its requests are delivered in the order in which they were built.
    pub recipient: String,
    /// The operation, named by the provider. Contains no personal data, so it can be logged.
    pub operation: String,
    /// The time to live in milliseconds from `outbound.time`, for ephemeral requests such as typing. The host discards
    /// the request after that, and discards a second one of the same operation and recipient within that time. Absent:
    /// the request never expires.
    #[component(name = "ttl-ms")]
    pub ttl_ms: Option<u32>,
    /// The provider's own data, opaque to the host. `deliver` receives the same bytes.
    pub body: Vec<u8>,
}

/// Why a message cannot be built. Retrying has the same result.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Unsupported {
    /// The provider does not support this kind of message. The value is its name.
    #[component(name = "kind")]
    Kind(String),
    /// The message needs `conversation.id`, which is not known yet.
    #[component(name = "no-conversation")]
    NoConversation,
    /// A field of the message is invalid.
    #[component(name = "invalid")]
    Invalid(InvalidField),
    /// The prepared settings are not from this version of the provider. Call `check-settings` again.
    #[component(name = "stale-settings")]
    StaleSettings,
}

/// An invalid field.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case")]
pub struct InvalidField {
    /// The path of the field: `outbound.id`, `conversation.recipient`, or within the message `start.transcript`.
    pub field: String,
    /// What is expected. Never contains the value.
    pub expected: String,
}

/// Prints only the size of the body, because the body may contain message texts.
impl fmt::Debug for ProviderRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderRequest")
            .field("idempotency_key", &self.idempotency_key)
            .field("operation", &self.operation)
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

keep_private!(
    Annotation,
    Attribute,
    CallbackRequest,
    HandoverStart,
    Profile,
    StructuredAnswer,
    SurveyScore,
    TranscriptLine
);

/// Prints the kind of the message, but not its content.
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
            Self::Reroute(routing) => routing.fmt(f),
            Self::Annotate(annotation) => annotation.fmt(f),
            Self::Callback(request) => request.fmt(f),
            Self::ProactiveText(text) => write!(f, "ProactiveText({} bytes)", text.len()),
            Self::RequestSurvey => f.write_str("RequestSurvey"),
            Self::SurveyScore(score) => score.fmt(f),
        }
    }
}
