//! What the platform says, as requests for Genesys. Built once, delivered as they are, now or later.
//!
//! A request's body is what `delivery` posts, byte for byte, except for [`LEAVE`], which takes more than one request.

mod attachment;
mod attributes;
mod media_type;
mod split;
mod transcript;

pub use attributes::is_uuid;

use crate::contract::*;
use crate::invisible::is_invisible;
use crate::public_url::fetchable;
use crate::settings::{MessagePolicy, Thread};
use crate::time;
use crate::wire::inbound::{
    ButtonResponse, Channel, ChannelMetadata, Content, Event, From, OpenInboundNormalizedEvent,
    OpenInboundNormalizedMessage, OpenInboundNormalizedReceipt, OpenInboundStructuredResponseMessage, Reason,
    ReceiptChannel, To,
};
use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use split::split;
use transcript::transcript;

/// Posts a message.
pub const MESSAGE: &str = "inbound/open/message";
/// Posts an event.
pub const EVENT: &str = "inbound/open/event";
/// Posts an answer to something structured.
pub const ANSWER: &str = "inbound/open/structured/response";
/// Posts a receipt.
pub const RECEIPT: &str = "inbound/open/receipt";
/// Closes the conversation, or says that the user left.
pub const LEAVE: &str = "leave";

/// Genesys shows typing for so long, in milliseconds ("Open Messaging" of the developer center, events).
const TYPING_TTL_MS: u32 = 5000;
/// Bytes of an id of the platform's.
const LONGEST_ID: usize = 100;
/// Bytes of a recipient.
const LONGEST_RECIPIENT: usize = 256;

/// The body of a [`LEAVE`] request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leave<'a> {
    /// The conversation to close.
    #[serde(borrow)]
    pub conversation_id: Cow<'a, str>,
    /// The body of the [`MESSAGE`] to post when that is not permitted.
    #[serde(borrow)]
    pub otherwise: Cow<'a, str>,
}

/// Builds the requests for one outbound message.
pub fn build(
    settings: &[Setting],
    conversation: &Conversation,
    outbound: &Outbound,
) -> Result<Vec<ProviderRequest>, Unsupported> {
    let builder = Builder::new(settings, conversation, outbound)?;
    match &outbound.message {
        OutboundMessage::Start(start) => builder.start(start),
        OutboundMessage::Text(text) => builder.text(text),
        OutboundMessage::Attachment(file) => builder.attachment(file),
        OutboundMessage::Typing => builder.typing(),
        OutboundMessage::Answer(answer) => builder.answer(answer),
        OutboundMessage::Receipt(receipt) => builder.receipt(receipt),
        OutboundMessage::Leave(_) => builder.leave(),
    }
}

struct Builder<'a> {
    policy: MessagePolicy,
    conversation: &'a Conversation,
    outbound: &'a Outbound,
    /// The user's address at Genesys.
    address: String,
}

impl<'a> Builder<'a> {
    fn new(settings: &[Setting], conversation: &'a Conversation, outbound: &'a Outbound) -> Result<Self, Unsupported> {
        let id = &outbound.id;
        if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err(invalid("outbound.id", "1 to 100 visible ASCII characters without #"));
        }
        if !(1..=LONGEST_RECIPIENT).contains(&conversation.recipient.len()) {
            return Err(invalid("conversation.recipient", "1 to 256 bytes"));
        }
        let policy = MessagePolicy::of(settings).map_err(|_| Unsupported::InvalidSettings)?;
        let address = policy.thread.address(conversation);
        Ok(Self { policy, conversation, outbound, address })
    }

    fn start(&self, start: &HandoverStart) -> Result<Vec<ProviderRequest>, Unsupported> {
        // A conversation of its own has nothing of what earlier agents were sent.
        let sent_until = start.delivered_until.filter(|_| self.policy.thread == Thread::PerRecipient);
        let transcript = transcript(start, sent_until, self.policy.text_limit)?;
        let words = start.text.as_deref().map(str::trim).filter(|text| is_visible(text));
        let words = words.unwrap_or(&self.policy.start_text);
        let texts = transcript.iter().map(String::as_str).chain(self.split(words));
        // The flow reads the attributes before anything else, so they are on the first message or come too late.
        let custom_attributes = attributes::attributes(&self.policy, self.conversation, start)?;
        let mut attributes = Some(ChannelMetadata { custom_attributes });
        let profile = start.profile.as_ref().filter(|_| self.policy.send_profile);
        let from = profile.map_or_else(|| self.anonymous(), |profile| self.introduced(profile));
        (0..).zip(texts).map(|(part, text)| self.words(part, text, from.clone(), attributes.take())).collect()
    }

    fn text(&self, text: &str) -> Result<Vec<ProviderRequest>, Unsupported> {
        if !is_visible(text) {
            return Err(invalid("text", "words"));
        }
        (0..).zip(self.split(text)).map(|(part, text)| self.words(part, text, self.anonymous(), None)).collect()
    }

    fn attachment(&self, file: &Attachment) -> Result<Vec<ProviderRequest>, Unsupported> {
        let attachment = attachment::attachment(file)?;
        let mut captions = self.split(file.caption.as_deref().filter(|caption| is_visible(caption)).unwrap_or(""));
        let content = vec![Content { attachment }];
        let mut requests = vec![self.message(0, captions.next(), content, self.anonymous(), None)?];
        for (part, text) in (1..).zip(captions) {
            requests.push(self.words(part, text, self.anonymous(), None)?);
        }
        Ok(requests)
    }

    fn typing(&self) -> Result<Vec<ProviderRequest>, Unsupported> {
        // An event without a conversation may make one (Genesys does not say), and nobody would know of it.
        known(self.conversation).ok_or(Unsupported::NoConversation)?;
        let channel = Channel { from: self.anonymous(), time: self.time(0)?, message_id: None, metadata: None };
        let event = OpenInboundNormalizedEvent { channel, events: [Event { event_type: "Typing" }] };
        let request = self.request(&self.outbound.id, EVENT, &event)?;
        Ok(vec![ProviderRequest { ttl_ms: Some(TYPING_TTL_MS), ..request }])
    }

    fn answer(&self, answer: &StructuredAnswer) -> Result<Vec<ProviderRequest>, Unsupported> {
        if answer.message_id.trim().is_empty() {
            return Err(invalid("answer.message-id", "the id of the message that held what was pressed"));
        }
        let (text, payload) = match (is_visible(&answer.text), is_visible(&answer.payload)) {
            (true, true) => (&answer.text, &answer.payload),
            (true, false) => (&answer.text, &answer.text),
            (false, true) => (&answer.payload, &answer.payload),
            (false, false) => return Err(invalid("answer.payload", "what the pressed thing stands for")),
        };
        for (field, value) in [("answer.text", text), ("answer.payload", payload)] {
            if value.chars().count() > self.policy.text_limit {
                return Err(invalid(field, &format!("at most {} characters", self.policy.text_limit)));
            }
        }
        let kind = match answer.kind {
            AnswerKind::QuickReply => "QuickReply",
            AnswerKind::Button => "Button",
            AnswerKind::Date => "DatePicker",
        };
        let id = &self.outbound.id;
        let channel = Channel { from: self.anonymous(), time: self.time(0)?, message_id: Some(id), metadata: None };
        let button_response = ButtonResponse { kind: kind.into(), text: text.into(), payload: payload.into() };
        let originating_message_id = (&answer.message_id).into();
        let response = OpenInboundStructuredResponseMessage { channel, button_response, originating_message_id };
        Ok(vec![self.request(id, ANSWER, &response)?])
    }

    fn receipt(&self, receipt: &DeliveryReceipt) -> Result<Vec<ProviderRequest>, Unsupported> {
        if receipt.message_id.trim().is_empty() {
            return Err(invalid("receipt.message-id", "the id of the agent's message"));
        }
        let (status, reasons) = match receipt.outcome {
            ReceiptOutcome::Delivered => ("Delivered", Vec::new()),
            ReceiptOutcome::Failed(reason) => ("Failed", vec![reason_of(reason)]),
        };
        let to = To { id: &self.address, id_type: ID_TYPE };
        let receipt = OpenInboundNormalizedReceipt {
            id: &receipt.message_id,
            channel: ReceiptChannel { to, time: self.time(0)? },
            status,
            reasons,
            is_final_receipt: true,
        };
        Ok(vec![self.request(&self.outbound.id, RECEIPT, &receipt)?])
    }

    fn leave(&self) -> Result<Vec<ProviderRequest>, Unsupported> {
        let farewell = self.words(0, &self.policy.leave_text, self.anonymous(), None)?;
        let Some(conversation_id) = known(self.conversation) else {
            // Without its id a conversation cannot be closed; the agent can be told all the same.
            return Ok(vec![farewell]);
        };
        let otherwise = String::from_utf8_lossy(&farewell.body);
        Ok(vec![self.request(
            &self.outbound.id,
            LEAVE,
            &Leave { conversation_id: conversation_id.into(), otherwise },
        )?])
    }

    fn split<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> + use<'t> {
        split(text, self.policy.text_limit)
    }

    fn words(
        &self,
        part: u32,
        text: &str,
        from: From<'_>,
        metadata: Option<ChannelMetadata>,
    ) -> Result<ProviderRequest, Unsupported> {
        self.message(part, Some(text), Vec::new(), from, metadata)
    }

    fn message(
        &self,
        part: u32,
        text: Option<&str>,
        content: Vec<Content<'_>>,
        from: From<'_>,
        metadata: Option<ChannelMetadata>,
    ) -> Result<ProviderRequest, Unsupported> {
        let id = match part {
            0 => self.outbound.id.clone(),
            part => format!("{}#{}", self.outbound.id, part + 1),
        };
        let channel = Channel { from, time: self.time(part)?, message_id: Some(&id), metadata };
        self.request(&id, MESSAGE, &OpenInboundNormalizedMessage { channel, text, content })
    }

    fn request(&self, key: &str, operation: &str, body: &impl Serialize) -> Result<ProviderRequest, Unsupported> {
        // Only a map with keys that are no strings, or a failing writer, could go wrong here.
        let body = serde_json::to_vec(body).map_err(|_| Unsupported::Kind("what JSON cannot hold".into()))?;
        Ok(ProviderRequest {
            idempotency_key: key.into(),
            recipient: self.conversation.recipient.clone(),
            operation: operation.into(),
            ttl_ms: None,
            body,
        })
    }

    /// Parts of one message follow one another by a millisecond: id and time together must be unique.
    fn time(&self, part: u32) -> Result<String, Unsupported> {
        let time = self.outbound.time.saturating_add(u64::from(part));
        time::format(time).ok_or_else(|| invalid("outbound.time", "a time before the year 10000"))
    }

    fn anonymous(&self) -> From<'_> {
        From {
            id: &self.address,
            id_type: ID_TYPE,
            nickname: None,
            first_name: None,
            last_name: None,
            email: None,
            image: None,
        }
    }

    fn introduced<'p>(&'p self, profile: &'p Profile) -> From<'p> {
        let (first_name, last_name) = (given(&profile.first_name), given(&profile.last_name));
        let both = || [first_name, last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let nickname = given(&profile.name).map_or_else(both, ToString::to_string);
        From {
            nickname: Some(nickname).filter(|name| !name.is_empty()),
            first_name,
            last_name,
            email: given(&profile.email),
            // A picture that cannot be fetched must not keep the handover from starting.
            image: given(&profile.picture).and_then(fetchable),
            ..self.anonymous()
        }
    }
}

/// The address says nothing to Genesys.
const ID_TYPE: &str = "Opaque";

/// The conversation's id, if it is known.
pub(crate) fn known(conversation: &Conversation) -> Option<&str> {
    conversation.id.as_deref().filter(|id| !id.is_empty())
}

/// Genesys's code for it, and words that the agent may be shown.
fn reason_of(reason: FailureReason) -> Reason {
    let (code, message) = match reason {
        FailureReason::Expired => ("MessageExpired", "The message came too late."),
        FailureReason::RateLimited => ("RateLimited", "The user's channel took no more messages."),
        FailureReason::NotAllowed => ("MessageNotAllowed", "The user's channel does not permit the message."),
        FailureReason::Unsupported => ("UnsupportedMessage", "The user's channel cannot show such a message."),
        FailureReason::UserGone => ("InvalidDestination", "The user has left the chat."),
        FailureReason::MediaTypeNotAllowed => ("MediaTypeNotAllowed", "The user's channel does not take such files."),
        FailureReason::MediaTooLarge => ("InvalidMediaContentLength", "The file is too large for the user's channel."),
        FailureReason::OptedOut => ("RecipientOptedOut", "The user wants no messages."),
        FailureReason::Other => ("GeneralError", "The message could not be shown to the user."),
    };
    Reason { code, message }
}

/// What somebody filled in, without the blanks around it.
fn given(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| is_visible(text))
}

/// Whether there is anything to see.
fn is_visible(text: &str) -> bool {
    !text.chars().all(is_invisible)
}

fn invalid(field: &str, expected: &str) -> Unsupported {
    Unsupported::Invalid(InvalidField { field: field.into(), expected: expected.into() })
}
