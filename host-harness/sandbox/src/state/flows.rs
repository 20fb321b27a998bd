//! Inbound message flows: their names and messages.

use crate::state::integrations::Integrations;

/// An inbound message flow.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The message that it sends when a conversation is opened or reopened.
    pub(crate) greeting: Option<String>,
    /// The message that it sends when a conversation enters a queue.
    pub(crate) in_queue: Option<String>,
}

/// All flows. They are immutable.
#[derive(Debug)]
pub(crate) struct Flows(pub(crate) Vec<Flow>);

impl Flows {
    /// Returns the flow with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Flow> {
        self.0.iter().find(|flow| flow.id == id)
    }

    /// Returns the flow of the integration's recipient.
    pub(crate) fn of(&self, integrations: &Integrations, integration_id: &str) -> Option<&Flow> {
        self.get(integrations.get(integration_id)?.flow_id.as_deref()?)
    }
}
