//! Faults in `build-outbound-message`: of all messages here, of each kind in its module.

mod answer;
mod attachment;
mod split;
mod start;

use crate::fault::on;
use crate::json::edit;
use crate::settings::{forget, is, set};
use alloc::{format, string::String, vec::Vec};
use genesys_open_messaging::GenesysOpenMessaging as Sound;
use handover_guest::contract::*;

pub(crate) type Built = Result<Vec<ProviderRequest>, Unsupported>;

/// What no connection is without.
const NEEDED: [&str; 5] = ["host", "deployment-name", "webhook-secret", "client-id", "client-secret"];

pub(crate) fn build(mut settings: Vec<Setting>, mut conversation: Conversation, mut message: Outbound) -> Built {
    let kind = kind(&message.message);
    if on("build: typing is not supported") && kind == "typing" {
        return Err(Unsupported::Kind(kind.into()));
    }
    if on("build: nothing but words goes before the conversation is known")
        && matches!(kind, "attachment" | "answer" | "receipt")
        && conversation.id.is_none()
    {
        return Err(Unsupported::NoConversation);
    }
    address(&mut settings, &mut conversation, &mut message);
    name(&mut settings, &mut conversation, &mut message);
    let mut built = match &message.message {
        OutboundMessage::Start(_) => start::build(settings, conversation, message),
        OutboundMessage::Text(_) => split::build(settings, conversation, message),
        OutboundMessage::Attachment(_) => attachment::build(settings, conversation, message),
        OutboundMessage::Answer(_) => answer::build_answer(settings, conversation, message),
        OutboundMessage::Receipt(_) => answer::build_receipt(settings, conversation, message),
        OutboundMessage::Typing | OutboundMessage::Leave(_) => sound(settings, conversation, message),
    }?;
    if on("build: the first request only") {
        built.truncate(1);
    }
    for request in &mut built {
        if on("build: one key for everything") {
            request.idempotency_key = "1".into();
        }
        if on("build: the operation names the user") {
            request.operation = format!("{} {}", request.operation, request.recipient);
        }
        if on("build: attributes where they are refused") {
            edit(&mut request.body, |body| body.replace("customAttributes", "attributes"));
        }
    }
    Ok(built)
}

/// The sound provider, or what it builds without the settings that it cannot use.
pub(crate) fn sound(settings: Vec<Setting>, conversation: Conversation, message: Outbound) -> Built {
    if !on("build: settings that cannot be used are left out") {
        return Sound::build_outbound_message(settings, conversation, message);
    }
    match Sound::build_outbound_message(settings.clone(), conversation.clone(), message.clone()) {
        Err(Unsupported::InvalidSettings) => {
            let mut needed = settings;
            needed.retain(|setting| NEEDED.contains(&setting.key.as_str()));
            Sound::build_outbound_message(needed, conversation, message)
        }
        built => built,
    }
}

fn kind(message: &OutboundMessage) -> &'static str {
    match message {
        OutboundMessage::Start(_) => "start",
        OutboundMessage::Text(_) => "text",
        OutboundMessage::Attachment(_) => "attachment",
        OutboundMessage::Typing => "typing",
        OutboundMessage::Answer(_) => "answer",
        OutboundMessage::Receipt(_) => "receipt",
        OutboundMessage::Leave(_) => "leave",
    }
}

/// What is wrong with whom it is from.
fn address(settings: &mut Vec<Setting>, conversation: &mut Conversation, message: &mut Outbound) {
    if on("build: anybody is a recipient") && conversation.recipient.is_empty() {
        conversation.recipient.push('-');
    }
    if on("build: a conversation is made up") {
        conversation.id = conversation.id.take().filter(|id| !id.is_empty()).or(Some("conversation".into()));
    }
    if on("build: the number of the handover gets lost") {
        forget(settings, "thread");
    }
    if on("build: every address has a number") {
        set(settings, "thread", "per-handover");
    }
    if on("build: the address is taken for the user")
        && is(settings, "thread", "per-handover")
        && let OutboundMessage::Start(start) = &mut message.message
    {
        let address = || Some(format!("{}:{}", conversation.recipient, conversation.handover));
        start.user_id = start.user_id.take().or_else(address);
        start.session_id = start.session_id.take().or_else(address);
    }
    if on("build: the profile is always sent") {
        set(settings, "send-profile", "true");
    }
    if on("build: the profile is never sent") {
        forget(settings, "send-profile");
    }
}

/// What is wrong with its ids, its time and what it is.
fn name(settings: &mut Vec<Setting>, conversation: &mut Conversation, message: &mut Outbound) {
    if on("build: what is not supported becomes text") {
        message.message = match core::mem::replace(&mut message.message, OutboundMessage::Typing) {
            OutboundMessage::Attachment(attachment) => OutboundMessage::Text(attachment.url),
            OutboundMessage::Answer(answer) => OutboundMessage::Text(answer.text),
            OutboundMessage::Receipt(receipt) => OutboundMessage::Text(receipt.message_id),
            supported => supported,
        };
    }
    if on("build: any time is a time") {
        message.time = message.time.min(1_772_359_200_123);
    }
    if on("build: the time without milliseconds") {
        message.time = message.time / 1000 * 1000;
    }
    if on("build: any id is right") {
        message.id = format!("m-{}", message.id.len());
    }
    if on("build: empty texts are sent")
        && let OutboundMessage::Text(text) = &mut message.message
        && text.trim().is_empty()
    {
        text.push('.');
    }
    if on("build: invisible texts are sent")
        && let OutboundMessage::Text(text) = &mut message.message
        && !text.trim().is_empty()
        && text.chars().all(|c| matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'))
    {
        text.push('.');
    }
    if on("build: whoever leaves a conversation without an id says nothing")
        && matches!(message.message, OutboundMessage::Leave(_))
        && conversation.id.as_deref().unwrap_or_default().is_empty()
    {
        conversation.id = Some("conversation".into());
    }
    if on("build: the queue gets lost") {
        forget(settings, "queue");
    }
    if on("build: an id may be empty") {
        match &mut message.message {
            OutboundMessage::Answer(StructuredAnswer { message_id: id, .. })
            | OutboundMessage::Receipt(DeliveryReceipt { message_id: id, .. })
                if id.trim().is_empty() =>
            {
                *id = conversation.recipient.clone();
            }
            _ => {}
        }
    }
}

/// Puts a member behind another one.
pub(crate) fn insert(request: &mut ProviderRequest, behind: &str, member: &str) {
    edit(&mut request.body, |body| body.replacen(behind, &format!("{behind}{member}"), 1));
}

/// Changes what a request says.
pub(crate) fn replace(request: &mut ProviderRequest, from: &str, to: &str) {
    edit(&mut request.body, |body| body.replace(from, to));
}

/// What a request says.
pub(crate) fn said(request: &ProviderRequest) -> String {
    String::from_utf8_lossy(&request.body).into_owned()
}
