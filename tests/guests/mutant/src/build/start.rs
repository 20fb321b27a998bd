//! Faults in starting a handover: what the flow is told, and what the agent has been told.

use super::{Built, replace, said, sound};
use crate::build::split::alike;
use crate::fault::on;
use crate::json::{edit, member, quoted};
use crate::settings::{forget, has, set, values};
use alloc::{format, string::String, string::ToString, vec::Vec};
use handover_guest::contract::*;

/// What routing says, and the setting that says the same where it does not.
const ROUTING: [&str; 4] = ["queue", "language", "skill", "priority"];

/// What the sound provider takes for a picture, until it is put back.
const PICTURE: &str = "https://anything.example/picture";

pub(crate) fn build(mut settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    let mut picture = String::new();
    if let OutboundMessage::Start(start) = &mut message.message {
        if on("build: any text is a picture")
            && let Some(profile) = &mut start.profile
            && let Some(given) = profile.picture.replace(PICTURE.into())
        {
            picture = given;
        }
        told(start);
        said_oddly(start);
        routed(&mut settings, start);
        attributed(&mut settings, start);
    }
    let mut requests = sound(settings, conversation, message)?;
    alike(&mut requests);
    if on("build: attributes on every message") {
        everywhere(&mut requests);
    }
    for request in &mut requests {
        if on("build: any line may look like a speaker's") {
            replace(request, "| ", "");
        }
        replace(request, PICTURE, &picture);
        if on("build: numbers are not quoted")
            && let Some(number) = member(&said(request), "priority")
        {
            replace(request, &format!(r#""priority":"{number}""#), &format!(r#""priority":{number}"#));
        }
        edit(&mut request.body, |body| match member(body, "copilotUrl") {
            Some(link) => body.replace(link, &linked(link)),
            None => body.into(),
        });
    }
    Ok(requests)
}

/// What is wrong with the transcript.
fn told(start: &mut HandoverStart) {
    if on("build: the transcript gets lost") {
        start.transcript.clear();
    }
    if on("build: what was told is told again") {
        start.delivered_until = None;
    }
    if on("build: the last that was told is told again") {
        start.delivered_until = start.delivered_until.and_then(|until| until.checked_sub(1));
    }
    if on("build: who was told once is told nothing more") && start.delivered_until.is_some() {
        start.transcript.clear();
    }
    if on("build: the user is always the recipient") {
        start.user_id = None;
    }
}

/// What should be refused, left out or mended.
fn said_oddly(start: &mut HandoverStart) {
    if on("build: a time in seconds is a time") {
        for line in start.transcript.iter_mut().filter(|line| line.time < 10_000_000_000) {
            line.time *= 1000;
        }
    }
    if on("build: the newest lines are left out") {
        start.transcript.truncate(63);
    }
    if on("build: any priority") {
        start.routing.priority = start.routing.priority.map(|priority| priority.clamp(-25_000_000, 25_000_000));
    }
    if on("build: a skill may have a comma") {
        start.routing.skills.iter_mut().for_each(|skill| *skill = skill.replace(',', ""));
    }
    if on("build: blanks belong to a key") {
        start.attributes.iter_mut().for_each(|attribute| attribute.key = attribute.key.replace(' ', "_"));
    }
}

/// What is wrong with the routing.
fn routed(settings: &mut Vec<Setting>, start: &mut HandoverStart) {
    let routing = &mut start.routing;
    let given =
        [routing.queue.is_some(), routing.language.is_some(), !routing.skills.is_empty(), routing.priority.is_some()];
    if on("build: routing replaces all settings") && given.contains(&true) {
        ROUTING.iter().for_each(|key| forget(settings, key));
    }
    if on("build: routing gives way to the settings") {
        routing.queue = routing.queue.take().filter(|_| !has(settings, "queue"));
        routing.language = routing.language.take().filter(|_| !has(settings, "language"));
        routing.skills.retain(|_| !has(settings, "skill"));
        routing.priority = routing.priority.filter(|_| !has(settings, "priority"));
    }
    if on("build: one skill only") {
        routing.skills.drain(..routing.skills.len().saturating_sub(1));
        if let Some(last) = values(settings, "skill").last().map(String::from) {
            set(settings, "skill", &last);
        }
    }
    if on("build: skills with a blank between them") {
        let own: Vec<_> = values(settings, "skill").map(String::from).collect();
        let skills = if routing.skills.is_empty() { &own } else { &routing.skills };
        let attribute = Attribute { key: "mySkills".into(), value: skills.join(", ") };
        start.attributes.splice(0..0, Some(attribute).filter(|_| !skills.is_empty()));
    }
}

/// What is wrong with the attributes.
fn attributed(settings: &mut Vec<Setting>, start: &mut HandoverStart) {
    let own = values(settings, "attribute").filter_map(|entry| entry.split_once('=')).map(|(name, _)| name.trim());
    let own: Vec<_> = own.map(String::from).collect();
    if on("build: attributes give way to the settings") {
        start.attributes.retain(|attribute| !own.contains(&attribute.key));
    }
    if on("build: attributes end at the last equals sign") {
        let entries = values(settings, "attribute").filter_map(|entry| entry.rsplit_once('='));
        let entries = entries.map(|(key, value)| Attribute { key: key.into(), value: value.into() });
        let entries: Vec<_> = entries.collect();
        start.attributes.splice(0..0, entries);
        forget(settings, "attribute");
    }
    if on("build: another queue keeps the name")
        && let Some(queue) = start.routing.queue.as_deref().or(values(settings, "queue").next())
        && start.attributes.iter().any(|attribute| attribute.key == "queueId")
    {
        start.attributes.push(Attribute { key: "queueName".into(), value: queue.to_string() });
    }
}

/// Puts the attributes of the first message on the others.
fn everywhere(requests: &mut [ProviderRequest]) {
    let Some((first, rest)) = requests.split_first_mut() else { return };
    let body = said(first);
    let metadata = body.split_once(r#","metadata":"#).and_then(|(_, rest)| rest.split_once(r#"}},"text":"#));
    let Some((metadata, _)) = metadata else { return };
    for request in rest {
        let id = format!(r#""messageId":{}"#, quoted(&request.idempotency_key));
        replace(request, &id, &format!(r#"{id},"metadata":{metadata}}}"#));
    }
}

/// What is wrong with the link to the AI Copilot Workspace.
fn linked(link: &str) -> String {
    match () {
        () if on("build: a blank in a link is a plus") => link.replace("%20", "+"),
        () if on("build: what needs no percent in a link has one") => link.replace('~', "%7E").replace('_', "%5F"),
        () if on("build: the project is the last in a link") => {
            let (before, project) = link.split_once("&projectId=").unwrap_or((link, ""));
            let (project, config) = project.split_once('&').unwrap_or((project, ""));
            if config.is_empty() { link.into() } else { format!("{before}&{config}&projectId={project}") }
        }
        () if on("build: session and user are swapped in a link") => {
            link.replace("?sessionId=", "?session=").replace("&userId=", "&sessionId=").replace("?session=", "?userId=")
        }
        () => link.into(),
    }
}
