//! The agent's desk: `/sandbox/…`, without authentication. Bodies are JSON whatever their content type is, and may be
//! empty where no field is required, so that `curl -d` suffices.

pub(crate) mod agent_actions;
pub(crate) mod controls;
pub(crate) mod conversations;
pub(crate) mod messages;
mod request;
pub(crate) mod structured_messages;
mod view;
