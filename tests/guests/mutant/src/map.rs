//! Faults in `map-agent-events`. The submodules contain the faults of messages and of the operator sources.

mod content;
mod detail;
mod message;

use crate::agent;
use crate::fault::{self, on};
use crate::original;
use crate::outcome;
use crate::settings::{forget, is, set};
use alloc::{string::String, string::ToString, vec, vec::Vec};
use handover_guest::bindings::wasi::clocks::wall_clock;
use handover_guest::contract::*;

pub(crate) fn map(mut settings: Vec<Setting>, mut source: EventSource) -> Result<Vec<AgentEvent>, MappingError> {
    if on("purity: a pure function reads the clock") {
        wall_clock::now();
    }
    agent::change_settings(&mut settings);
    if on("map: the handover number is dropped") {
        forget(&mut settings, "thread");
    }
    if on("map: every address has a handover number") {
        set(&mut settings, "thread", "per-handover");
    }
    if on("map: bots are always shown") {
        forget(&mut settings, "show-bot-messages");
    }
    let webhook = matches!(source, EventSource::Webhook(_));
    if on("outcome: the notes are always reported") {
        set(&mut settings, "outcome-notes", "true");
    }
    let (EventSource::Webhook(bytes)
    | EventSource::EventBus(bytes)
    | EventSource::Trigger(bytes)
    | EventSource::Notification(bytes)) = &mut source;
    detail::change_body(bytes, webhook);
    let body = String::from_utf8_lossy(bytes).into_owned();

    let mut mapped = call_original(&settings, &source);
    if on("map: malformed input is ignored") && mapped.is_err() {
        mapped = Ok(vec![]);
    }
    if on("map: a lone surrogate is malformed") && body.contains("\\ud83d") {
        mapped = Err(MappingError::NotJson(0));
    }
    if on("map: a list is malformed") && !webhook && body.starts_with('[') {
        mapped = Err(MappingError::NotAnObject);
    }
    if on("map: a byte order mark is malformed") && body.starts_with('\u{feff}') {
        mapped = Err(MappingError::NotJson(0));
    }
    let mut events = mapped?;
    if on("map: events are dropped") {
        events.clear();
    }
    outcome::change(&mut events);
    if on("purity: calls are counted") {
        events.iter_mut().for_each(|event| event.time = Some(fault::count()));
    }
    for event in &mut events {
        if !webhook {
            detail::change_event(&source, &body, event);
        }
        message::change_event(&settings, &body, event);
        agent::change_agent(&settings, event);
        change_event(event);
    }
    Ok(events)
}

/// Calls the original provider. With a fault, splits the address into recipient and handover number itself.
fn call_original(settings: &[Setting], source: &EventSource) -> Result<Vec<AgentEvent>, MappingError> {
    let first = on("map: an address is split at its first colon");
    let any = on("map: any text after a colon is a handover number");
    if !(first || any) || !is(settings, "thread", "per-handover") {
        return original::map_agent_events(settings, source);
    }
    let mut whole = settings.to_vec();
    forget(&mut whole, "thread");
    let mut events = original::map_agent_events(&whole, source)?;
    for event in &mut events {
        let address = event.recipient.take().unwrap_or_default();
        let parts = if first { address.split_once(':') } else { address.rsplit_once(':') };
        let parts = parts.and_then(|(recipient, number)| Some((recipient, parse_number(number, any)?)));
        event.handover = parts.map(|(_, number)| number);
        event.recipient = Some(parts.map_or(address.as_str(), |(recipient, _)| recipient).to_string());
        event.recipient.take_if(|recipient| recipient.is_empty());
    }
    Ok(events)
}

/// Parses a number. With `any`, accepts any text and uses its leading digits.
fn parse_number(number: &str, any: bool) -> Option<u32> {
    if !any {
        return number.parse().ok();
    }
    let digits = number.trim_start_matches('+').split(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
    Some(digits.parse().unwrap_or(0))
}

/// Applies the faults in events of any kind.
fn change_event(event: &mut AgentEvent) {
    if on("map: all events have the same id") {
        event.id = "1".into();
    }
    if on("map: the recipient is dropped") {
        event.recipient = None;
    }
    if on("map: the conversation id is dropped") {
        event.conversation_id = None;
    }
    if on("map: times are in seconds") {
        event.time = event.time.map(|time| time / 1000);
    }
}
