//! Bots as part of a contact center: its requests, and the platform's answers.

use super::{Attribute, Content};
use serde::{Deserialize, Serialize};
use wasmtime::component::{ComponentType, Lift, Lower};

/// The type of a slot's value.
#[derive(Clone, ComponentType, Copy, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(enum)]
#[repr(u8)]
#[serde(rename_all = "kebab-case")]
pub enum SlotType {
    /// Text.
    #[component(name = "text")]
    Text,
    /// An integer.
    #[component(name = "integer")]
    Integer,
    /// A decimal number.
    #[component(name = "decimal")]
    Decimal,
    /// A duration (ISO 8601): `P1D`.
    #[component(name = "duration")]
    Duration,
    /// `true` or `false`.
    #[component(name = "boolean")]
    Boolean,
    /// An amount of money: `5.00 USD`, with a currency code of ISO 4217.
    #[component(name = "currency")]
    Currency,
    /// A date and time (ISO 8601).
    #[component(name = "date-time")]
    DateTime,
}

/// A value that an intent carries.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Slot {
    /// The name.
    pub name: String,
    /// The type of the value, or of each value of a collection.
    pub kind: SlotType,
    /// Whether it has any number of values. In JSON, absent if it has one.
    #[component(name = "is-collection")]
    #[serde(default)]
    pub is_collection: bool,
}

/// A result that a bot can come to. The contact center's flow has a branch for each.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Intent {
    /// The name.
    pub name: String,
    /// The values. In JSON, absent if there are none.
    #[serde(default)]
    pub slots: Vec<Slot>,
}

/// A version of a bot. A published flow keeps the version with which it was published.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BotVersion {
    /// The version.
    pub version: String,
    /// Language tags (BCP 47) in lower case.
    pub languages: Vec<String>,
    /// The intents, at least one.
    pub intents: Vec<Intent>,
}

/// A bot of the platform.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bot {
    /// The platform's id of the bot.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// A description. Absent if there is none.
    pub description: Option<String>,
    /// The versions, at least one.
    pub versions: Vec<BotVersion>,
}

/// What the user said in a turn.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TurnInput {
    /// The text. May be empty.
    pub text: String,
    /// The payload of the button that the user pressed. Absent if the user pressed none.
    pub payload: Option<String>,
}

/// A turn of the user, which the bot answers.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Turn {
    /// The session: all turns until the bot ends it.
    #[component(name = "session-id")]
    pub session_id: String,
    /// The contact center's id of the message, the same in a repeated request. Absent if the contact center sends none.
    #[component(name = "message-id")]
    pub message_id: Option<String>,
    /// The contact center's id of the conversation. It may contain several sessions.
    #[component(name = "conversation-id")]
    pub conversation_id: Option<String>,
    /// The id or the name of the bot, as the contact center knows it. Empty if the contact center names none.
    pub bot: String,
    /// The version of the bot. Absent if the contact center sends none.
    pub version: Option<String>,
    /// The user's language (BCP 47). Absent if unknown.
    pub language: Option<String>,
    /// What the user said.
    pub input: TurnInput,
    /// Parameters of the flow. Some contact centers send them with the first turn only. In JSON, absent if there are none.
    #[serde(default)]
    pub parameters: Vec<Attribute>,
    /// How long the session lasts without a turn, in seconds. Absent if unknown.
    #[component(name = "session-seconds")]
    pub session_seconds: Option<u32>,
    /// Whether the bot may answer this turn later. In JSON, absent if it may not.
    #[component(name = "permits-late-answer")]
    #[serde(default)]
    pub permits_late_answer: bool,
}

/// A request of the contact center.
#[expect(clippy::large_enum_variant, reason = "it exists for a moment, and wasmtime lifts no boxes")]
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum BotRequest {
    /// A turn of the user.
    #[component(name = "turn")]
    Turn(Turn),
    /// A request for all bots.
    #[component(name = "list-bots")]
    ListBots,
    /// A request for the bot with this id.
    #[component(name = "get-bot")]
    GetBot(String),
    /// Another request, which the host answers with 404.
    #[component(name = "unknown")]
    Unknown,
}

/// A message of the bot.
#[derive(Clone, ComponentType, Deserialize, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BotMessage {
    /// The text. Absent if the message has structured parts only.
    pub text: Option<String>,
    /// The structured parts. In JSON, absent if there are none.
    #[serde(default)]
    pub content: Vec<Content>,
}

/// A value of a slot.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SlotValue {
    /// The slot, as the intent declares it.
    pub slot: Slot,
    /// One value, or the values of a collection, as text.
    pub values: Vec<String>,
}

/// A handover to the agents of the contact center, which ends the session.
#[derive(Clone, ComponentType, Default, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BotHandover {
    /// The queue, as the flow knows it. Absent if the flow decides.
    pub queue: Option<String>,
    /// A summary for the agent.
    pub summary: Option<String>,
    /// Data for the flow and the agent. In JSON, absent if there are none.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
}

/// The end of a session with a result.
#[derive(Clone, ComponentType, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BotResult {
    /// The name of an intent of the bot.
    pub intent: String,
    /// The values. In JSON, absent if there are none.
    #[serde(default)]
    pub slots: Vec<SlotValue>,
}

/// What follows an answer.
#[derive(Clone, ComponentType, Debug, Deserialize, Eq, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(variant)]
#[serde(rename_all = "kebab-case")]
pub enum NextStep {
    /// The bot waits for the next turn.
    #[component(name = "wait")]
    Wait,
    /// The session ends with a result.
    #[component(name = "complete")]
    Complete(BotResult),
    /// The contact center hands the user over to an agent.
    #[component(name = "handover")]
    Handover(BotHandover),
    /// The bot failed. The reason is for people. The flow takes its branch for failures.
    #[component(name = "fail")]
    Fail(String),
}

/// An answer of the bot.
#[derive(Clone, ComponentType, Deserialize, Lift, Lower, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[component(record)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BotAnswer {
    /// The messages for the user, in order. May be empty.
    #[serde(default)]
    pub messages: Vec<BotMessage>,
    /// What follows.
    pub next: NextStep,
    /// Parameters for the flow. In JSON, absent if there are none.
    #[serde(default)]
    pub parameters: Vec<Attribute>,
}

/// A response to a request of the contact center.
#[derive(Clone, ComponentType, Eq, Lift, Lower, PartialEq)]
#[component(record)]
pub struct BotResponse {
    /// The HTTP status.
    pub status: u16,
    /// The header fields. Names are in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

keep_private!(TurnInput, Turn, BotMessage, SlotValue, BotHandover, BotResult, BotAnswer, BotResponse);
