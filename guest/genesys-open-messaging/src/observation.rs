//! Polls a conversation.
//!
//! Genesys's webhook does not report when an agent joins or when the conversation ends. The conversation's participants
//! show both ("Conversation object" of the Conversations API).

use crate::api::{Api, Call, Kind, accepted, get_conversation, permitted, read, segment, unreadable};
use crate::events::conversation_events;
use crate::ids::conversation_id;
use crate::queue_state::queue_state;
use crate::settings::{Prepared, Thread};
use crate::wire::api::{Conversation as WireConversation, Participant};
use crate::wire::conversations::{ConversationEditedInput, ConversationSummariesGetResponse, ConversationSummary};
use alloc::{format, string::String, vec::Vec};
use genesys_cloud::wire::Reference;
use handover_guest::{contract::*, events::bounded_id, imports::Imports};

/// Returns the current state of a conversation as events.
///
/// # Errors
/// The failure, classified by what the caller can do about it, as in the contract.
pub fn observe(
    imports: &mut impl Imports,
    settings: &Prepared<'_>,
    conversation: &Conversation,
) -> Result<Vec<AgentEvent>, Failure> {
    let Some(id) = conversation_id(conversation) else {
        return Err(Failure::Permanent("the id of the conversation is not known yet".into()));
    };
    let mut api = Api::new(imports, settings)?;
    let response = accepted(api.call(&get_conversation(id)?)?, Kind::Reads)?;
    let policy = settings.events()?;
    let document = read(&response)?;
    let participants = WireConversation::of(document.root()).participants();
    let mut events = conversation_events(&policy, id, participants.clone());
    if !document.is_clear() {
        return Err(unreadable("the conversation has a member without a clear meaning"));
    }
    let interval = settings.queue()?.state_interval_seconds;
    if let Some(((queue, interval), event)) = queue_of(participants).zip(interval).zip(events.last_mut())
        && let EventKind::Queued(state) = &mut event.kind
    {
        *state = queue_state(&mut api, &queue, id, interval);
        event.id = queued_id(&event.id, state);
    }
    if policy.outcome_summary && events.iter().any(|event| matches!(event.kind, EventKind::Ended(_))) {
        add_summary(&mut api, id, &mut events);
    }
    let events = events.into_iter().map(|event| AgentEvent {
        recipient: Some(conversation.recipient.clone()),
        handover: (policy.thread == Thread::PerHandover).then_some(conversation.handover),
        ..event
    });
    Ok(events.collect())
}

/// Adds Genesys's summary to the outcome of the last agent. While Genesys writes it, the outcome is left out, so that hosts ask
/// again, but not for longer than [`SUMMARY_WAIT_MS`] after the agent left.
fn add_summary(api: &mut Api<'_, impl Imports>, id: &str, events: &mut Vec<AgentEvent>) {
    let outcomes = events.iter().enumerate().filter(|(_, event)| matches!(event.kind, EventKind::Outcome(_)));
    let Some((last, left)) = outcomes.map(|(at, event)| (at, event.time)).max_by_key(|(_, time)| *time) else { return };
    match summary(api, id) {
        Ok(text) => {
            if let Some(AgentEvent { kind: EventKind::Outcome(outcome), .. }) = events.get_mut(last) {
                outcome.summary = text;
            }
        }
        Err(NotReady) => {
            let now = api.imports().now();
            if left.is_some_and(|left| now < left.saturating_add(SUMMARY_WAIT_MS)) {
                events.remove(last);
            }
        }
    }
}

/// The time for which an outcome waits for its summary, in milliseconds.
const SUMMARY_WAIT_MS: u64 = 5 * 60_000;

/// Genesys has not finished a summary, or cannot return it now.
struct NotReady;

/// Returns Genesys's summary of a conversation, or `None` if there is none, or it is not licensed or not permitted
/// ("Conversations API", `GET /api/v2/conversations/{conversationId}/summaries`).
fn summary(api: &mut Api<'_, impl Imports>, id: &str) -> Result<Option<String>, NotReady> {
    let path = segment(id).map(|id| format!("/api/v2/conversations/{id}/summaries"));
    let response = path.and_then(|path| accepted(api.call(&Call::get(path))?, Kind::Reads));
    let Some(response) = permitted(response).map_err(|_| NotReady)? else { return Ok(None) };
    let document = read(&response).map_err(|_| NotReady)?;
    let summaries = ConversationSummariesGetResponse::of(document.root());
    let all = || summaries.session_summaries().last().into_iter().chain(summaries.summary());
    let is = |summary: &ConversationSummary<'_>, wanted: &[&str]| {
        summary.status().is_none_or(|status| wanted.iter().any(|wanted| status.eq_ignore_ascii_case(wanted)))
    };
    if !all().all(|summary| is(&summary, &["Completed", "Error"])) {
        return Err(NotReady);
    }
    let ready = all().filter(|summary| is(summary, &["Completed"]));
    let text = |summary: ConversationSummary<'_>| {
        let edited = summary.edited_summary().and_then(ConversationEditedInput::text);
        edited.filter(|text| !text.is_empty()).or(summary.text()).filter(|text| !text.is_empty()).map(String::from)
    };
    // That of the whole conversation comes last.
    Ok(ready.filter_map(text).last())
}

/// Returns the id of the queue in which the conversation waits.
fn queue_of<'d>(participants: impl Iterator<Item = Participant<'d>>) -> Option<String> {
    let queues = participants.filter(|participant| participant.is_queue() && !participant.has_left());
    queues.last()?.queue().and_then(Reference::id).map(String::from)
}

/// Returns the id of the event for a state of the queue. Another state is another fact.
fn queued_id(id: &str, state: &QueueState) -> String {
    let number = |number: Option<u32>| number.map(|number| format!("{number}")).unwrap_or_default();
    match state {
        QueueState { position: None, estimated_wait_seconds: None } => id.into(),
        QueueState { position, estimated_wait_seconds } => {
            bounded_id(format!("{id}:{}:{}", number(*position), number(*estimated_wait_seconds)))
        }
    }
}
