//! Maps the events that the webhook does not report, such as the arrival of an agent or the end of a conversation.
//! Their source is an event bus, a trigger's callback or a notification channel.
//!
//! The same event has the same id in every source, so a host can drop duplicates across sources.

use super::conversation;
use crate::settings::EventPolicy;
use crate::wire::detail::EventBody;
use alloc::{format, string::String, vec, vec::Vec};
use handover_guest::clip::clip;
use handover_guest::contract::*;
use handover_guest::events::{bounded_id, digest};
use handover_guest::time;

/// Returns whether a part of a topic can be an id. A placeholder that was copied from the documentation, such as `{id}`
/// or `conversationId`, has no digit. A UUID without a digit practically does not occur.
fn is_id(part: &str) -> bool {
    part.contains(|c: char| c.is_ascii_digit())
}

/// Returns the disconnect type in the spelling of detail events. Conversations spell `NO_ANSWER_TRANSFER` as
/// `transfer.noanswer`.
fn disconnect_type(event: EventBody<'_>) -> String {
    event.disconnect_type().unwrap_or("").to_ascii_uppercase().replace(['.', '-'], "_")
}

fn is_transfer(how: &str) -> bool {
    how.contains("TRANSFER")
}

/// Returns whether an agent transferred the conversation. Any other transfer (`NO_ANSWER_TRANSFER`,
/// `NOT_AVAILABLE_TRANSFER`, `DND_TRANSFER`) means that an agent was offered the conversation and did not accept it.
fn is_handed_on(how: &str) -> bool {
    is_transfer(how) && ["ANSWER", "AVAILABLE", "DND", "DISTURB"].iter().all(|declined| !how.contains(declined))
}

/// One event, while it is being mapped.
pub(super) struct Detail<'a> {
    policy: &'a EventPolicy<'a>,
    body: &'a [u8],
    topic: &'a str,
    event: Option<EventBody<'a>>,
    /// The address of the customer.
    address: Option<&'a str>,
    agent: Option<&'a str>,
}

impl<'a> Detail<'a> {
    pub(super) fn new(
        policy: &'a EventPolicy<'a>,
        body: &'a [u8],
        topic: &'a str,
        event: Option<EventBody<'a>>,
    ) -> Self {
        let address = event.and_then(EventBody::address_to);
        let agent = event.and_then(EventBody::user_id);
        Self { policy, body, topic, event, address, agent }
    }

    /// Reads the event of a callback. The callback that Cognigy documents has the customer's address as `userId` and no
    /// `addressTo`.
    pub(super) fn of_callback(
        policy: &'a EventPolicy<'a>,
        body: &'a [u8],
        topic: &'a str,
        event: EventBody<'a>,
    ) -> Self {
        let (address, agent) = match event.address_to() {
            Some(address) => (Some(address), event.user_id()),
            None => (event.user_id(), None),
        };
        Self { policy, body, topic, event: Some(event), address, agent }
    }

    pub(super) fn events(&self) -> Vec<AgentEvent> {
        let Some(event) = self.event else { return vec![self.ignored(format!("topic {}", clip(self.topic)))] };
        if self.topic.split('.').any(|part| part == "conversations") {
            return match event.id() {
                Some(id) => conversation::events(self.policy, id, event.participants()),
                None => vec![self.ignored("a conversation without an id".into())],
            };
        }
        let is_other = |value: Option<&str>, ours: &str| value.is_some_and(|value| !value.eq_ignore_ascii_case(ours));
        if is_other(event.media_type(), "MESSAGE") || is_other(event.message_type(), "OPEN") {
            return vec![self.ignored("an event of another channel".into())];
        }
        if !self.is_topic_of_genesys() {
            // The host logs a warning for an ignored event without a recipient and a conversation.
            let ignored = self.ignored(format!("topic {}, which Genesys does not have", clip(self.topic)));
            return vec![AgentEvent { recipient: None, handover: None, conversation_id: None, ..ignored }];
        }
        if self.of_agent() && event.is_silent() {
            return vec![self.ignored("a supervisor who only monitors or coaches".into())];
        }
        let happened = self.event(self.kind(event));
        // The agent declined the conversation, so it is queued again. The agent may have been reported as joined in the
        // meantime.
        let waits = self.was_declined(event).then(|| AgentEvent {
            id: bounded_id(format!("{}:queued", happened.id)),
            kind: EventKind::Queued(QueueState { position: None, estimated_wait_seconds: None }),
            ..happened.clone()
        });
        [Some(happened), waits].into_iter().flatten().collect()
    }

    /// Returns the name of the event and the conversation's id from the topic.
    fn named(&self) -> (&str, Option<&str>) {
        match self.topic.strip_prefix("v2.detail.events.conversation.").and_then(|rest| rest.split_once('.')) {
            Some((id, name)) => (name, Some(id).filter(|id| is_id(id))),
            None => (self.topic, None),
        }
    }

    /// Returns whether Genesys has this topic. Any other topic is a mistake in the operator's source.
    fn is_topic_of_genesys(&self) -> bool {
        const DETAILS: [&str; 7] =
            ["acd.start", "acd.end", "acw", "customer.start", "customer.end", "user.start", "user.end"];
        self.topic.starts_with("v2.") || DETAILS.contains(&self.topic)
    }

    fn of_agent(&self) -> bool {
        let (name, _) = self.named();
        name.starts_with("user.") || name == "acw"
    }

    fn was_declined(&self, event: EventBody<'_>) -> bool {
        self.named().0 == "user.end"
            && match disconnect_type(event).as_str() {
                how if is_transfer(how) => !is_handed_on(how),
                // The customer left while the conversation was offered to the agent.
                "PEER" => false,
                _ => event.interacting_duration_ms() == Some(0),
            }
    }

    fn kind(&self, event: EventBody<'_>) -> EventKind {
        let agent = || self.policy.agent.shown(self.agent.filter(|_| self.of_agent()), None);
        let how = disconnect_type(event);
        match (self.named().0, how.as_str()) {
            ("user.start", _) => EventKind::AgentJoined(agent()),
            ("user.end", how) if is_handed_on(how) => EventKind::Transferred(agent()),
            // Any transfer of the customer continues the conversation.
            ("customer.end", how) if is_transfer(how) => EventKind::Transferred(agent()),
            ("user.end", _) => EventKind::AgentLeft(agent()),
            // CLIENT means that the participant itself disconnected, and PEER that the other side did.
            ("customer.end", "CLIENT" | "ENDPOINT") => EventKind::Ended(EndReason::Cancelled),
            ("customer.end", "TIMEOUT" | "INACTIVITY" | "SESSION_EXPIRED" | "SYSTEM" | "UNKNOWN") => {
                EventKind::Ended(EndReason::Expired)
            }
            ("customer.end", "ERROR" | "TRANSPORT_FAILURE" | "UNCALLABLE") => {
                EventKind::Ended(EndReason::Error(how.to_ascii_lowercase().replace('_', ".")))
            }
            ("customer.end", _) => EventKind::Ended(EndReason::Completed),
            ("acd.start", _) => EventKind::Queued(QueueState { position: None, estimated_wait_seconds: None }),
            ("acw", _) => match self.outcome(event) {
                Some(outcome) => EventKind::Outcome(outcome),
                None => EventKind::Ignored("after-call work without a wrap-up code of the agent".into()),
            },
            _ => EventKind::Ignored(format!("topic {}", clip(self.topic))),
        }
    }

    /// Returns what the agent recorded.
    fn outcome(&self, event: EventBody<'_>) -> Option<HandoverOutcome> {
        let code = event.wrapup_code().filter(|code| conversation::is_of_agent(code))?;
        let notes = event.wrapup_notes().filter(|notes| self.policy.outcome_notes && !notes.is_empty());
        let worked = event.wrapup_duration_ms();
        Some(HandoverOutcome {
            code: Some(code.into()),
            name: None,
            notes: notes.map(String::from),
            tags: Vec::new(),
            summary: None,
            conversation_seconds: None,
            after_call_work_seconds: worked.map(|worked| u32::try_from(worked / 1000).unwrap_or(u32::MAX)),
        })
    }

    fn event(&self, kind: EventKind) -> AgentEvent {
        let event = self.event;
        let (name, conversation) = self.named();
        let conversation = event.and_then(EventBody::conversation_id).or(conversation);
        let time = event.and_then(EventBody::event_time);
        let time = time.and_then(|time| time.parse().ok().or_else(|| time::parse(time)));
        let participant = event.and_then(EventBody::participant_id);
        let id = match (conversation, participant, time) {
            (Some(conversation), Some(participant), Some(time)) => {
                format!("{name}:{conversation}:{participant}:{time}")
            }
            _ => format!("{name}:{}", digest(self.body)),
        };
        // `addressTo` is the customer's address only in the events of agents. In a callback without `addressTo`,
        // `userId` is.
        let callback = event.is_some_and(|event| event.address_to().is_none());
        let address = self.address.filter(|_| self.of_agent() || callback);
        let (recipient, handover) = address.map_or((None, None), |address| {
            let (recipient, handover) = self.policy.thread.recipient(address);
            (Some(recipient), handover)
        });
        // After-call work begins when the agent leaves.
        let worked = event.filter(|_| name == "acw").and_then(EventBody::wrapup_duration_ms);
        let time = time.map(|time: Timestamp| time.saturating_sub(worked.unwrap_or(0)));
        AgentEvent {
            id: bounded_id(id),
            recipient,
            handover,
            conversation_id: conversation.map(String::from),
            time,
            kind,
        }
    }

    fn ignored(&self, why: String) -> AgentEvent {
        self.event(EventKind::Ignored(why))
    }
}
