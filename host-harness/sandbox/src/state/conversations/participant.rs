//! The participants of a conversation.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The maximum number of attributes of a participant. Further ones are dropped. Unconfirmed: the limit of Genesys
/// Cloud.
const MAX_ATTRIBUTES: usize = 1_000;

/// The purpose of a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Purpose {
    /// The end user.
    Customer,
    /// The queue.
    Acd,
    /// An agent.
    Agent,
}

/// The state of a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// The conversation is offered to the agent.
    Alerting,
    /// The participant is connected.
    Connected,
    /// The participant was connected or alerted, and has left.
    Disconnected,
}

/// Why a participant is disconnected, in the spelling of the conversation object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DisconnectType {
    /// This participant ended it.
    Client,
    /// Another participant ended it.
    Peer,
    /// Genesys Cloud ended it.
    System,
    /// The conversation was transferred.
    Transfer,
    /// The agent did not answer, and the conversation was transferred.
    #[serde(rename = "transfer.noanswer")]
    TransferNoAnswer,
    /// The conversation was inactive for too long.
    Inactivity,
    /// An error occurred.
    Error,
}

/// The role of a supervisor (`MessageMediaParticipant.mediaRoles`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SupervisorRole {
    /// Reads the conversation unseen.
    Monitor,
    /// Writes to the agent only.
    Coach,
    /// Writes to the customer.
    BargeIn,
}

/// The supervision by a participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Supervision {
    pub(crate) role: SupervisorRole,
    /// The id of the participant that the supervisor monitors.
    pub(crate) monitored_id: String,
}

/// An agent's after-call work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrapUp {
    pub(crate) code: String,
    /// The name of the code.
    pub(crate) label: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) notes: Option<String>,
    /// When it was completed. It started when the agent left.
    pub(crate) at: Timestamp,
}

/// A person or a queue in a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Participant {
    pub(crate) id: String,
    /// The id of the participant's session, which detail events report.
    pub(crate) session_id: String,
    pub(crate) purpose: Purpose,
    pub(crate) name: String,
    /// The queue of an acd or agent participant.
    pub(crate) queue_id: Option<String>,
    /// The user of an agent participant.
    pub(crate) user_id: Option<String>,
    pub(crate) attributes: BTreeMap<String, String>,
    /// When the conversation was offered to the agent.
    pub(crate) alerted_at: Option<Timestamp>,
    /// `None` for an agent who has not accepted.
    pub(crate) connected_at: Option<Timestamp>,
    pub(crate) end: Option<(Timestamp, DisconnectType)>,
    pub(crate) wrap_up: Option<WrapUp>,
    /// Set for a supervisor.
    pub(crate) supervision: Option<Supervision>,
}

impl Participant {
    /// Creates a participant that is connected from `now` on.
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

    /// Whether the participant is a supervisor who does not write to the customer.
    pub(crate) fn is_silent(&self) -> bool {
        self.supervision.as_ref().is_some_and(|supervision| supervision.role != SupervisorRole::BargeIn)
    }

    /// Creates an agent participant that is alerted from `now` on.
    pub(super) fn alerted(agent: Agent, queue_id: Option<String>, now: Timestamp) -> Self {
        Self {
            queue_id,
            user_id: Some(agent.user_id),
            alerted_at: Some(now),
            connected_at: None,
            ..Self::new(Purpose::Agent, agent.name, now)
        }
    }

    /// Returns the current state.
    pub(crate) fn state(&self) -> State {
        match (self.end, self.connected_at) {
            (Some(_), _) => State::Disconnected,
            (None, Some(_)) => State::Connected,
            (None, None) => State::Alerting,
        }
    }

    /// Whether the participant is connected.
    pub(crate) fn is_connected(&self) -> bool {
        self.state() == State::Connected
    }

    /// Adds `attributes`. They replace existing attributes with the same name.
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

    /// Connects the participant again, in a new session.
    pub(super) fn reconnect(&mut self, now: Timestamp) {
        self.end = None;
        self.connected_at = Some(now);
        self.session_id = Uuid::new_v4().to_string();
    }
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Queue {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) user_id: String,
    pub(crate) name: String,
}
