//! Faults in `map-agent-events`: of all sources here, of each in its module.

mod content;
mod detail;
mod message;

use crate::agent;
use crate::fault::{self, on};
use crate::settings::{forget, is, set};
use alloc::{string::String, string::ToString, vec, vec::Vec};
use genesys_open_messaging::GenesysOpenMessaging as Sound;
use handover_guest::bindings::wasi::clocks::wall_clock;
use handover_guest::contract::*;

pub(crate) fn map(mut settings: Vec<Setting>, mut source: EventSource) -> Result<Vec<AgentEvent>, Malformed> {
    if on("purity: the clock in a pure function") {
        wall_clock::now();
    }
    agent::mislay(&mut settings);
    if on("map: the handover is not told") {
        forget(&mut settings, "thread");
    }
    if on("map: every address has a number") {
        set(&mut settings, "thread", "per-handover");
    }
    if on("map: bots are always shown") {
        forget(&mut settings, "show-bot-messages");
    }
    let webhook = matches!(source, EventSource::Webhook(_));
    let (EventSource::Webhook(bytes)
    | EventSource::EventBus(bytes)
    | EventSource::Trigger(bytes)
    | EventSource::Notification(bytes)) = &mut source;
    detail::misread(bytes, webhook);
    let body = String::from_utf8_lossy(bytes).into_owned();

    let mut mapped = sound(&settings, &source);
    if on("map: what cannot be mapped is ignored") && mapped.is_err() {
        mapped = Ok(vec![]);
    }
    if on("map: what is odd is malformed") && body.contains("\\ud83d") {
        mapped = Err(Malformed::NotJson(0));
    }
    if on("map: a list is malformed") && !webhook && body.starts_with('[') {
        mapped = Err(Malformed::NotAnObject);
    }
    if on("map: a byte order mark is malformed") && body.starts_with('\u{feff}') {
        mapped = Err(Malformed::NotJson(0));
    }
    let mut events = mapped?;
    if on("map: events get lost") {
        events.clear();
    }
    if on("purity: calls are counted") {
        events.iter_mut().for_each(|event| event.time = Some(fault::count()));
    }
    for event in &mut events {
        if !webhook {
            detail::mistake(&source, &body, event);
        }
        message::mistake(&settings, &body, event);
        agent::misname(&settings, event);
        mistake(event);
    }
    Ok(events)
}

/// The sound provider, but for the place where an address is cut.
fn sound(settings: &[Setting], source: &EventSource) -> Result<Vec<AgentEvent>, Malformed> {
    let first = on("map: an address ends at its first colon");
    let any = on("map: whatever is behind a colon is a number");
    if !(first || any) || !is(settings, "thread", "per-handover") {
        return Sound::map_agent_events(settings.to_vec(), source.clone());
    }
    let mut whole = settings.to_vec();
    forget(&mut whole, "thread");
    let mut events = Sound::map_agent_events(whole, source.clone())?;
    for event in &mut events {
        let address = event.recipient.take().unwrap_or_default();
        let parts = if first { address.split_once(':') } else { address.rsplit_once(':') };
        let parts = parts.and_then(|(recipient, number)| Some((recipient, read(number, any)?)));
        event.handover = parts.map(|(_, number)| number);
        event.recipient = Some(parts.map_or(address.as_str(), |(recipient, _)| recipient).to_string());
        event.recipient.take_if(|recipient| recipient.is_empty());
    }
    Ok(events)
}

/// A number, or where any will do, the digits that there are.
fn read(number: &str, any: bool) -> Option<u32> {
    if !any {
        return number.parse().ok();
    }
    let digits = number.trim_start_matches('+').split(|c: char| !c.is_ascii_digit()).next().unwrap_or("");
    Some(digits.parse().unwrap_or(0))
}

/// What is wrong with an event of any kind.
fn mistake(event: &mut AgentEvent) {
    if on("map: one id for everything") {
        event.id = "1".into();
    }
    if on("map: the recipient is not told") {
        event.recipient = None;
    }
    if on("map: the conversation is not told") {
        event.conversation_id = None;
    }
    if on("map: the time in seconds") {
        event.time = event.time.map(|time| time / 1000);
    }
}
