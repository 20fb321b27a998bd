//! Parses the bodies of the inbound endpoints of the "Open Messaging API": message, event, receipt and structured
//! response. No I/O.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use url::{Host, Url};

use crate::config::{CustomAttributes, Unconfirmed};
use crate::state::conversations::{Customer, DeliveryState};
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

const ID_TYPES: [&str; 3] = ["Email", "Phone", "Opaque"];
const MEDIA_TYPES: [&str; 5] = ["Image", "Video", "Audio", "File", "Link"];
const EVENT_TYPES: [&str; 1] = ["Typing"];
const BUTTON_TYPES: [&str; 3] = ["Button", "QuickReply", "DatePicker"];
const RECEIPT_STATUSES: [&str; 5] = ["Sent", "Delivered", "Failed", "Published", "Removed"];
const REASON_CODES: [&str; 13] = [
    "MessageExpired",
    "RateLimited",
    "MessageNotAllowed",
    "GeneralError",
    "UnsupportedMessage",
    "UnknownMessage",
    "InvalidMessageStructure",
    "InvalidDestination",
    "ServerError",
    "MediaTypeNotAllowed",
    "InvalidMediaContentLength",
    "RecipientOptedOut",
    "DataFiltered",
];

/// `channel` of a message, event or structured response.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) from: Customer,
    pub(crate) time: Timestamp,
    pub(crate) message_id: Option<String>,
    /// `metadata.customAttributes`. The published schema lacks it, but every vendor's documentation has it.
    pub(crate) custom_attributes: BTreeMap<String, String>,
}

/// `OpenInboundNormalizedMessage`.
#[derive(Clone, Debug)]
pub(crate) struct InboundMessage {
    pub(crate) channel: Channel,
    pub(crate) text: Option<String>,
    pub(crate) attachment: Option<Attachment>,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// A valid `ConversationContentAttachment`. `json` contains it as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    pub(crate) mime: String,
    pub(crate) json: Value,
}

/// `OpenInboundNormalizedEvent`. Typing is the only event.
#[derive(Clone, Debug)]
pub(crate) struct InboundEvent {
    pub(crate) channel: Channel,
}

/// `OpenInboundNormalizedReceipt`.
#[derive(Clone, Debug)]
pub(crate) struct InboundReceipt {
    /// The message id that Genesys assigned.
    pub(crate) id: String,
    pub(crate) to: Customer,
    pub(crate) time: Timestamp,
    pub(crate) status: &'static str,
    pub(crate) delivery: DeliveryState,
    pub(crate) reasons: Vec<Value>,
    pub(crate) is_final: Option<bool>,
}

/// `OpenInboundStructuredResponseMessage`.
#[derive(Clone, Debug)]
pub(crate) struct InboundStructuredResponse {
    pub(crate) channel: Channel,
    pub(crate) button_type: &'static str,
    pub(crate) text: String,
    pub(crate) payload: String,
    pub(crate) originating_message_id: String,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl InboundMessage {
    /// Parses the body of `…/inbound/open/message`.
    pub(crate) fn read(body: &Value, unconfirmed: &Unconfirmed) -> Result<Self, ApiError> {
        let body = Object::body(body)?;
        let channel = read_channel(&body, unconfirmed)?;
        // Unconfirmed: an empty text counts as absent.
        let text = body.owned_text("text")?.filter(|text| !text.is_empty());
        let limit = unconfirmed.max_text_characters;
        if exceeds(limit, text.as_ref().map_or(0, |text| text.chars().count())) {
            return Err(ApiError::bad_request(format!("The text has more than {limit} characters.")));
        }
        let content = body.objects("content")?;
        if content.len() > 1 {
            return Err(ApiError::bad_request("Only one attachment is allowed per message."));
        }
        let attachment = content.first().map(|item| read_attachment(item, unconfirmed)).transpose()?;
        if text.is_none() && attachment.is_none() {
            return Err(ApiError::neither_text_nor_content());
        }
        Ok(Self { channel, text, attachment, metadata: body.string_map("metadata")? })
    }
}

impl InboundEvent {
    /// Parses the body of `…/inbound/open/event`.
    pub(crate) fn read(body: &Value, unconfirmed: &Unconfirmed) -> Result<Self, ApiError> {
        let body = Object::body(body)?;
        let channel = read_channel(&body, unconfirmed)?;
        let events = body.objects("events")?;
        if events.is_empty() {
            return Err(ApiError::missing_field("events"));
        }
        for event in events {
            event.required_choice("eventType", "EventType", &EVENT_TYPES)?;
        }
        Ok(Self { channel })
    }
}

impl InboundReceipt {
    /// Parses the body of `…/inbound/open/receipt`.
    pub(crate) fn read(body: &Value) -> Result<Self, ApiError> {
        let body = Object::body(body)?;
        let id = body.required_text("id")?.to_owned();
        let channel = body.required_object("channel")?;
        let to = channel.required_object("to")?;
        let to = Customer {
            id: to.required_text("id")?.to_owned(),
            id_type: to.required_choice_in_any_case("idType", "IdType", &ID_TYPES)?,
            ..Customer::default()
        };
        let time = channel.required_time("time")?;
        let status = body.required_choice("status", "Status", &RECEIPT_STATUSES)?;
        let reasons = read_reasons(&body)?;
        // The schema allows more than the developer center's page on receipts lists as supported.
        let delivery = match status {
            "Delivered" if reasons.is_empty() => DeliveryState::Delivered,
            "Delivered" => return Err(ApiError::bad_request("Reasons are allowed only with the status Failed.")),
            "Failed" => DeliveryState::Failed,
            _ => return Err(ApiError::bad_request("Only the statuses Delivered and Failed are supported.")),
        };
        Ok(Self { id, to, time, status, delivery, reasons, is_final: body.boolean("isFinalReceipt")? })
    }
}

impl InboundStructuredResponse {
    /// Parses the body of `…/inbound/open/structured/response`.
    pub(crate) fn read(body: &Value, unconfirmed: &Unconfirmed) -> Result<Self, ApiError> {
        let body = Object::body(body)?;
        let channel = read_channel(&body, unconfirmed)?;
        let button = body.required_object("buttonResponse")?;
        Ok(Self {
            channel,
            button_type: button.required_choice("type", "ButtonResponseType", &BUTTON_TYPES)?,
            text: button.required_text("text")?.to_owned(),
            payload: button.required_text("payload")?.to_owned(),
            originating_message_id: body.required_text("originatingMessageId")?.to_owned(),
            metadata: body.string_map("metadata")?,
        })
    }
}

/// Whether `size` is greater than `limit`. A `limit` of 0 means no limit.
fn exceeds(limit: u32, size: usize) -> bool {
    limit > 0 && size > usize::try_from(limit).unwrap_or(usize::MAX)
}

fn read_channel(body: &Object<'_>, unconfirmed: &Unconfirmed) -> Result<Channel, ApiError> {
    let channel = body.required_object("channel")?;
    let from = channel.required_object("from")?;
    Ok(Channel {
        from: Customer {
            id: from.required_text("id")?.to_owned(),
            id_type: from.required_choice_in_any_case("idType", "IdType", &ID_TYPES)?,
            nickname: from.owned_text("nickname")?,
            first_name: from.owned_text("firstName")?,
            last_name: from.owned_text("lastName")?,
            image: from.owned_text("image")?,
            email: from.owned_text("email")?,
        },
        time: channel.required_time("time")?,
        message_id: channel.owned_text("messageId")?,
        custom_attributes: read_custom_attributes(&channel, unconfirmed)?,
    })
}

/// Reads `metadata.customAttributes`, which is free-form. A value that is not a string becomes its JSON text. If the
/// field is not an object, there are no attributes.
fn read_custom_attributes(
    channel: &Object<'_>,
    unconfirmed: &Unconfirmed,
) -> Result<BTreeMap<String, String>, ApiError> {
    let Some(metadata) = channel.object("metadata")? else { return Ok(BTreeMap::new()) };
    let Ok(Some(attributes)) = metadata.object("customAttributes") else { return Ok(BTreeMap::new()) };
    let text_of = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match unconfirmed.custom_attributes {
        CustomAttributes::Accepted => {}
        CustomAttributes::Ignored => return Ok(BTreeMap::new()),
        CustomAttributes::Refused => return Err(ApiError::malformed_field(&metadata.path("customAttributes"))),
    }
    let attributes: BTreeMap<_, _> = attributes.entries().map(|(key, value)| (key.clone(), text_of(value))).collect();
    let bytes = attributes.iter().map(|(key, value)| key.len() + value.len()).sum();
    if exceeds(unconfirmed.max_custom_attributes, attributes.len())
        || exceeds(unconfirmed.max_custom_attribute_bytes, bytes)
    {
        return Err(ApiError::bad_request("There are too many custom attributes."));
    }
    Ok(attributes)
}

fn read_attachment(item: &Object<'_>, unconfirmed: &Unconfirmed) -> Result<Attachment, ApiError> {
    let attachment = item.required_object("attachment")?;
    attachment.required_choice("mediaType", "MediaType", &MEDIA_TYPES)?;
    let mime = attachment.required_text("mime")?.to_owned();
    let text = attachment.required_text("url")?;
    // A URL contains only ASCII characters and no spaces (RFC 3986, section 2). `Url::parse` would correct them, as
    // browsers do.
    let has_valid_characters = text.bytes().all(|byte| byte.is_ascii_graphic());
    let url = Url::parse(text).ok().filter(|url| has_valid_characters && matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| ApiError::malformed_field(&attachment.path("url")))?;
    if unconfirmed.refuse_private_attachments && !is_public(&url) {
        return Err(ApiError::bad_request("The attachment cannot be fetched."));
    }
    for optional in ["id", "text", "sha256", "filename"] {
        attachment.text(optional)?;
    }
    let json = attachment.entries().map(|(key, value)| (key.clone(), value.clone())).collect();
    Ok(Attachment { mime, json: Value::Object(json) })
}

/// Whether Genesys Cloud could fetch `url`: it uses `https`, and its host is not a private address or name.
fn is_public(url: &Url) -> bool {
    let public_host = match url.host() {
        Some(Host::Ipv4(address)) => {
            !address.is_private() && !address.is_loopback() && !address.is_link_local() && !address.is_unspecified()
        }
        Some(Host::Ipv6(address)) => !address.is_loopback() && !address.is_unique_local() && !address.is_unspecified(),
        Some(Host::Domain(name)) => name.contains('.') && !name.ends_with(".local") && !name.ends_with(".internal"),
        None => false,
    };
    url.scheme() == "https" && public_host
}

fn read_reasons(body: &Object<'_>) -> Result<Vec<Value>, ApiError> {
    let read = |reason: &Object<'_>| {
        let message = reason.required_text("message")?;
        Ok(match reason.choice("code", "Code", &REASON_CODES)? {
            Some(code) => json!({ "code": code, "message": message }),
            None => json!({ "message": message }),
        })
    };
    body.objects("reasons")?.iter().map(read).collect()
}
