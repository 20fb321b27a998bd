//! What Genesys posts to the webhook (developer center, "Normalized message format").

use handover_guest::lenient::{Flag, Id, List, Object, Real, Text, TextOrBody, Whole};
use serde::Deserialize;

/// The body of a webhook. Its schema requires nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OpenOutboundNormalizedMessage<'a> {
    /// Genesys's id of the message; of our message for a receipt.
    #[serde(borrow)]
    pub id: Id<'a>,
    /// Who speaks to whom.
    #[serde(borrow)]
    pub channel: Object<Channel<'a>>,
    /// `Text`, `Structured`, `Event`, `Receipt`.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// The words.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// The other parts.
    #[serde(borrow)]
    pub content: List<Object<Content<'a>>>,
    /// Of an `Event`.
    #[serde(borrow)]
    pub events: List<Object<Event<'a>>>,
    /// `Outbound`; `Inbound` for receipts about our messages.
    #[serde(borrow)]
    pub direction: Text<'a>,
    /// `Human` or `Bot`.
    #[serde(borrow)]
    pub originating_entity: Text<'a>,
    /// In every sample seen since 2025, though not in the schema.
    #[serde(borrow)]
    pub conversation_id: Id<'a>,
    /// Of a `Receipt`: `Sent`, `Delivered`, `Read`, `Failed`, `Published`, `Removed`.
    #[serde(borrow)]
    pub status: Text<'a>,
    /// Why it failed.
    #[serde(borrow)]
    pub reasons: List<Object<Reason<'a>>>,
    /// Of a `Receipt`.
    pub is_final_receipt: Flag,
}

/// Who speaks to whom.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Channel<'a> {
    /// Our message's id, for a receipt.
    #[serde(borrow)]
    pub message_id: Id<'a>,
    /// The user, for what goes to the user.
    #[serde(borrow)]
    pub to: Object<Party<'a>>,
    /// The integration; the user for receipts about our messages.
    #[serde(borrow)]
    pub from: Object<Party<'a>>,
    /// ISO 8601.
    #[serde(borrow)]
    pub time: Text<'a>,
}

/// One end of a channel.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Party<'a> {
    /// What the platform gave as `from.id`, or the integration's id.
    #[serde(borrow)]
    pub id: Id<'a>,
}

/// A part of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Content<'a> {
    /// `Attachment`, `QuickReply`, `Card` …
    #[serde(borrow)]
    pub content_type: Text<'a>,
    /// Of an `Attachment`.
    #[serde(borrow)]
    pub attachment: Object<Attachment<'a>>,
    /// Of a `QuickReply`.
    #[serde(borrow)]
    pub quick_reply: Object<QuickReply<'a>>,
    /// Of a `Card`.
    #[serde(borrow)]
    pub card: Object<Card<'a>>,
    /// Of a `Carousel`.
    #[serde(borrow)]
    pub carousel: Object<Carousel<'a>>,
    /// Of a `DatePicker`.
    #[serde(borrow)]
    pub date_picker: Object<DatePicker<'a>>,
    /// Of a `ListPicker`.
    #[serde(borrow)]
    pub list_picker: Object<ListPicker<'a>>,
    /// Of a `Location`.
    #[serde(borrow)]
    pub location: Object<Location<'a>>,
    /// Of a `Notification`.
    #[serde(borrow)]
    pub template: Object<Template<'a>>,
    /// Of a `QuickReplyV2`.
    #[serde(borrow)]
    pub quick_reply_v2: Object<QuickReplyV2<'a>>,
    /// Of a `RichLink`.
    #[serde(borrow)]
    pub rich_link: Object<RichLink<'a>>,
    /// Of a `Story`.
    #[serde(borrow)]
    pub story: Object<Announced<'a>>,
    /// Of an `InteractiveApplication`.
    #[serde(borrow)]
    pub interactive_application: Object<Announced<'a>>,
    /// Of a `Form`.
    #[serde(borrow)]
    pub form: Object<Announced<'a>>,
    /// Of a `PaymentRequest`.
    #[serde(borrow)]
    pub payment_request: Object<Announced<'a>>,
    /// Of a `Text`, and of what is newer than this.
    #[serde(borrow)]
    pub text: TextOrBody<'a>,
}

/// A question with buttons (`ConversationContentQuickReplyV2`).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct QuickReplyV2<'a> {
    /// The question.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// The buttons.
    #[serde(borrow)]
    pub actions: List<Object<QuickReply<'a>>>,
}

/// A link with words around it (`ConversationContentRichLink`).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RichLink<'a> {
    /// Above: text, or a picture.
    #[serde(borrow)]
    pub header: Object<RichLinkHeader<'a>>,
    /// The words.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// Below.
    #[serde(borrow)]
    pub footer: Text<'a>,
    /// What the link is called.
    #[serde(borrow)]
    pub url_label: Text<'a>,
    /// Where it leads.
    #[serde(borrow)]
    pub url: Text<'a>,
}

/// What is above a link.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RichLinkHeader<'a> {
    /// `Text`, `Image` …
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// The text, or the address of the picture.
    #[serde(borrow)]
    pub value: Text<'a>,
}

/// A kind of content that only Genesys's own channels can show, as far as it says what it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Announced<'a> {
    /// Its name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// What is shown for it (`ConversationContentReceivedReplyMessage`).
    #[serde(borrow)]
    pub received_message: Object<Titles<'a>>,
    /// What a form begins with (`ConversationContentIntroduction`).
    #[serde(borrow)]
    pub introduction: Object<Titles<'a>>,
    /// Where it is.
    #[serde(borrow)]
    pub url: Text<'a>,
}

/// What announces something.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Titles<'a> {
    /// Above.
    #[serde(borrow)]
    pub header: Text<'a>,
    /// The head.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// What is below the head.
    #[serde(borrow)]
    pub subtitle: Text<'a>,
}

/// A button.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct QuickReply<'a> {
    /// What is on it.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// What pressing it answers.
    #[serde(borrow)]
    pub payload: Text<'a>,
    /// Address of a picture.
    #[serde(borrow)]
    pub image: Text<'a>,
}

/// A card.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Card<'a> {
    /// Its head.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// What is below.
    #[serde(borrow)]
    pub description: Text<'a>,
    /// Address of a picture.
    #[serde(borrow)]
    pub image: Text<'a>,
    /// What pressing the card does.
    #[serde(borrow)]
    pub default_action: Object<CardAction<'a>>,
    /// Its buttons.
    #[serde(borrow)]
    pub actions: List<Object<CardAction<'a>>>,
}

/// A button of a card.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CardAction<'a> {
    /// `Link` or `Postback`.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// What is on it.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// What pressing a `Postback` answers.
    #[serde(borrow)]
    pub payload: Text<'a>,
    /// Where a `Link` leads.
    #[serde(borrow)]
    pub url: Text<'a>,
}

/// Cards side by side.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Carousel<'a> {
    /// The cards.
    #[serde(borrow)]
    pub cards: List<Object<Card<'a>>>,
}

/// A choice of times.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DatePicker<'a> {
    /// Its head.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// What is below.
    #[serde(borrow)]
    pub subtitle: Text<'a>,
    /// Address of a picture.
    #[serde(borrow)]
    pub image_url: Text<'a>,
    /// ISO 8601.
    #[serde(borrow)]
    pub date_minimum: Text<'a>,
    /// ISO 8601.
    #[serde(borrow)]
    pub date_maximum: Text<'a>,
    /// The times.
    #[serde(borrow)]
    pub available_times: List<Object<AvailableTime<'a>>>,
}

/// A time to choose.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AvailableTime<'a> {
    /// ISO 8601.
    #[serde(borrow)]
    pub date_time: Text<'a>,
    /// Seconds.
    pub duration: Whole,
}

/// A list to choose from.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListPicker<'a> {
    /// The question: what the customer is shown before the list opens.
    #[serde(borrow)]
    pub received_message: Object<Titles<'a>>,
    /// Its parts.
    #[serde(borrow)]
    pub sections: List<Object<Section<'a>>>,
}

/// A part of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Section<'a> {
    /// Its head.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// More than one may be chosen.
    pub multiple_selection: Flag,
    /// Its lines.
    #[serde(borrow)]
    pub items: List<Object<Item<'a>>>,
}

/// A line of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Item<'a> {
    /// For the answer.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// What it says.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// More about it.
    #[serde(borrow)]
    pub subtitle: Text<'a>,
    /// Address of a picture.
    #[serde(borrow)]
    pub image_url: Text<'a>,
}

/// A place.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Location<'a> {
    /// Degrees.
    pub latitude: Real,
    /// Degrees.
    pub longitude: Real,
    /// In one line.
    #[serde(borrow)]
    pub address: Text<'a>,
    /// What it is called.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// A map.
    #[serde(borrow)]
    pub url: Text<'a>,
}

/// A canned message.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Template<'a> {
    /// Its id.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// A language tag.
    #[serde(borrow)]
    pub language: Text<'a>,
    /// Above.
    #[serde(borrow)]
    pub header: Object<Words<'a>>,
    /// The text.
    #[serde(borrow)]
    pub body: Object<Words<'a>>,
    /// Below.
    #[serde(borrow)]
    pub footer: Object<Words<'a>>,
    /// What can be pressed.
    #[serde(borrow)]
    pub buttons: List<Object<Words<'a>>>,
}

/// A part of a canned message.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Words<'a> {
    /// The text.
    #[serde(borrow)]
    pub text: Text<'a>,
}

/// A file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Attachment<'a> {
    /// `Image`, `Video`, `Audio`, `File`, `Link`.
    #[serde(borrow)]
    pub media_type: Text<'a>,
    /// Where it is.
    #[serde(borrow)]
    pub url: Text<'a>,
    /// MIME type.
    #[serde(borrow)]
    pub mime: Text<'a>,
    /// Its name.
    #[serde(borrow)]
    pub filename: Text<'a>,
    /// The caption.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// In hex.
    #[serde(borrow)]
    pub sha256: Text<'a>,
    /// Bytes.
    pub content_size_bytes: Whole,
}

/// Something that is not said.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Event<'a> {
    /// `Typing`.
    #[serde(borrow)]
    pub event_type: Text<'a>,
    /// Of `Typing`.
    #[serde(borrow)]
    pub typing: Object<Typing<'a>>,
}

/// How long the agent types.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typing<'a> {
    /// `On`; `Off` is not documented, and not seen.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// Milliseconds.
    pub duration: Whole,
}

/// Why a message failed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reason<'a> {
    /// One of the receipt reason codes.
    #[serde(borrow)]
    pub code: Text<'a>,
    /// For people.
    #[serde(borrow)]
    pub message: Text<'a>,
}
