//! The organization's users, who are agents.

use uuid::Uuid;

use crate::state::conversations::Agent;
use crate::state::ring::Ring;

/// The number of users that are kept. The oldest one is removed first.
const MAX_USERS: usize = 1_000;

/// The users whose names the desk used.
#[derive(Debug)]
pub(crate) struct Users(Ring<Agent>);

impl Users {
    /// Creates an empty list.
    pub(crate) fn new() -> Self {
        Self(Ring::new(MAX_USERS))
    }

    /// Returns the user with this name. Creates the user if there is none.
    pub(crate) fn get_or_create(&mut self, name: &str) -> Agent {
        if let Some(agent) = self.0.iter().find(|agent| agent.name == name) {
            return agent.clone();
        }
        let agent = Agent { user_id: Uuid::new_v4().to_string(), name: name.to_owned() };
        self.0.push(agent.clone());
        agent
    }

    /// Returns the user with this id.
    pub(crate) fn get(&self, id: &str) -> Option<Agent> {
        self.0.iter().find(|agent| agent.user_id == id).cloned()
    }
}
