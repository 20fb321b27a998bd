//! A conversation: its participants, its start and its end. The actions of agents are in `agent_actions`.
//!
//! Unconfirmed: the disconnect types when the API or an agent ends a conversation, and that a reopened conversation
//! keeps its customer participant.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;
use uuid::Uuid;

use crate::state::conversations::event::{AcdOutcome, ConversationEvent, EventKind};
use crate::state::conversations::message::{Customer, Message, Originator};
use crate::state::conversations::participant::{DisconnectType, Participant, Purpose, Queue, State};
use crate::state::conversations::routing::Routing;
use crate::state::ring::Ring;

/// The number of messages of a conversation that are kept.
const MAX_MESSAGES: usize = 500;

/// The number of participants of a conversation that are kept. Repeated transfers would otherwise grow it without
/// bound.
const MAX_PARTICIPANTS: usize = 200;

/// The integration of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IntegrationRef {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The phase of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// No agent is connected.
    Waiting,
    /// An agent is connected.
    Connected,
    /// All participants are disconnected.
    Ended,
}

/// Why the phase of a conversation does not allow an action. The message states what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum WrongPhase {
    /// The conversation has ended.
    #[error("the conversation has ended; an inbound message from the customer within the threading window reopens it")]
    Ended,
    /// No agent is connected.
    #[error("no agent is connected; accept the conversation first")]
    NoAgent,
    /// An agent is already connected.
    #[error("{0} is connected already; transfer or disconnect first")]
    HasAgent(String),
    /// The conversation is offered to an agent.
    #[error("the conversation is offered to {0}, who may accept, decline or not answer")]
    Alerted(String),
    /// The conversation is not offered to an agent.
    #[error("the conversation is not offered to an agent; offer it first, or set `name`")]
    NotAlerted,
    /// The agent participates or is being alerted.
    #[error("{0} is in the conversation already")]
    AlreadyPresent(String),
    /// The agent does not participate.
    #[error("this agent is not in the conversation")]
    NotPresent,
    /// Only one agent is connected.
    #[error("only one agent is connected; conference first, or disconnect")]
    NoConference,
    /// Every agent who has left has wrapped up.
    #[error("no agent has left without wrapping up; transfer or disconnect first")]
    NothingToWrapUp,
}

/// The cause of a conversation's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The participant with this id, who is a peer of the other participants.
    By(String),
    /// Genesys Cloud, without an action of a participant.
    System,
    /// Genesys Cloud, due to inactivity.
    Inactivity,
    /// An error.
    Error,
}

impl Ending {
    fn disconnect_type(&self, participant_id: &str) -> DisconnectType {
        match self {
            Self::By(id) if id == participant_id => DisconnectType::Client,
            Self::By(_) => DisconnectType::Peer,
            Self::System => DisconnectType::System,
            Self::Inactivity => DisconnectType::Inactivity,
            Self::Error => DisconnectType::Error,
        }
    }
}

/// A summary of a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) text: String,
    /// Whether Genesys Cloud has finished it.
    pub(crate) is_complete: bool,
    pub(crate) created_at: Timestamp,
}

/// A conversation.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    pub(crate) integration: IntegrationRef,
    pub(crate) customer: Customer,
    pub(crate) participants: Vec<Participant>,
    pub(crate) messages: Ring<Message>,
    pub(crate) opened_at: Timestamp,
    /// When it ended. `None` while it is open.
    pub(crate) ended_at: Option<Timestamp>,
    /// The events that have not been published.
    unpublished: Vec<ConversationEvent>,
    pub(crate) routing: Routing,
    pub(crate) external_tag: Option<String>,
    pub(crate) secure_attributes: BTreeMap<String, String>,
    /// The id of its survey.
    pub(crate) survey: Option<String>,
    /// The summary that the desk wrote.
    pub(crate) summary: Option<Summary>,
}

impl Conversation {
    /// Creates a conversation with the customer as its only participant.
    pub(super) fn new(integration: &IntegrationRef, customer: &Customer, now: Timestamp) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            integration: integration.clone(),
            customer: customer.clone(),
            participants: vec![Participant::new(Purpose::Customer, customer.display_name(), now)],
            messages: Ring::new(MAX_MESSAGES),
            opened_at: now,
            ended_at: None,
            unpublished: Vec::new(),
            routing: Routing::default(),
            external_tag: None,
            secure_attributes: BTreeMap::new(),
            survey: None,
            summary: None,
        }
    }

    /// Creates a conversation that has already ended, without events.
    pub(super) fn ended(integration: &IntegrationRef, customer: &Customer, now: Timestamp) -> Self {
        let mut conversation = Self::new(integration, customer, now);
        conversation.end(&Ending::System, now);
        conversation.unpublished.clear();
        conversation
    }

    /// Whether it waits in a queue. A conversation that was transferred to an agent also waits, but not in a queue.
    pub(crate) fn is_queued(&self) -> bool {
        self.phase() == Phase::Waiting && self.connected(Purpose::Acd).is_some()
    }

    /// Returns the id of the queue in which it waits, and since when. `None` if it does not wait in a queue.
    pub(crate) fn waits_in(&self) -> Option<(&str, Timestamp)> {
        let queue = self.connected(Purpose::Acd).filter(|_| self.is_queued())?;
        Some((queue.queue_id.as_deref()?, queue.connected_at?))
    }

    /// Returns the current phase.
    pub(crate) fn phase(&self) -> Phase {
        if self.ended_at.is_some() {
            Phase::Ended
        } else if self.agent().is_some() {
            Phase::Connected
        } else {
            Phase::Waiting
        }
    }

    /// Returns the connected agent who joined first.
    pub(crate) fn agent(&self) -> Option<&Participant> {
        self.agents().next()
    }

    /// Returns the connected agents in the order in which they joined, without supervisors who monitor or coach.
    pub(crate) fn agents(&self) -> impl Iterator<Item = &Participant> {
        let is_agent = |one: &&Participant| one.purpose == Purpose::Agent && one.is_connected() && !one.is_silent();
        self.participants.iter().filter(is_agent)
    }

    /// Returns the agent who is being alerted.
    pub(crate) fn alerting(&self) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.state() == State::Alerting)
    }

    /// Returns the customer participant.
    pub(crate) fn customer_participant(&self) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.purpose == Purpose::Customer)
    }

    /// Returns the participant who sent a message: the customer, the agent who was connected then, or the queue for a
    /// message of the flow. Of several, the last one who joined. The customer, if there is no such participant.
    pub(crate) fn sender(&self, message: &Message) -> Option<&Participant> {
        let purpose = match message.originator {
            None => Purpose::Customer,
            Some(Originator::Human) => Purpose::Agent,
            Some(Originator::Bot) => Purpose::Acd,
        };
        let was_connected = |one: &&Participant| {
            one.purpose == purpose
                && one.connected_at.is_some_and(|since| since <= message.time)
                && one.end.is_none_or(|(until, _)| message.time <= until)
        };
        self.participants.iter().rfind(was_connected).or_else(|| self.customer_participant())
    }

    /// Returns the queue in which it waits, or from which its agent accepted it.
    pub(crate) fn queue_id(&self) -> Option<&str> {
        self.participants.iter().rev().find_map(|participant| participant.queue_id.as_deref())
    }

    /// Returns the attributes of the customer participant.
    pub(crate) fn attributes(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.customer_participant()?.attributes)
    }

    /// Removes and returns the events that have not been published.
    pub(super) fn take_unpublished(&mut self) -> Vec<ConversationEvent> {
        std::mem::take(&mut self.unpublished)
    }

    /// Ends it on behalf of the agent who joined first, or of Genesys Cloud if no agent is connected.
    pub(crate) fn end_from_desk(&mut self, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_open()?;
        let by = self.agent().map_or(Ending::System, |agent| Ending::By(agent.id.clone()));
        self.end(&by, now);
        Ok(())
    }

    /// Ends it for all participants on behalf of the customer's platform.
    pub(crate) fn end_from_platform(&mut self, now: Timestamp) {
        if let Some(by) = self.customer_participant().map(|customer| Ending::By(customer.id.clone())) {
            self.end(&by, now);
        }
    }

    /// Ends it with `ending` as the cause.
    pub(crate) fn end_because(&mut self, ending: &Ending, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_open()?;
        self.end(ending, now);
        Ok(())
    }

    /// Disconnects one participant, as the API does. Disconnecting a connected participant ends the conversation,
    /// unless the participant is one of several agents. Does nothing if the participant is already disconnected.
    /// Returns `None` if there is no such participant.
    pub(crate) fn disconnect_participant(&mut self, id: &str, now: Timestamp) -> Option<()> {
        let participant = self.participants.iter().find(|participant| participant.id == id)?;
        let is_agent = participant.purpose == Purpose::Agent;
        match participant.state() {
            State::Disconnected => {}
            State::Alerting => self.leave(id, DisconnectType::Client, &EventKind::AgentLeft, now),
            State::Connected if is_agent && self.agents().count() > 1 => {
                self.leave(id, DisconnectType::Client, &EventKind::AgentLeft, now);
            }
            State::Connected => self.end(&Ending::By(id.to_owned()), now),
        }
        Some(())
    }

    /// Merges `attributes` into a participant's attributes. Returns `None` if there is no such participant.
    pub(crate) fn merge_attributes(
        &mut self,
        id: &str,
        attributes: BTreeMap<String, String>,
    ) -> Option<&BTreeMap<String, String>> {
        let participant = self.participants.iter_mut().find(|participant| participant.id == id)?;
        participant.merge(attributes);
        Some(&participant.attributes)
    }

    /// Returns an error if it has ended.
    pub(crate) fn require_open(&self) -> Result<(), WrongPhase> {
        if self.ended_at.is_some() { Err(WrongPhase::Ended) } else { Ok(()) }
    }

    /// Returns an error unless an agent is connected.
    pub(crate) fn require_agent(&self) -> Result<(), WrongPhase> {
        self.require_open()?;
        if self.agent().is_none() { Err(WrongPhase::NoAgent) } else { Ok(()) }
    }

    pub(super) fn connected(&self, purpose: Purpose) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.purpose == purpose && participant.is_connected())
    }

    /// Disconnects one participant and records `kind`.
    pub(super) fn leave(&mut self, id: &str, disconnect_type: DisconnectType, kind: &EventKind, now: Timestamp) {
        if let Some(participant) = self.participants.iter_mut().find(|one| one.id == id) {
            participant.end = Some((now, disconnect_type));
            let participant = participant.clone();
            self.record(kind.clone(), participant, now);
        }
    }

    /// Disconnects all participants: the agents first, the customer last.
    fn end(&mut self, ending: &Ending, now: Timestamp) {
        let abandoned = self.customer_participant().is_some_and(|one| *ending == Ending::By(one.id.clone()));
        let outcome = if abandoned { AcdOutcome::Abandon } else { AcdOutcome::Unknown };
        for (purpose, kind) in [
            (Purpose::Agent, EventKind::AgentLeft),
            (Purpose::Acd, EventKind::QueueLeft(outcome)),
            (Purpose::Customer, EventKind::CustomerLeft),
        ] {
            let present = self.participants.iter().filter(|one| one.purpose == purpose && one.end.is_none());
            let ids: Vec<_> = present.map(|one| one.id.clone()).collect();
            for id in ids {
                self.leave(&id, ending.disconnect_type(&id), &kind, now);
            }
        }
        self.ended_at.get_or_insert(now);
    }

    /// Adds the conversation to `queue`.
    pub(super) fn wait_in(&mut self, queue: &Queue, now: Timestamp) {
        let mut acd = Participant::new(Purpose::Acd, queue.name.clone(), now);
        acd.queue_id = Some(queue.id.clone());
        self.join(acd.clone());
        self.record(EventKind::QueueEntered, acd, now);
    }

    /// Returns the last queue in which it waited.
    pub(super) fn last_queue(&self) -> Option<Queue> {
        let acd = self.participants.iter().rev().find(|participant| participant.purpose == Purpose::Acd)?;
        Some(Queue { id: acd.queue_id.clone()?, name: acd.name.clone() })
    }

    pub(super) fn record(&mut self, kind: EventKind, participant: Participant, at: Timestamp) {
        self.unpublished.push(ConversationEvent { kind, at, participant });
    }

    pub(super) fn join(&mut self, participant: Participant) {
        if self.participants.len() >= MAX_PARTICIPANTS
            && let Some(oldest) = self
                .participants
                .iter()
                .position(|present| present.purpose != Purpose::Customer && present.end.is_some())
        {
            self.participants.remove(oldest);
        }
        self.participants.push(participant);
    }

    /// Replaces the customer's data with the data of the latest message, and adds `attributes`.
    pub(super) fn update_customer(&mut self, customer: Customer, attributes: BTreeMap<String, String>) {
        if let Some(participant) = self.participants.iter_mut().find(|one| one.purpose == Purpose::Customer) {
            participant.name = customer.display_name();
            participant.merge(attributes);
        }
        self.customer = customer;
    }

    /// Connects the customer and transfers the conversation to `queue`, as the inbound message flow does.
    pub(super) fn enter_flow(&mut self, queue: &Queue, now: Timestamp) {
        self.ended_at = None;
        if let Some(customer) = self.participants.iter_mut().find(|one| one.purpose == Purpose::Customer) {
            customer.reconnect(now);
            let customer = customer.clone();
            self.record(EventKind::CustomerConnected, customer, now);
        }
        self.wait_in(queue, now);
    }
}
