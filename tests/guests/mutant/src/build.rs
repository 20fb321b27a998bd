//! Faults in `build-outbound-message`. The submodules contain the faults of one kind of message.

mod answer;
mod attachment;
mod instruction;
mod split;
mod start;

use crate::fault::on;
use crate::json::edit;
use crate::original;
use crate::settings::{forget, is, set};
use alloc::{format, string::String, vec::Vec};
use handover_guest::contract::*;

pub(crate) type Built = Result<Vec<ProviderRequest>, Unsupported>;

pub(crate) fn build(mut settings: Vec<Setting>, mut conversation: Conversation, mut message: Outbound) -> Built {
    let kind = kind(&message.message);
    if on("build: typing is not supported") && kind == "typing" {
        return Err(Unsupported::Kind(kind.into()));
    }
    if on("build: only texts are sent before the conversation is known")
        && matches!(kind, "attachment" | "answer" | "receipt")
        && conversation.id.is_none()
    {
        return Err(Unsupported::NoConversation);
    }
    change_sender(&mut settings, &mut conversation, &mut message);
    change_message(&mut settings, &mut conversation, &mut message);
    let mut built = match &message.message {
        OutboundMessage::Start(_) => start::build(settings, conversation, message),
        OutboundMessage::Text(_) => split::build(settings, conversation, message),
        OutboundMessage::Attachment(_) => attachment::build(settings, conversation, message),
        OutboundMessage::Answer(_) => answer::build_answer(settings, conversation, message),
        OutboundMessage::Receipt(_) => answer::build_receipt(settings, conversation, message),
        OutboundMessage::Reroute(_) => instruction::reroute(settings, conversation, message),
        OutboundMessage::Annotate(_) => instruction::annotate(settings, conversation, message),
        OutboundMessage::Callback(_) => instruction::callback(settings, conversation, message),
        OutboundMessage::ProactiveText(_) => instruction::proactive_text(settings, conversation, message),
        OutboundMessage::RequestSurvey | OutboundMessage::SurveyScore(_) => {
            instruction::survey(settings, conversation, message)
        }
        OutboundMessage::Typing | OutboundMessage::Leave(_) => call_original(settings, conversation, message),
    }?;
    if on("build: only the first request is returned") {
        built.truncate(1);
    }
    for request in &mut built {
        if on("build: all requests have the same idempotency key") {
            request.idempotency_key = "1".into();
        }
        if on("build: the operation contains the recipient") {
            request.operation = format!("{} {}", request.operation, request.recipient);
        }
        if on("build: attributes are in the wrong member") {
            edit(&mut request.body, |body| body.replace("customAttributes", "attributes"));
        }
    }
    Ok(built)
}

/// Calls the original provider.
pub(crate) fn call_original(settings: Vec<Setting>, conversation: Conversation, message: Outbound) -> Built {
    original::build_outbound_message(&settings, &conversation, &message)
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
        OutboundMessage::Reroute(_) => "reroute",
        OutboundMessage::Annotate(_) => "annotate",
        OutboundMessage::Callback(_) => "callback",
        OutboundMessage::ProactiveText(_) => "proactive-text",
        OutboundMessage::RequestSurvey => "request-survey",
        OutboundMessage::SurveyScore(_) => "survey-score",
    }
}

/// Applies the faults in the recipient, the handover and the profile.
fn change_sender(settings: &mut Vec<Setting>, conversation: &mut Conversation, message: &mut Outbound) {
    if on("build: the recipient may be empty") && conversation.recipient.is_empty() {
        conversation.recipient.push('-');
    }
    if on("build: a missing conversation id is invented") {
        conversation.id = conversation.id.take().filter(|id| !id.is_empty()).or(Some("conversation".into()));
    }
    if on("build: the handover number is dropped") {
        forget(settings, "thread");
    }
    if on("build: every recipient is opaque") {
        forget(settings, "recipient-type");
    }
    if on("build: every address has a handover number") {
        set(settings, "thread", "per-handover");
    }
    if on("build: the address with the handover number is the user id")
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

/// Applies the faults in the ids, the time and the kind of message.
fn change_message(settings: &mut Vec<Setting>, conversation: &mut Conversation, message: &mut Outbound) {
    if on("build: other kinds become texts") {
        message.message = match core::mem::replace(&mut message.message, OutboundMessage::Typing) {
            OutboundMessage::Attachment(attachment) => OutboundMessage::Text(attachment.url),
            OutboundMessage::Answer(answer) => OutboundMessage::Text(answer.text),
            OutboundMessage::Receipt(receipt) => OutboundMessage::Text(receipt.message_id),
            supported => supported,
        };
    }
    if on("build: any time is accepted") {
        message.time = message.time.min(1_772_359_200_123);
    }
    if on("build: the milliseconds are dropped") {
        message.time = message.time / 1000 * 1000;
    }
    if on("build: any id is accepted") {
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
    if on("build: leaving without a conversation id uses an invented id")
        && matches!(message.message, OutboundMessage::Leave(_))
        && conversation.id.as_deref().unwrap_or_default().is_empty()
    {
        conversation.id = Some("conversation".into());
    }
    if on("build: the queue is dropped") {
        forget(settings, "queue");
    }
    if on("build: a message id may be empty") {
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

/// Inserts a text after the first occurrence of another one.
pub(crate) fn insert(request: &mut ProviderRequest, after: &str, text: &str) {
    edit(&mut request.body, |body| body.replacen(after, &format!("{after}{text}"), 1));
}

/// Replaces a text in the body of a request.
pub(crate) fn replace(request: &mut ProviderRequest, from: &str, to: &str) {
    edit(&mut request.body, |body| body.replace(from, to));
}

/// Returns the body of a request as text.
pub(crate) fn body_text(request: &ProviderRequest) -> String {
    String::from_utf8_lossy(&request.body).into_owned()
}
