//! The sandbox over real sockets, one module a topic. Every expectation is written by hand from Genesys's
//! documentation, none is computed with the code under test.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy lets tests do so, but not the helpers beside them"
)]

mod conversations;
mod desk;
mod faults;
mod gate;
mod inbound;
mod integrations;
mod oauth;
mod queues;
mod start;
mod support;
mod threading;
mod typing;
mod webhooks;
