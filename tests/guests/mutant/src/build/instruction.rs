//! Faults in messages that are not for the agent to read: rerouting, annotations, callbacks, proactive texts and surveys.

use super::{Built, call_original};
use crate::fault::on;
use crate::settings::{forget, has, set, values};
use alloc::{string::ToString, vec, vec::Vec};
use handover_guest::contract::*;

pub(crate) fn reroute(settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    if let OutboundMessage::Reroute(routing) = &mut message.message {
        let is_empty = routing.queue.as_deref().unwrap_or_default().trim().is_empty() && routing.priority.is_none();
        if on("build: an empty rerouting is accepted") && is_empty {
            return Ok(vec![]);
        }
        if on("build: rerouting keeps the queue") {
            routing.queue = None;
        }
        if on("build: rerouting keeps the priority") {
            routing.priority = None;
        }
        if on("build: rerouting uses the settings") {
            let language = values(&settings, "language").next().map(ToString::to_string);
            routing.language = routing.language.take().or(language);
        }
        accept_any_priority(routing);
    }
    call_original(settings, conversation, message)
}

pub(crate) fn annotate(settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    if let OutboundMessage::Annotate(annotation) = &mut message.message {
        let is_empty =
            annotation.reference.as_deref().unwrap_or_default().trim().is_empty() && annotation.attributes.is_empty();
        if on("build: an empty annotation is accepted") && is_empty {
            return Ok(vec![]);
        }
        if on("build: the reference is dropped") {
            annotation.reference = None;
        }
        if on("build: confidential attributes are dropped") {
            annotation.attributes.clear();
        }
        if on("build: any attribute is recorded as confidential") {
            annotation.attributes.iter_mut().for_each(|attribute| attribute.confidential = true);
        }
    }
    call_original(settings, conversation, message)
}

pub(crate) fn callback(mut settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    if on("build: a callback may be in the past") {
        message.time = 0;
    }
    if on("build: a callback ignores the settings") {
        ["language", "skill", "priority"].into_iter().for_each(|key| forget(&mut settings, key));
    }
    if let OutboundMessage::Callback(request) = &mut message.message {
        if on("build: any telephone number is accepted") && !request.phone.starts_with('+') {
            request.phone = "+4930123456".into();
        }
        if on("build: a callback needs no queue") && !has(&settings, "queue") {
            request.routing.queue.get_or_insert("Support".into());
        }
        if on("build: any time is accepted") {
            request.time = request.time.map(|time| time.min(253_402_300_799_999));
        }
        publish(&mut request.attributes);
        accept_any_priority(&mut request.routing);
    }
    call_original(settings, conversation, message)
}

pub(crate) fn proactive_text(settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    if on("build: a proactive text is the user's")
        && let OutboundMessage::ProactiveText(text) = &mut message.message
    {
        message.message = OutboundMessage::Text(core::mem::take(text));
    }
    call_original(settings, conversation, message)
}

pub(crate) fn survey(mut settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    if on("build: a survey needs no form") && !has(&settings, "survey-form") {
        set(&mut settings, "survey-form", "form");
    }
    if on("build: the form of the survey is dropped") {
        forget(&mut settings, "survey-form");
    }
    if let OutboundMessage::SurveyScore(answer) = &mut message.message {
        if on("build: any score is accepted") {
            answer.score = answer.score.min(answer.maximum);
        }
        if on("build: the comment of a survey is dropped") {
            answer.comment = None;
        }
        if on("build: a score has a comment") {
            answer.comment.get_or_insert("none".into());
        }
    }
    call_original(settings, conversation, message)
}

fn accept_any_priority(routing: &mut Routing) {
    if on("build: any priority is accepted") {
        routing.priority = routing.priority.map(|priority| priority.clamp(-25_000_000, 25_000_000));
    }
}

/// Makes confidential attributes visible to everyone.
pub(crate) fn publish(attributes: &mut [Attribute]) {
    if on("build: confidential attributes are visible") {
        attributes.iter_mut().for_each(|attribute| attribute.confidential = false);
    }
}
