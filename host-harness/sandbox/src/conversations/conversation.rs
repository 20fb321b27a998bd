//! One conversation: who takes part in it, how it is opened, and how it ends. What agents do is in `agent_acts`.
//!
//! The disconnect types of an end that the API or the agent causes, and that a re-opened conversation keeps its
//! customer participant, are unconfirmed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;
use uuid::Uuid;

use super::happening::{AcdOutcome, Happening, What};
use super::participant::State;
use super::{Customer, DisconnectType, Message, Participant, Purpose, Queue, Routing};
use crate::ring::Ring;

/// How many messages of a conversation are kept.
const MAX_MESSAGES: usize = 500;

/// How many participants of a conversation are kept, so that endless transfers do not grow it.
const MAX_PARTICIPANTS: usize = 200;

/// The integration a conversation came through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IntegrationRef {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// What the conversation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// For an agent.
    Waiting,
    /// An agent takes part.
    Connected,
    /// Everybody is disconnected.
    Ended,
}

/// An act that the conversation's phase does not allow. The message says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum WrongPhase {
    /// It has ended.
    #[error("the conversation has ended; an inbound message of the customer within the threading window re-opens it")]
    Ended,
    /// No agent takes part.
    #[error("no agent is connected; accept the conversation first")]
    NoAgent,
    /// An agent takes part already.
    #[error("{0} is connected already; transfer or disconnect first")]
    HasAgent(String),
    /// It is offered to an agent.
    #[error("the conversation is offered to {0}, who may accept, decline or not answer")]
    Alerted(String),
    /// It is offered to nobody.
    #[error("the conversation is offered to nobody; offer it first, or say `name`")]
    NobodyAlerted,
    /// The agent takes part, or is offered to.
    #[error("{0} takes part already")]
    TakesPart(String),
    /// The agent does not take part.
    #[error("this agent does not take part")]
    NotIn,
    /// Only one agent takes part.
    #[error("only one agent takes part; conference first, or disconnect")]
    NoConference,
    /// No agent has left who has not wrapped up.
    #[error("no agent has left who has not wrapped up; transfer or disconnect first")]
    NothingToWrapUp,
}

/// Who or what ends a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The participant of this id; to the others they are a peer.
    By(String),
    /// Genesys Cloud, on its own account.
    System,
    /// Genesys Cloud, because nobody wrote for too long.
    Inactivity,
    /// A failure.
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

/// One conversation.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    pub(crate) integration: IntegrationRef,
    pub(crate) customer: Customer,
    pub(crate) participants: Vec<Participant>,
    pub(crate) messages: Ring<Message>,
    pub(crate) opened_at: Timestamp,
    /// While it has ended: since when.
    pub(crate) ended_at: Option<Timestamp>,
    /// What nobody has been told yet.
    untold: Vec<Happening>,
    pub(crate) routing: Routing,
}

impl Conversation {
    /// A new one. Only the customer is in it.
    pub(super) fn new(integration: &IntegrationRef, customer: &Customer, now: Timestamp) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            integration: integration.clone(),
            customer: customer.clone(),
            participants: vec![Participant::new(Purpose::Customer, customer.display_name(), now)],
            messages: Ring::new(MAX_MESSAGES),
            opened_at: now,
            ended_at: None,
            untold: Vec::new(),
            routing: Routing::default(),
        }
    }

    /// A new one that has ended at once, before anybody could know of it.
    pub(super) fn ended(integration: &IntegrationRef, customer: &Customer, now: Timestamp) -> Self {
        let mut conversation = Self::new(integration, customer, now);
        conversation.end(&Ending::System, now);
        conversation.untold.clear();
        conversation
    }

    /// Whether it waits in a queue, rather than for an agent to whom it was handed directly.
    pub(crate) fn is_queued(&self) -> bool {
        self.phase() == Phase::Waiting && self.connected(Purpose::Acd).is_some()
    }

    /// What it waits for.
    pub(crate) fn phase(&self) -> Phase {
        if self.ended_at.is_some() {
            Phase::Ended
        } else if self.agent().is_some() {
            Phase::Connected
        } else {
            Phase::Waiting
        }
    }

    /// The agent who takes part; of several the one who came first.
    pub(crate) fn agent(&self) -> Option<&Participant> {
        self.agents().next()
    }

    /// All agents who take part, the one who came first at first. Who only monitors or coaches does not.
    pub(crate) fn agents(&self) -> impl Iterator<Item = &Participant> {
        let takes_part = |one: &&Participant| one.purpose == Purpose::Agent && one.is_connected() && !one.is_silent();
        self.participants.iter().filter(takes_part)
    }

    /// The agent to whom it is offered.
    pub(crate) fn alerting(&self) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.state() == State::Alerting)
    }

    /// The customer.
    pub(crate) fn customer_participant(&self) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.purpose == Purpose::Customer)
    }

    /// The queue that it waits in, or that its agent took it from.
    pub(crate) fn queue_id(&self) -> Option<&str> {
        self.participants.iter().rev().find_map(|participant| participant.queue_id.as_deref())
    }

    /// The attributes of the customer participant.
    pub(crate) fn attributes(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.customer_participant()?.attributes)
    }

    /// What nobody has been told yet, which then counts as told.
    pub(super) fn take_untold(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.untold)
    }

    /// The agent ends it (of several, the one who came first); if none takes part, Genesys Cloud does.
    pub(crate) fn end_from_desk(&mut self, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_open()?;
        let by = self.agent().map_or(Ending::System, |agent| Ending::By(agent.id.clone()));
        self.end(&by, now);
        Ok(())
    }

    /// The customer's platform ends it for everybody.
    pub(crate) fn end_from_platform(&mut self, now: Timestamp) {
        if let Some(by) = self.customer_participant().map(|customer| Ending::By(customer.id.clone())) {
            self.end(&by, now);
        }
    }

    /// Genesys Cloud ends it, because of `why`.
    pub(crate) fn end_because(&mut self, why: &Ending, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_open()?;
        self.end(why, now);
        Ok(())
    }

    /// The API disconnects one participant, and with them the conversation, unless another agent takes part. A
    /// participant who is disconnected already stays as they are. `None`: there is no such participant.
    pub(crate) fn disconnect_participant(&mut self, id: &str, now: Timestamp) -> Option<()> {
        let participant = self.participants.iter().find(|participant| participant.id == id)?;
        let is_agent = participant.purpose == Purpose::Agent;
        match participant.state() {
            State::Disconnected => {}
            State::Alerting => self.leave(id, DisconnectType::Client, &What::AgentLeft, now),
            State::Connected if is_agent && self.agents().count() > 1 => {
                self.leave(id, DisconnectType::Client, &What::AgentLeft, now);
            }
            State::Connected => self.end(&Ending::By(id.to_owned()), now),
        }
        Some(())
    }

    /// Merges `attributes` into a participant's. `None`: there is no such participant.
    pub(crate) fn merge_attributes(
        &mut self,
        id: &str,
        attributes: BTreeMap<String, String>,
    ) -> Option<&BTreeMap<String, String>> {
        let participant = self.participants.iter_mut().find(|participant| participant.id == id)?;
        participant.merge(attributes);
        Some(&participant.attributes)
    }

    /// Fails when it has ended.
    pub(crate) fn require_open(&self) -> Result<(), WrongPhase> {
        if self.ended_at.is_some() { Err(WrongPhase::Ended) } else { Ok(()) }
    }

    /// Fails unless an agent takes part.
    pub(crate) fn require_agent(&self) -> Result<(), WrongPhase> {
        self.require_open()?;
        if self.agent().is_none() { Err(WrongPhase::NoAgent) } else { Ok(()) }
    }

    pub(super) fn connected(&self, purpose: Purpose) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.purpose == purpose && participant.is_connected())
    }

    /// Ends it for one participant, for whom it has not ended.
    pub(super) fn leave(&mut self, id: &str, why: DisconnectType, what: &What, now: Timestamp) {
        if let Some(participant) = self.participants.iter_mut().find(|one| one.id == id) {
            participant.end = Some((now, why));
            let participant = participant.clone();
            self.note(what.clone(), participant, now);
        }
    }

    /// Ends it for everybody who is there: agents first, the customer last.
    fn end(&mut self, ending: &Ending, now: Timestamp) {
        let abandoned = self.customer_participant().is_some_and(|one| *ending == Ending::By(one.id.clone()));
        let outcome = if abandoned { AcdOutcome::Abandon } else { AcdOutcome::Unknown };
        for (purpose, what) in [
            (Purpose::Agent, What::AgentLeft),
            (Purpose::Acd, What::QueueLeft(outcome)),
            (Purpose::Customer, What::CustomerLeft),
        ] {
            let there = self.participants.iter().filter(|one| one.purpose == purpose && one.end.is_none());
            let ids: Vec<_> = there.map(|one| one.id.clone()).collect();
            for id in ids {
                self.leave(&id, ending.disconnect_type(&id), &what, now);
            }
        }
        self.ended_at.get_or_insert(now);
    }

    pub(super) fn wait_in(&mut self, queue: &Queue, now: Timestamp) {
        let mut acd = Participant::new(Purpose::Acd, queue.name.clone(), now);
        acd.queue_id = Some(queue.id.clone());
        self.join(acd.clone());
        self.note(What::QueueEntered, acd, now);
    }

    /// The queue that it waited in last.
    pub(super) fn last_queue(&self) -> Option<Queue> {
        let acd = self.participants.iter().rev().find(|participant| participant.purpose == Purpose::Acd)?;
        Some(Queue { id: acd.queue_id.clone()?, name: acd.name.clone() })
    }

    pub(super) fn note(&mut self, what: What, participant: Participant, at: Timestamp) {
        self.untold.push(Happening { what, at, participant });
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

    /// The customer as the latest message describes them, with attributes added to those they have.
    pub(super) fn describe_customer(&mut self, customer: Customer, attributes: BTreeMap<String, String>) {
        if let Some(participant) = self.participants.iter_mut().find(|one| one.purpose == Purpose::Customer) {
            participant.name = customer.display_name();
            participant.merge(attributes);
        }
        self.customer = customer;
    }

    /// The inbound message flow connects the customer, be it again, and transfers to `queue`.
    pub(super) fn enter_flow(&mut self, queue: &Queue, now: Timestamp) {
        self.ended_at = None;
        if let Some(customer) = self.participants.iter_mut().find(|one| one.purpose == Purpose::Customer) {
            customer.reconnect(now);
            let customer = customer.clone();
            self.note(What::CustomerConnected, customer, now);
        }
        self.wait_in(queue, now);
    }
}
