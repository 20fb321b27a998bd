//! The agent's desk: `/sandbox/…`, without authentication. Bodies are JSON, regardless of the content type. If no field
//! is required, the body may be empty. This keeps `curl -d` simple.

pub(crate) mod agent_actions;
pub(crate) mod bot_sessions;
pub(crate) mod callbacks;
pub(crate) mod controls;
pub(crate) mod conversations;
pub(crate) mod messages;
pub(crate) mod queues;
mod request;
pub(crate) mod structured_messages;
mod view;
