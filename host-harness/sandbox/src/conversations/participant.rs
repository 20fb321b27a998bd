//! Who takes part in a conversation.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many attributes a participant may have; more are dropped. Genesys's own limit is unconfirmed.
const MAX_ATTRIBUTES: usize = 1_000;

/// What a participant is in the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Purpose {
    /// The end user.
    Customer,
    /// The queue.
    Acd,
    /// A person at the desk.
    Agent,
}

/// Whether a participant takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// An agent to whom the conversation is offered.
    Alerting,
    /// They take part.
    Connected,
    /// They did, or were offered to.
    Disconnected,
}

/// Why a participant is disconnected, as the conversation object spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DisconnectType {
    /// This participant ended it.
    Client,
    /// Another participant ended it.
    Peer,
    /// Genesys Cloud ended it.
    System,
    /// The conversation went on elsewhere.
    Transfer,
    /// The agent did not answer, and the conversation went on elsewhere.
    #[serde(rename = "transfer.noanswer")]
    TransferNoAnswer,
    /// Nobody wrote for too long.
    Inactivity,
    /// Something failed.
    Error,
}

/// What a supervisor does (`MessageMediaParticipant.mediaRoles`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SupervisorRole {
    /// Reads along; nobody sees it.
    Monitor,
    /// Speaks with the agent alone.
    Coach,
    /// Speaks with the customer.
    BargeIn,
}

/// That a participant is a supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Supervision {
    pub(crate) role: SupervisorRole,
    /// The participant whom they watch.
    pub(crate) watched_id: String,
}

/// An agent's after-call work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrapUp {
    pub(crate) code: String,
    pub(crate) notes: Option<String>,
    /// When it was done; it began when the agent's part ended.
    pub(crate) at: Timestamp,
}

/// Somebody, or a queue, in a conversation. There until it has an end.
#[derive(Clone, Debug)]
pub(crate) struct Participant {
    pub(crate) id: String,
    /// The id of the participant's session, by which detail events know it.
    pub(crate) session_id: String,
    pub(crate) purpose: Purpose,
    pub(crate) name: String,
    /// The queue of an acd or agent participant.
    pub(crate) queue_id: Option<String>,
    /// The user of an agent participant.
    pub(crate) user_id: Option<String>,
    pub(crate) attributes: BTreeMap<String, String>,
    /// Since when the conversation was offered to an agent.
    pub(crate) alerted_at: Option<Timestamp>,
    /// `None` for an agent who did not take it (yet).
    pub(crate) connected_at: Option<Timestamp>,
    pub(crate) end: Option<(Timestamp, DisconnectType)>,
    pub(crate) wrap_up: Option<WrapUp>,
    /// Of a supervisor.
    pub(crate) supervision: Option<Supervision>,
}

impl Participant {
    /// Somebody who is connected since `now`.
    pub(crate) fn new(purpose: Purpose, name: String, now: Timestamp) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            session_id: Uuid::new_v4().to_string(),
            purpose,
            name,
            queue_id: None,
            user_id: None,
            attributes: BTreeMap::new(),
            alerted_at: None,
            connected_at: Some(now),
            end: None,
            wrap_up: None,
            supervision: None,
        }
    }

    /// Whether it is a supervisor whom the customer neither sees nor hears.
    pub(crate) fn is_silent(&self) -> bool {
        self.supervision.as_ref().is_some_and(|supervision| supervision.role != SupervisorRole::BargeIn)
    }

    /// An agent to whom the conversation is offered since `now`.
    pub(super) fn alerted(agent: Agent, queue_id: Option<String>, now: Timestamp) -> Self {
        Self {
            queue_id,
            user_id: Some(agent.user_id),
            alerted_at: Some(now),
            connected_at: None,
            ..Self::new(Purpose::Agent, agent.name, now)
        }
    }

    /// Whether the participant takes part.
    pub(crate) fn state(&self) -> State {
        match (self.end, self.connected_at) {
            (Some(_), _) => State::Disconnected,
            (None, Some(_)) => State::Connected,
            (None, None) => State::Alerting,
        }
    }

    /// Whether the participant takes part now.
    pub(crate) fn is_connected(&self) -> bool {
        self.state() == State::Connected
    }

    /// Adds `attributes` to the participant's, replacing those of the same name.
    pub(crate) fn merge(&mut self, attributes: BTreeMap<String, String>) {
        for (name, value) in attributes {
            if self.attributes.len() < MAX_ATTRIBUTES || self.attributes.contains_key(&name) {
                self.attributes.insert(name, value);
            }
        }
    }

    /// Whether this is the participant of `agent`.
    pub(super) fn is(&self, agent: &Agent) -> bool {
        self.user_id.as_ref() == Some(&agent.user_id)
    }

    /// Takes part again, in a new session.
    pub(super) fn reconnect(&mut self, now: Timestamp) {
        self.end = None;
        self.connected_at = Some(now);
        self.session_id = Uuid::new_v4().to_string();
    }
}

/// A queue, as the engine needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Queue {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// An agent who takes part in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) user_id: String,
    pub(crate) name: String,
}
