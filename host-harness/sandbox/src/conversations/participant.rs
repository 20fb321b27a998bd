//! Who takes part in a conversation.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
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

/// Why a participant is disconnected.
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
}

/// Somebody, or a queue, in a conversation. Connected until it has an end.
#[derive(Clone, Debug)]
pub(crate) struct Participant {
    pub(crate) id: String,
    pub(crate) purpose: Purpose,
    pub(crate) name: String,
    /// The queue of an acd or agent participant.
    pub(crate) queue_id: Option<String>,
    /// The user of an agent participant.
    pub(crate) user_id: Option<String>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) connected_at: Timestamp,
    pub(crate) end: Option<(Timestamp, DisconnectType)>,
}

impl Participant {
    /// Somebody who is connected since `now`.
    pub(crate) fn new(purpose: Purpose, name: String, now: Timestamp) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            purpose,
            name,
            queue_id: None,
            user_id: None,
            attributes: BTreeMap::new(),
            connected_at: now,
            end: None,
        }
    }

    /// Whether the participant takes part now.
    pub(crate) fn is_connected(&self) -> bool {
        self.end.is_none()
    }

    /// Adds `attributes` to the participant's, replacing those of the same name.
    pub(crate) fn merge(&mut self, attributes: BTreeMap<String, String>) {
        for (name, value) in attributes {
            if self.attributes.len() < MAX_ATTRIBUTES || self.attributes.contains_key(&name) {
                self.attributes.insert(name, value);
            }
        }
    }

    /// Ends it for the participant, unless it has ended for them.
    pub(crate) fn disconnect(&mut self, why: DisconnectType, now: Timestamp) {
        self.end.get_or_insert((now, why));
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
