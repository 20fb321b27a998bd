//! Faults in starting a handover: the transcript, the routing, the attributes and the Copilot link.

use super::{Built, body_text, call_original, replace};
use crate::build::instruction::publish;
use crate::build::split::unify_parts;
use crate::fault::on;
use crate::json::{edit, member, quoted};
use crate::settings::{forget, has, set, values};
use alloc::{format, string::String, string::ToString, vec::Vec};
use handover_guest::contract::*;

/// The settings that are the defaults of the routing.
const ROUTING_SETTINGS: [&str; 4] = ["queue", "language", "skill", "priority"];

/// Replaces the picture, because the original provider refuses some URLs. The result contains the original one.
const PICTURE: &str = "https://anything.example/picture";

pub(crate) fn build(mut settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    let mut picture = String::new();
    if let OutboundMessage::Start(start) = &mut message.message {
        if on("build: any text is accepted as a picture")
            && let Some(profile) = &mut start.profile
            && let Some(given) = profile.picture.replace(PICTURE.into())
        {
            picture = given;
        }
        change_transcript(start);
        change_summary(&mut settings, start);
        change_values(start);
        change_routing(&mut settings, start);
        change_attributes(&mut settings, start);
        publish(&mut start.attributes);
    }
    let mut requests = call_original(settings, conversation, message)?;
    unify_parts(&mut requests);
    if on("build: attributes on every message") {
        copy_attributes(&mut requests);
    }
    for request in &mut requests {
        if on("build: forged speaker lines are not quoted") {
            replace(request, "| ", "");
        }
        replace(request, PICTURE, &picture);
        if on("build: numbers are not quoted")
            && let Some(number) = member(&body_text(request), "priority")
        {
            replace(request, &format!(r#""priority":"{number}""#), &format!(r#""priority":{number}"#));
        }
        edit(&mut request.body, |body| match member(body, "copilotUrl") {
            Some(link) => body.replace(link, &changed_link(link)),
            None => body.into(),
        });
    }
    Ok(requests)
}

/// Applies the faults in the transcript and the user id.
fn change_transcript(start: &mut HandoverStart) {
    if on("build: the transcript is dropped") {
        start.transcript.clear();
    }
    if on("build: delivered lines are sent again") {
        start.delivered_until = None;
    }
    if on("build: the last delivered line is sent again") {
        start.delivered_until = start.delivered_until.and_then(|until| until.checked_sub(1));
    }
    if on("build: no lines are sent after a first delivery") && start.delivered_until.is_some() {
        start.transcript.clear();
    }
    if on("build: the user is always the recipient") {
        start.user_id = None;
    }
}

/// Applies the faults in values that the original provider refuses, omits or corrects.
fn change_values(start: &mut HandoverStart) {
    if on("build: a transcript time in seconds is converted") {
        for line in start.transcript.iter_mut().filter(|line| line.time < 10_000_000_000) {
            line.time *= 1000;
        }
    }
    if on("build: the newest transcript lines are dropped") {
        start.transcript.truncate(63);
    }
    if on("build: any priority is accepted") {
        start.routing.priority = start.routing.priority.map(|priority| priority.clamp(-25_000_000, 25_000_000));
    }
    if on("build: a skill may contain a comma") {
        start.routing.skills.iter_mut().for_each(|skill| *skill = skill.replace(',', ""));
    }
    if on("build: spaces in a key become underscores") {
        start.attributes.iter_mut().for_each(|attribute| attribute.key = attribute.key.replace(' ', "_"));
    }
}

/// Applies the faults in the routing.
fn change_routing(settings: &mut Vec<Setting>, start: &mut HandoverStart) {
    let routing = &mut start.routing;
    let given =
        [routing.queue.is_some(), routing.language.is_some(), !routing.skills.is_empty(), routing.priority.is_some()];
    if on("build: routing replaces all settings") && given.contains(&true) {
        ROUTING_SETTINGS.iter().for_each(|key| forget(settings, key));
    }
    if on("build: settings override the routing") {
        routing.queue = routing.queue.take().filter(|_| !has(settings, "queue"));
        routing.language = routing.language.take().filter(|_| !has(settings, "language"));
        routing.skills.retain(|_| !has(settings, "skill"));
        routing.priority = routing.priority.filter(|_| !has(settings, "priority"));
    }
    if on("build: only the last skill is sent") {
        routing.skills.drain(..routing.skills.len().saturating_sub(1));
        if let Some(last) = values(settings, "skill").last().map(String::from) {
            set(settings, "skill", &last);
        }
    }
    if on("build: skills are separated by a comma and a space") {
        let own: Vec<_> = values(settings, "skill").map(String::from).collect();
        let skills = if routing.skills.is_empty() { &own } else { &routing.skills };
        let attribute = Attribute { key: "mySkills".into(), value: skills.join(", "), confidential: false };
        start.attributes.splice(0..0, Some(attribute).filter(|_| !skills.is_empty()));
    }
}

/// Applies the faults in the attributes.
fn change_attributes(settings: &mut Vec<Setting>, start: &mut HandoverStart) {
    let own = values(settings, "attribute").filter_map(|entry| entry.split_once('=')).map(|(name, _)| name.trim());
    let own: Vec<_> = own.map(String::from).collect();
    if on("build: settings override attributes") {
        start.attributes.retain(|attribute| !own.contains(&attribute.key));
    }
    if on("build: attributes end at the last equals sign") {
        let entries = values(settings, "attribute").filter_map(|entry| entry.rsplit_once('='));
        let entries =
            entries.map(|(key, value)| Attribute { key: key.into(), value: value.into(), confidential: false });
        let entries: Vec<_> = entries.collect();
        start.attributes.splice(0..0, entries);
        forget(settings, "attribute");
    }
    if on("build: another queue keeps the name")
        && let Some(queue) = start.routing.queue.as_deref().or(values(settings, "queue").next())
        && start.attributes.iter().any(|attribute| attribute.key == "queueId")
    {
        start.attributes.push(Attribute { key: "queueName".into(), value: queue.to_string(), confidential: false });
    }
}

/// Copies the attributes of the first message to the others.
fn copy_attributes(requests: &mut [ProviderRequest]) {
    let Some((first, rest)) = requests.split_first_mut() else { return };
    let body = body_text(first);
    let metadata = body.split_once(r#","metadata":"#).and_then(|(_, rest)| rest.split_once(r#"}},"text":"#));
    let Some((metadata, _)) = metadata else { return };
    for request in rest {
        let id = format!(r#""messageId":{}"#, quoted(&request.idempotency_key));
        replace(request, &id, &format!(r#"{id},"metadata":{metadata}}}"#));
    }
}

/// Applies the faults in the link to the AI Copilot Workspace.
fn changed_link(link: &str) -> String {
    match () {
        () if on("build: a space in a link becomes a plus sign") => link.replace("%20", "+"),
        () if on("build: unreserved characters in a link are percent-encoded") => {
            link.replace('~', "%7E").replace('_', "%5F")
        }
        () if on("build: the project is the last parameter of a link") => {
            let (before, project) = link.split_once("&projectId=").unwrap_or((link, ""));
            let (project, config) = project.split_once('&').unwrap_or((project, ""));
            if config.is_empty() { link.into() } else { format!("{before}&{config}&projectId={project}") }
        }
        () if on("build: session and user in a link are swapped") => {
            link.replace("?sessionId=", "?session=").replace("&userId=", "&sessionId=").replace("?session=", "?userId=")
        }
        () => link.into(),
    }
}

/// Applies the faults in the summary.
fn change_summary(settings: &mut Vec<Setting>, start: &mut HandoverStart) {
    if on("build: a summary is dropped") {
        start.summary = None;
    }
    if on("build: a summary is always a text") {
        settings.retain(|setting| setting.key != "summary");
    }
    if on("build: a summary is shortened to 100 characters") {
        start.summary = start.summary.take().map(|summary| summary.chars().take(100).collect());
    }
}
