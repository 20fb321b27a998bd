//! Stands between a contact centre and a bot platform that cannot embed a plugin.
//!
//! What is here so far is what it keeps: the [`store`].

pub mod store;
