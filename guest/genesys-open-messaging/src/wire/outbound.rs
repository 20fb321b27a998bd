//! The body that Genesys posts to the webhook (developer center, "Normalized message format").

use handover_guest::json_types;

json_types! {
    /// The body of a webhook. Its schema has no required properties.
    pub struct OpenOutboundNormalizedMessage {
        /// Genesys's id of the message. In a receipt, the id of the platform's message.
        "id" => id: id,
        /// The sender, the recipient and the time.
        "channel" => channel: object(Channel),
        /// The type: `Text`, `Structured`, `Event` or `Receipt`.
        "type" => kind: text,
        /// The text.
        "text" => text: text,
        /// The other parts.
        "content" => content: objects(Content),
        /// The events of an `Event`.
        "events" => events: objects(Event),
        /// The direction: `Outbound`, or `Inbound` in receipts for the platform's messages.
        "direction" => direction: text,
        /// The kind of author: `Human` or `Bot`.
        "originatingEntity" => originating_entity: text,
        /// The id of the conversation. Every sample since 2025 contains it, although the schema does not.
        "conversationId" => conversation_id: id,
        /// The status of a `Receipt`: `Sent`, `Delivered`, `Read`, `Failed`, `Published` or `Removed`.
        "status" => status: text,
        /// The reasons of a failure.
        "reasons" => reasons: objects(Reason),
        /// Whether a `Receipt` is the last one for its message.
        "isFinalReceipt" => is_final_receipt: boolean,
    }

    /// The sender, the recipient and the time of a message.
    pub struct Channel {
        /// The id of the message. In a receipt, the platform's id of its message.
        "messageId" => message_id: id,
        /// The recipient: the user, except in receipts for the platform's messages.
        "to" => to: object(Party),
        /// The sender: the integration, or the user in receipts for the platform's messages.
        "from" => from: object(Party),
        /// The time, in ISO 8601.
        "time" => time: text,
    }

    /// One end of a channel.
    pub struct Party {
        /// The address that the platform sent as `from.id`, or the integration's id.
        "id" => id: id,
    }

    /// A part of a message.
    pub struct Content {
        /// The type, such as `Attachment`, `QuickReply` or `Card`.
        "contentType" => content_type: text,
        /// The content of an `Attachment`.
        "attachment" => attachment: object(Attachment),
        /// The content of a `QuickReply`.
        "quickReply" => quick_reply: object(QuickReply),
        /// The content of a `Card`.
        "card" => card: object(Card),
        /// The content of a `Carousel`.
        "carousel" => carousel: object(Carousel),
        /// The content of a `DatePicker`.
        "datePicker" => date_picker: object(DatePicker),
        /// The content of a `ListPicker`.
        "listPicker" => list_picker: object(ListPicker),
        /// The content of a `Location`.
        "location" => location: object(Location),
        /// The content of a `Notification`.
        "template" => template: object(Template),
        /// The content of a `QuickReplyV2`.
        "quickReplyV2" => quick_reply_v2: object(QuickReplyV2),
        /// The content of a `RichLink`.
        "richLink" => rich_link: object(RichLink),
        /// The content of a `Story`.
        "story" => story: object(Announced),
        /// The content of an `InteractiveApplication`.
        "interactiveApplication" => interactive_application: object(Announced),
        /// The content of a `Form`.
        "form" => form: object(Announced),
        /// The content of a `PaymentRequest`.
        "paymentRequest" => payment_request: object(Announced),
        /// The text of a `Text`, or of a type that is newer than this provider.
        "text" => text: text_or_body,
    }

    /// A question with buttons (`ConversationContentQuickReplyV2`).
    pub struct QuickReplyV2 {
        /// The question.
        "title" => title: text,
        /// The buttons.
        "actions" => actions: objects(QuickReply),
    }

    /// A link with text around it (`ConversationContentRichLink`).
    pub struct RichLink {
        /// The header: a text or a picture.
        "header" => header: object(RichLinkHeader),
        /// The text.
        "text" => text: text,
        /// The footer.
        "footer" => footer: text,
        /// The label of the link.
        "urlLabel" => url_label: text,
        /// The URL.
        "url" => url: text,
    }

    /// The header of a link.
    pub struct RichLinkHeader {
        /// The type, such as `Text` or `Image`.
        "type" => kind: text,
        /// The text, or the URL of the picture.
        "value" => value: text,
    }

    /// A kind of content that only Genesys's own channels can display, reduced to the fields that describe it.
    pub struct Announced {
        /// The name.
        "name" => name: text,
        /// The texts that are displayed for it (`ConversationContentReceivedReplyMessage`).
        "receivedMessage" => received_message: object(Titles),
        /// The introduction of a form (`ConversationContentIntroduction`).
        "introduction" => introduction: object(Titles),
        /// The URL.
        "url" => url: text,
    }

    /// The texts that announce a kind of content.
    pub struct Titles {
        /// The text above the title.
        "header" => header: text,
        /// The title.
        "title" => title: text,
        /// The text below the title.
        "subtitle" => subtitle: text,
    }

    /// A button.
    pub struct QuickReply {
        /// The label.
        "text" => text: text,
        /// The payload of the answer.
        "payload" => payload: text,
        /// The URL of a picture.
        "image" => image: text,
    }

    /// A card.
    pub struct Card {
        /// The title.
        "title" => title: text,
        /// The text below the title.
        "description" => description: text,
        /// The URL of a picture.
        "image" => image: text,
        /// The action for pressing the card itself.
        "defaultAction" => default_action: object(CardAction),
        /// The buttons.
        "actions" => actions: objects(CardAction),
    }

    /// A button of a card.
    pub struct CardAction {
        /// The type: `Link` or `Postback`.
        "type" => kind: text,
        /// The label.
        "text" => text: text,
        /// The payload of the answer, for a `Postback`.
        "payload" => payload: text,
        /// The URL of a `Link`.
        "url" => url: text,
    }

    /// Cards side by side.
    pub struct Carousel {
        /// The cards.
        "cards" => cards: objects(Card),
    }

    /// A choice of times.
    pub struct DatePicker {
        /// The title.
        "title" => title: text,
        /// The text below the title.
        "subtitle" => subtitle: text,
        /// The URL of a picture.
        "imageUrl" => image_url: text,
        /// The earliest time, in ISO 8601.
        "dateMinimum" => date_minimum: text,
        /// The latest time, in ISO 8601.
        "dateMaximum" => date_maximum: text,
        /// The times to choose from.
        "availableTimes" => available_times: objects(AvailableTime),
    }

    /// A time to choose.
    pub struct AvailableTime {
        /// The start, in ISO 8601.
        "dateTime" => date_time: text,
        /// The duration in seconds.
        "duration" => duration: integer,
    }

    /// A list to choose from.
    pub struct ListPicker {
        /// The question that the customer sees before the list opens.
        "receivedMessage" => received_message: object(Titles),
        /// The sections.
        "sections" => sections: objects(Section),
    }

    /// A section of a list.
    pub struct Section {
        /// The title.
        "title" => title: text,
        /// Whether the user can choose more than one item.
        "multipleSelection" => multiple_selection: boolean,
        /// The items.
        "items" => items: objects(Item),
    }

    /// An item of a list.
    pub struct Item {
        /// The id, which is the payload of the answer.
        "id" => id: text,
        /// The text of the item.
        "title" => title: text,
        /// More text.
        "subtitle" => subtitle: text,
        /// The URL of a picture.
        "imageUrl" => image_url: text,
    }

    /// A geographic location.
    pub struct Location {
        /// The latitude in degrees.
        "latitude" => latitude: number,
        /// The longitude in degrees.
        "longitude" => longitude: number,
        /// The postal address in one line.
        "address" => address: text,
        /// The name of the location.
        "text" => text: text,
        /// The URL of a map.
        "url" => url: text,
    }

    /// A canned message.
    pub struct Template {
        /// The id.
        "id" => id: text,
        /// A language tag.
        "language" => language: text,
        /// The text above the body.
        "header" => header: object(Words),
        /// The body.
        "body" => body: object(Words),
        /// The text below the body.
        "footer" => footer: object(Words),
        /// The buttons.
        "buttons" => buttons: objects(Words),
    }

    /// A part of a canned message.
    pub struct Words {
        /// The text.
        "text" => text: text,
    }

    /// A file.
    pub struct Attachment {
        /// The kind: `Image`, `Video`, `Audio`, `File` or `Link`.
        "mediaType" => media_type: text,
        /// The URL.
        "url" => url: text,
        /// The MIME type.
        "mime" => mime: text,
        /// The file name.
        "filename" => filename: text,
        /// The caption.
        "text" => text: text,
        /// The SHA-256 digest, in hexadecimal.
        "sha256" => sha256: text,
        /// The size in bytes.
        "contentSizeBytes" => content_size_bytes: integer,
    }

    /// An event other than a message.
    pub struct Event {
        /// The type: `Typing`.
        "eventType" => event_type: text,
        /// The details of `Typing`.
        "typing" => typing: object(Typing),
    }

    /// A typing indicator.
    pub struct Typing {
        /// The type: `On`. `Off` is not documented and has not been seen.
        "type" => kind: text,
        /// The duration in milliseconds.
        "duration" => duration: integer,
    }

    /// Why a message failed.
    pub struct Reason {
        /// One of Genesys's receipt reason codes.
        "code" => code: text,
        /// A text for people.
        "message" => message: text,
    }
}
