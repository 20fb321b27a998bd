//! The body that Genesys posts to the webhook (developer center, "Normalized message format").

use handover_guest::lenient::{Flag, Id, List, Object, Real, Text, TextOrBody, Whole};
use serde::Deserialize;

/// The body of a webhook. Its schema has no required properties.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OpenOutboundNormalizedMessage<'a> {
    /// Genesys's id of the message. In a receipt, the id of the platform's message.
    #[serde(borrow)]
    pub id: Id<'a>,
    /// The sender, the recipient and the time.
    #[serde(borrow)]
    pub channel: Object<Channel<'a>>,
    /// The type: `Text`, `Structured`, `Event` or `Receipt`.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// The text.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// The other parts.
    #[serde(borrow)]
    pub content: List<Object<Content<'a>>>,
    /// The events of an `Event`.
    #[serde(borrow)]
    pub events: List<Object<Event<'a>>>,
    /// The direction: `Outbound`, or `Inbound` in receipts for the platform's messages.
    #[serde(borrow)]
    pub direction: Text<'a>,
    /// The kind of author: `Human` or `Bot`.
    #[serde(borrow)]
    pub originating_entity: Text<'a>,
    /// The id of the conversation. Every sample since 2025 contains it, although the schema does not.
    #[serde(borrow)]
    pub conversation_id: Id<'a>,
    /// The status of a `Receipt`: `Sent`, `Delivered`, `Read`, `Failed`, `Published` or `Removed`.
    #[serde(borrow)]
    pub status: Text<'a>,
    /// The reasons of a failure.
    #[serde(borrow)]
    pub reasons: List<Object<Reason<'a>>>,
    /// Whether a `Receipt` is the last one for its message.
    pub is_final_receipt: Flag,
}

/// The sender, the recipient and the time of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Channel<'a> {
    /// The id of the message. In a receipt, the platform's id of its message.
    #[serde(borrow)]
    pub message_id: Id<'a>,
    /// The recipient: the user, except in receipts for the platform's messages.
    #[serde(borrow)]
    pub to: Object<Party<'a>>,
    /// The sender: the integration, or the user in receipts for the platform's messages.
    #[serde(borrow)]
    pub from: Object<Party<'a>>,
    /// The time, in ISO 8601.
    #[serde(borrow)]
    pub time: Text<'a>,
}

/// One end of a channel.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Party<'a> {
    /// The address that the platform sent as `from.id`, or the integration's id.
    #[serde(borrow)]
    pub id: Id<'a>,
}

/// A part of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Content<'a> {
    /// The type, such as `Attachment`, `QuickReply` or `Card`.
    #[serde(borrow)]
    pub content_type: Text<'a>,
    /// The content of an `Attachment`.
    #[serde(borrow)]
    pub attachment: Object<Attachment<'a>>,
    /// The content of a `QuickReply`.
    #[serde(borrow)]
    pub quick_reply: Object<QuickReply<'a>>,
    /// The content of a `Card`.
    #[serde(borrow)]
    pub card: Object<Card<'a>>,
    /// The content of a `Carousel`.
    #[serde(borrow)]
    pub carousel: Object<Carousel<'a>>,
    /// The content of a `DatePicker`.
    #[serde(borrow)]
    pub date_picker: Object<DatePicker<'a>>,
    /// The content of a `ListPicker`.
    #[serde(borrow)]
    pub list_picker: Object<ListPicker<'a>>,
    /// The content of a `Location`.
    #[serde(borrow)]
    pub location: Object<Location<'a>>,
    /// The content of a `Notification`.
    #[serde(borrow)]
    pub template: Object<Template<'a>>,
    /// The content of a `QuickReplyV2`.
    #[serde(borrow)]
    pub quick_reply_v2: Object<QuickReplyV2<'a>>,
    /// The content of a `RichLink`.
    #[serde(borrow)]
    pub rich_link: Object<RichLink<'a>>,
    /// The content of a `Story`.
    #[serde(borrow)]
    pub story: Object<Announced<'a>>,
    /// The content of an `InteractiveApplication`.
    #[serde(borrow)]
    pub interactive_application: Object<Announced<'a>>,
    /// The content of a `Form`.
    #[serde(borrow)]
    pub form: Object<Announced<'a>>,
    /// The content of a `PaymentRequest`.
    #[serde(borrow)]
    pub payment_request: Object<Announced<'a>>,
    /// The text of a `Text`, or of a type that is newer than this provider.
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

/// A link with text around it (`ConversationContentRichLink`).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RichLink<'a> {
    /// The header: a text or a picture.
    #[serde(borrow)]
    pub header: Object<RichLinkHeader<'a>>,
    /// The text.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// The footer.
    #[serde(borrow)]
    pub footer: Text<'a>,
    /// The label of the link.
    #[serde(borrow)]
    pub url_label: Text<'a>,
    /// The URL.
    #[serde(borrow)]
    pub url: Text<'a>,
}

/// The header of a link.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RichLinkHeader<'a> {
    /// The type, such as `Text` or `Image`.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// The text, or the URL of the picture.
    #[serde(borrow)]
    pub value: Text<'a>,
}

/// A kind of content that only Genesys's own channels can display, reduced to the fields that describe it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Announced<'a> {
    /// The name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// The texts that are displayed for it (`ConversationContentReceivedReplyMessage`).
    #[serde(borrow)]
    pub received_message: Object<Titles<'a>>,
    /// The introduction of a form (`ConversationContentIntroduction`).
    #[serde(borrow)]
    pub introduction: Object<Titles<'a>>,
    /// The URL.
    #[serde(borrow)]
    pub url: Text<'a>,
}

/// The texts that announce a kind of content.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Titles<'a> {
    /// The text above the title.
    #[serde(borrow)]
    pub header: Text<'a>,
    /// The title.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// The text below the title.
    #[serde(borrow)]
    pub subtitle: Text<'a>,
}

/// A button.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct QuickReply<'a> {
    /// The label.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// The payload of the answer.
    #[serde(borrow)]
    pub payload: Text<'a>,
    /// The URL of a picture.
    #[serde(borrow)]
    pub image: Text<'a>,
}

/// A card.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Card<'a> {
    /// The title.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// The text below the title.
    #[serde(borrow)]
    pub description: Text<'a>,
    /// The URL of a picture.
    #[serde(borrow)]
    pub image: Text<'a>,
    /// The action for pressing the card itself.
    #[serde(borrow)]
    pub default_action: Object<CardAction<'a>>,
    /// The buttons.
    #[serde(borrow)]
    pub actions: List<Object<CardAction<'a>>>,
}

/// A button of a card.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CardAction<'a> {
    /// The type: `Link` or `Postback`.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// The label.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// The payload of the answer, for a `Postback`.
    #[serde(borrow)]
    pub payload: Text<'a>,
    /// The URL of a `Link`.
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
    /// The title.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// The text below the title.
    #[serde(borrow)]
    pub subtitle: Text<'a>,
    /// The URL of a picture.
    #[serde(borrow)]
    pub image_url: Text<'a>,
    /// The earliest time, in ISO 8601.
    #[serde(borrow)]
    pub date_minimum: Text<'a>,
    /// The latest time, in ISO 8601.
    #[serde(borrow)]
    pub date_maximum: Text<'a>,
    /// The times to choose from.
    #[serde(borrow)]
    pub available_times: List<Object<AvailableTime<'a>>>,
}

/// A time to choose.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AvailableTime<'a> {
    /// The start, in ISO 8601.
    #[serde(borrow)]
    pub date_time: Text<'a>,
    /// The duration in seconds.
    pub duration: Whole,
}

/// A list to choose from.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListPicker<'a> {
    /// The question that the customer sees before the list opens.
    #[serde(borrow)]
    pub received_message: Object<Titles<'a>>,
    /// The sections.
    #[serde(borrow)]
    pub sections: List<Object<Section<'a>>>,
}

/// A section of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Section<'a> {
    /// The title.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// Whether the user can choose more than one item.
    pub multiple_selection: Flag,
    /// The items.
    #[serde(borrow)]
    pub items: List<Object<Item<'a>>>,
}

/// An item of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Item<'a> {
    /// The id, which is the payload of the answer.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// The text of the item.
    #[serde(borrow)]
    pub title: Text<'a>,
    /// More text.
    #[serde(borrow)]
    pub subtitle: Text<'a>,
    /// The URL of a picture.
    #[serde(borrow)]
    pub image_url: Text<'a>,
}

/// A geographic location.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Location<'a> {
    /// The latitude in degrees.
    pub latitude: Real,
    /// The longitude in degrees.
    pub longitude: Real,
    /// The postal address in one line.
    #[serde(borrow)]
    pub address: Text<'a>,
    /// The name of the location.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// The URL of a map.
    #[serde(borrow)]
    pub url: Text<'a>,
}

/// A canned message.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Template<'a> {
    /// The id.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// A language tag.
    #[serde(borrow)]
    pub language: Text<'a>,
    /// The text above the body.
    #[serde(borrow)]
    pub header: Object<Words<'a>>,
    /// The body.
    #[serde(borrow)]
    pub body: Object<Words<'a>>,
    /// The text below the body.
    #[serde(borrow)]
    pub footer: Object<Words<'a>>,
    /// The buttons.
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
    /// The kind: `Image`, `Video`, `Audio`, `File` or `Link`.
    #[serde(borrow)]
    pub media_type: Text<'a>,
    /// The URL.
    #[serde(borrow)]
    pub url: Text<'a>,
    /// The MIME type.
    #[serde(borrow)]
    pub mime: Text<'a>,
    /// The file name.
    #[serde(borrow)]
    pub filename: Text<'a>,
    /// The caption.
    #[serde(borrow)]
    pub text: Text<'a>,
    /// The SHA-256 digest, in hexadecimal.
    #[serde(borrow)]
    pub sha256: Text<'a>,
    /// The size in bytes.
    pub content_size_bytes: Whole,
}

/// An event other than a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Event<'a> {
    /// The type: `Typing`.
    #[serde(borrow)]
    pub event_type: Text<'a>,
    /// The details of `Typing`.
    #[serde(borrow)]
    pub typing: Object<Typing<'a>>,
}

/// A typing indicator.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typing<'a> {
    /// The type: `On`. `Off` is not documented and has not been seen.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// The duration in milliseconds.
    pub duration: Whole,
}

/// Why a message failed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reason<'a> {
    /// One of Genesys's receipt reason codes.
    #[serde(borrow)]
    pub code: Text<'a>,
    /// A text for people.
    #[serde(borrow)]
    pub message: Text<'a>,
}
