//! Stands between a contact centre and a bot platform that cannot embed a plugin.
//!
//! What is here so far: what it keeps, the [`store`], and what it keeps of each recipient, the [`mailbox`].

pub mod mailbox;
pub mod store;
