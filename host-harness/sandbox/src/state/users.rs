//! The agents as users of the organization.

use uuid::Uuid;

use crate::state::conversations::Agent;
use crate::state::ring::Ring;

/// How many users are kept. The oldest is forgotten first.
const MAX_USERS: usize = 1_000;

/// Everybody who ever accepted a conversation.
#[derive(Debug)]
pub(crate) struct Users(Ring<Agent>);

impl Users {
    /// Nobody yet.
    pub(crate) fn new() -> Self {
        Self(Ring::new(MAX_USERS))
    }

    /// The user of this name, who comes into being when first named.
    pub(crate) fn named(&mut self, name: &str) -> Agent {
        if let Some(agent) = self.0.iter().find(|agent| agent.name == name) {
            return agent.clone();
        }
        let agent = Agent { user_id: Uuid::new_v4().to_string(), name: name.to_owned() };
        self.0.push(agent.clone());
        agent
    }

    /// The user of this id.
    pub(crate) fn get(&self, id: &str) -> Option<Agent> {
        self.0.iter().find(|agent| agent.user_id == id).cloned()
    }
}
