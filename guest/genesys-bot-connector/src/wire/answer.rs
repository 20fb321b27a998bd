//! The answer of a bot.

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use serde::Serialize;

/// `Complete`, `MoreData` or `Failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum BotState {
    /// The bot waits for the next turn.
    MoreData,
    /// The session ends with an intent.
    Complete,
    /// The session ends on the failure path.
    Failed,
}

/// The answer of v1.
#[derive(Debug, Serialize)]
pub struct BotResponse<'a> {
    /// The messages for the user. The name has no capital letter.
    pub replymessages: Vec<ReplyMessage<'a>>,
    /// What follows.
    #[serde(rename = "botState")]
    pub bot_state: BotState,
    /// The intent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<&'a str>,
    /// The slots by their names, in JSON's types.
    #[serde(rename = "slotValues", skip_serializing_if = "BTreeMap::is_empty")]
    pub slot_values: BTreeMap<&'a str, SlotValues<'a>>,
    /// The output variables of the action. With another type than text, Genesys drops the answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<&'a str, &'a str>,
    /// Why the bot failed.
    #[serde(rename = "errorInfo", skip_serializing_if = "Option::is_none")]
    pub error_info: Option<ErrorInfo<'a>>,
}

/// A value of a slot, or the values of a collection.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum SlotValues<'a> {
    /// One value.
    One(SlotValue<'a>),
    /// The values of a collection.
    Collection(Vec<SlotValue<'a>>),
}

/// A value of a slot.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum SlotValue<'a> {
    /// A text, a duration (ISO 8601) or a time (ISO 8601).
    Text(&'a str),
    /// An integer.
    Integer(i64),
    /// A decimal number.
    Decimal(f64),
    /// A boolean.
    Boolean(bool),
    /// An amount of money.
    Currency(Currency<'a>),
}

/// An amount of money.
#[derive(Debug, PartialEq, Serialize)]
pub struct Currency<'a> {
    /// The amount.
    pub amount: &'a str,
    /// The code (ISO 4217).
    pub code: &'a str,
}

/// The answer of v2, within the response to a turn or later.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer<'a> {
    /// What follows.
    pub bot_state: BotState,
    /// The intent. Required with `Complete`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<&'a str>,
    /// The messages for the user.
    pub reply_messages: Vec<ReplyMessage<'a>>,
    /// The slots.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<BotEntityValue<'a>>,
    /// The output variables of the action.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<&'a str, &'a str>,
    /// Why the bot failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_info: Option<ErrorInfo<'a>>,
}

/// The value of a slot in v2 (`BotEntityValue`).
#[derive(Debug, Serialize)]
pub struct BotEntityValue<'a> {
    /// The name.
    pub name: &'a str,
    /// The type, as declared.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The value as text, unless it is a collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The values of a collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// Why the bot failed. The specification of v2 and the SDK's model (`ErrorInfo`) name the fields differently.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorInfo<'a> {
    /// The code, as the specification names it.
    pub error_code: &'a str,
    /// The message, as the specification names it.
    pub error_message: &'a str,
    /// The code, as the SDK names it.
    pub code: &'a str,
    /// The message, as the SDK names it.
    pub message: &'a str,
}

/// The body of `POST …/botconnectors/outgoing/messages` (`OutgoingMessageRequest`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutgoingMessageRequest<'a> {
    /// The id of the bot.
    pub bot_id: &'a str,
    /// The version of the bot.
    pub bot_version: &'a str,
    /// The session.
    pub bot_session_id: &'a str,
    /// The language.
    pub language_code: &'a str,
    /// The answer.
    #[serde(flatten)]
    pub answer: Answer<'a>,
}

/// A message for the user (`ReplyMessage`).
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct ReplyMessage<'a> {
    /// `Text` or `Structured`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The text. Shown in place of structured parts where a channel has none.
    pub text: String,
    /// The parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<Content<'a>>,
}

/// A part of a message (`ConversationMessageContent`).
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "contentType")]
pub enum Content<'a> {
    /// A quick reply.
    QuickReply {
        /// The quick reply.
        #[serde(rename = "quickReply")]
        quick_reply: QuickReply<'a>,
    },
    /// A card.
    Card {
        /// The card.
        card: Card<'a>,
    },
    /// Several cards.
    Carousel {
        /// The cards.
        carousel: Carousel<'a>,
    },
    /// A file. Only in v2.
    Attachment {
        /// The file.
        attachment: Attachment<'a>,
    },
}

/// A quick reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct QuickReply<'a> {
    /// The label.
    pub text: &'a str,
    /// The payload.
    pub payload: &'a str,
    /// The URL of an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<&'a str>,
}

/// Several cards.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Carousel<'a> {
    /// The cards.
    pub cards: Vec<Card<'a>>,
}

/// A card.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Card<'a> {
    /// The title.
    pub title: &'a str,
    /// The text below the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    /// The URL of an image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<&'a str>,
    /// The effect of pressing the card itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_action: Option<CardAction<'a>>,
    /// The buttons.
    pub actions: Vec<CardAction<'a>>,
}

/// A button of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
pub enum CardAction<'a> {
    /// Opens a URL.
    Link {
        /// The label.
        text: &'a str,
        /// The URL.
        url: &'a str,
        /// The URL again, because the labels and payloads of all buttons must differ.
        payload: &'a str,
    },
    /// Sends an answer.
    Postback {
        /// The label.
        text: &'a str,
        /// The payload.
        payload: &'a str,
    },
}

/// A file.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment<'a> {
    /// An id within the message.
    pub id: String,
    /// `Image`, `Video`, `Audio`, `File` or `Link`.
    pub media_type: &'static str,
    /// The URL.
    pub url: &'a str,
    /// The name.
    pub filename: &'a str,
    /// The MIME type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime: Option<&'a str>,
    /// The SHA-256 digest, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<&'a str>,
    /// The size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_size_bytes: Option<u64>,
}
