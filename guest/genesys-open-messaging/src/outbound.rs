//! Builds requests for Genesys from the platform's messages. They are built once and delivered unchanged.
//!
//! `delivery` posts the body of a message, an event or a receipt byte for byte. The other operations require more than one
//! HTTP request, or the id of the conversation in the path.

mod annotation;
mod attachment;
mod attributes;
mod callback;
mod fields;
mod media_type;
mod request;
mod routing;
mod survey;
mod transcript;

use crate::ids::conversation_id;
use crate::operations::{AGENTLESS, ANSWER, EVENT, LEAVE, Leave, MESSAGE, ProactiveText, RECEIPT};
use crate::public_url::fetchable;
use crate::settings::{MessagePolicy, RecipientType, Thread};
use crate::wire::inbound::{
    ButtonResponse, Channel, ChannelMetadata, Content, Event, From, OpenInboundNormalizedEvent,
    OpenInboundNormalizedMessage, OpenInboundNormalizedReceipt, OpenInboundStructuredResponseMessage, Reason,
    ReceiptChannel, To,
};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use fields::{given, is_phone_number};
use handover_guest::contract::*;
use handover_guest::outbound::{check_numbers, invalid, is_visible, part_key};
use handover_guest::split::split;
use handover_guest::time;
use serde::Serialize;
use transcript::transcript;

/// The time for which Genesys shows that the user is typing, in milliseconds ("Open Messaging" of the developer center,
/// events).
const TYPING_TTL_MS: u32 = 5000;
/// The maximum length of an agentless message, in characters ("Agentless outbound messaging" of the developer center).
const MAX_AGENTLESS_CHARACTERS: usize = 2000;
/// The maximum length of a recipient, in bytes.
const MAX_RECIPIENT_BYTES: usize = 256;

/// Builds the requests for one outbound message.
pub fn build(
    policy: &MessagePolicy<'_>,
    conversation: &Conversation,
    outbound: &Outbound,
) -> Result<Vec<ProviderRequest>, Unsupported> {
    let builder = Builder::new(policy, conversation, outbound)?;
    match &outbound.message {
        OutboundMessage::Start(start) => builder.start(start),
        OutboundMessage::Text(text) => builder.text(text),
        OutboundMessage::Attachment(file) => builder.attachment(file),
        OutboundMessage::Typing => builder.typing(),
        OutboundMessage::Answer(answer) => builder.answer(answer),
        OutboundMessage::Receipt(receipt) => builder.receipt(receipt),
        OutboundMessage::Leave(_) => builder.leave(),
        OutboundMessage::Reroute(routing) => routing::reroute(conversation, outbound, routing),
        OutboundMessage::Annotate(annotation) => annotation::annotate(conversation, outbound, annotation),
        OutboundMessage::Callback(request) => callback::callback(policy, conversation, outbound, request),
        OutboundMessage::ProactiveText(text) => builder.proactive_text(text),
        OutboundMessage::RequestSurvey => survey::invitation(policy.survey_form, conversation, outbound),
        OutboundMessage::SurveyScore(answer) => survey::score(conversation, outbound, answer),
    }
}

struct Builder<'a> {
    policy: &'a MessagePolicy<'a>,
    conversation: &'a Conversation,
    outbound: &'a Outbound,
    /// The user's address at Genesys.
    address: String,
}

impl<'a> Builder<'a> {
    fn new(
        policy: &'a MessagePolicy<'a>,
        conversation: &'a Conversation,
        outbound: &'a Outbound,
    ) -> Result<Self, Unsupported> {
        check_numbers(conversation, outbound)?;
        if !(1..=MAX_RECIPIENT_BYTES).contains(&conversation.recipient.len()) {
            return Err(invalid("conversation.recipient", "1 to 256 bytes"));
        }
        match policy.recipient_type {
            RecipientType::Phone if !is_phone_number(&conversation.recipient) => {
                return Err(invalid("conversation.recipient", "a telephone number in international format"));
            }
            RecipientType::Email if !conversation.recipient.contains('@') => {
                return Err(invalid("conversation.recipient", "an email address"));
            }
            RecipientType::Opaque | RecipientType::Phone | RecipientType::Email => {}
        }
        let address = policy.thread.address(conversation);
        Ok(Self { policy, conversation, outbound, address })
    }

    fn start(&self, start: &HandoverStart) -> Result<Vec<ProviderRequest>, Unsupported> {
        // A new conversation does not contain the lines that earlier handovers delivered.
        let sent_until = start.delivered_until.filter(|_| self.policy.thread == Thread::PerRecipient);
        let transcript = transcript(start, sent_until, self.policy.text_limit)?;
        let words = start.text.as_deref().map(str::trim).filter(|text| is_visible(text));
        let words = words.unwrap_or(self.policy.start_text);
        let summary = given(&start.summary).filter(|_| self.policy.summary.is_text());
        let summary = summary.map(|text| transcript::summary(text, self.policy.text_limit)).unwrap_or_default();
        let texts = summary.iter().chain(&transcript).map(String::as_str).chain(self.split(words));
        // The flow reads the attributes first, so the first message must contain them.
        let custom_attributes = attributes::attributes(self.policy, self.conversation, start)?;
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

    /// Builds a text that the contact center sends to the user.
    fn proactive_text(&self, text: &str) -> Result<Vec<ProviderRequest>, Unsupported> {
        if !is_visible(text) {
            return Err(invalid("proactive-text", "words"));
        }
        let request = |(part, text): (u32, &str)| {
            let body = ProactiveText { to: &self.address, text };
            self.request(&part_key(self.outbound, part), AGENTLESS, &body)
        };
        (0..).zip(split(text, MAX_AGENTLESS_CHARACTERS)).map(request).collect()
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
        // Genesys does not document whether an event without a conversation creates one. The platform would not know
        // that conversation.
        conversation_id(self.conversation).ok_or(Unsupported::NoConversation)?;
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
        let button_response = ButtonResponse { kind, text, payload };
        let originating_message_id = &answer.message_id;
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
        let to = To { id: &self.address, id_type: self.id_type() };
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
        let farewell = self.words(0, self.policy.leave_text, self.anonymous(), None)?;
        let Some(conversation_id) = conversation_id(self.conversation) else {
            // Without its id, a conversation cannot be closed, but the agent can be informed.
            return Ok(vec![farewell]);
        };
        let otherwise = String::from_utf8_lossy(&farewell.body);
        Ok(vec![self.request(&self.outbound.id, LEAVE, &Leave { conversation_id, otherwise: &otherwise })?])
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
        let id = part_key(self.outbound, part);
        let channel = Channel { from, time: self.time(part)?, message_id: Some(&id), metadata };
        self.request(&id, MESSAGE, &OpenInboundNormalizedMessage { channel, text, content })
    }

    fn request(&self, key: &str, operation: &str, body: &impl Serialize) -> Result<ProviderRequest, Unsupported> {
        request::request(self.conversation, key, operation, body)
    }

    /// Returns the time of a part. Each part is a millisecond later, because id and time together must be unique.
    fn time(&self, part: u32) -> Result<String, Unsupported> {
        let time = self.outbound.time.saturating_add(u64::from(part));
        time::format(time).ok_or_else(|| invalid("outbound.time", "a time before the year 10000"))
    }

    /// Returns the type of the user's address. Genesys does not interpret an opaque address.
    fn id_type(&self) -> &'static str {
        match self.policy.recipient_type {
            RecipientType::Opaque => "Opaque",
            RecipientType::Phone => "Phone",
            RecipientType::Email => "Email",
        }
    }

    fn anonymous(&self) -> From<'_> {
        From {
            id: &self.address,
            id_type: self.id_type(),
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
            // A picture that cannot be fetched must not prevent the handover.
            image: given(&profile.picture).and_then(fetchable),
            ..self.anonymous()
        }
    }
}

/// Returns Genesys's code for a reason, and a text that the agent may see.
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
