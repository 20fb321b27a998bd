//! Inbound message flows: what they are called and what they say.

use crate::state::integrations::Integrations;

/// An inbound message flow.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) id: String,
    pub(crate) name: String,
    /// What it says when a conversation opens.
    pub(crate) greeting: Option<String>,
    /// What it says when a conversation begins to wait in a queue.
    pub(crate) in_queue: Option<String>,
}

/// All flows. They do not change.
#[derive(Debug)]
pub(crate) struct Flows(pub(crate) Vec<Flow>);

impl Flows {
    /// The flow of this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Flow> {
        self.0.iter().find(|flow| flow.id == id)
    }

    /// The flow that the integration's recipient is attached to.
    pub(crate) fn of(&self, integrations: &Integrations, integration_id: &str) -> Option<&Flow> {
        self.get(integrations.get(integration_id)?.flow_id.as_deref()?)
    }
}
