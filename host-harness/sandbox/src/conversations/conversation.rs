//! One conversation: who takes part in it, what may happen to it next, and how it ends.
//!
//! The disconnect types of an end that the API or the agent causes, and that a re-opened conversation keeps its
//! customer participant, are unconfirmed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;
use uuid::Uuid;

use super::{Agent, Customer, DisconnectType, Message, Participant, Purpose, Queue};
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
        }
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

    /// The agent who takes part.
    pub(crate) fn agent(&self) -> Option<&Participant> {
        self.connected(Purpose::Agent)
    }

    /// The queue that it waits in, or that its agent took it from.
    pub(crate) fn queue_id(&self) -> Option<&str> {
        self.participants.iter().rev().find_map(|participant| participant.queue_id.as_deref())
    }

    /// The attributes of the customer participant.
    pub(crate) fn attributes(&self) -> Option<&BTreeMap<String, String>> {
        let customer = self.participants.iter().find(|participant| participant.purpose == Purpose::Customer)?;
        Some(&customer.attributes)
    }

    /// An agent takes it from the queue.
    pub(crate) fn accept(&mut self, agent: Agent, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_open()?;
        if let Some(present) = self.agent() {
            return Err(WrongPhase::HasAgent(present.name.clone()));
        }
        let queue_id = self.queue_id().map(str::to_owned);
        self.disconnect_purpose(Purpose::Acd, DisconnectType::Transfer, now);
        let mut participant = Participant::new(Purpose::Agent, agent.name, now);
        participant.user_id = Some(agent.user_id);
        participant.queue_id = queue_id;
        self.join(participant);
        Ok(())
    }

    /// The agent hands it to `queue`, where it waits again.
    pub(crate) fn transfer(&mut self, queue: &Queue, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_agent()?;
        self.disconnect_purpose(Purpose::Agent, DisconnectType::Transfer, now);
        self.wait_in(queue, now);
        Ok(())
    }

    /// The agent ends it; if none takes part, Genesys Cloud does.
    pub(crate) fn end_from_desk(&mut self, now: Timestamp) -> Result<(), WrongPhase> {
        self.require_open()?;
        self.end(self.agent().map(|_| Purpose::Agent), now);
        Ok(())
    }

    /// The customer's platform ends it for everybody.
    pub(crate) fn end_from_platform(&mut self, now: Timestamp) {
        self.end(Some(Purpose::Customer), now);
    }

    /// The API disconnects one participant, and with them the conversation: it has two sides only. A participant
    /// who is disconnected already stays as they are. `None`: there is no such participant.
    pub(crate) fn disconnect_participant(&mut self, id: &str, now: Timestamp) -> Option<()> {
        let participant = self.participants.iter().find(|participant| participant.id == id)?;
        let (purpose, connected) = (participant.purpose, participant.is_connected());
        if connected {
            self.end(Some(purpose), now);
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

    fn connected(&self, purpose: Purpose) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.purpose == purpose && participant.is_connected())
    }

    fn disconnect_purpose(&mut self, purpose: Purpose, why: DisconnectType, now: Timestamp) {
        for participant in self.participants.iter_mut().filter(|participant| participant.purpose == purpose) {
            participant.disconnect(why, now);
        }
    }

    /// Disconnects everybody: the one of purpose `by` as the one who did it, the others as peers.
    fn end(&mut self, by: Option<Purpose>, now: Timestamp) {
        for participant in &mut self.participants {
            let why = match by {
                Some(purpose) if purpose == participant.purpose => DisconnectType::Client,
                Some(_) => DisconnectType::Peer,
                None => DisconnectType::System,
            };
            participant.disconnect(why, now);
        }
        self.ended_at.get_or_insert(now);
    }

    fn wait_in(&mut self, queue: &Queue, now: Timestamp) {
        let mut acd = Participant::new(Purpose::Acd, queue.name.clone(), now);
        acd.queue_id = Some(queue.id.clone());
        self.join(acd);
    }

    fn join(&mut self, participant: Participant) {
        if self.participants.len() >= MAX_PARTICIPANTS
            && let Some(oldest) = self
                .participants
                .iter()
                .position(|present| present.purpose != Purpose::Customer && !present.is_connected())
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
            customer.end = None;
            customer.connected_at = now;
        }
        self.wait_in(queue, now);
    }
}
