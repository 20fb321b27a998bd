//! Tests of the sandbox over real sockets, one module per topic. Every expectation is written by hand from Genesys's
//! documentation; none is computed by the code under test.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy allows these in tests but not in their helpers"
)]

mod agentless;
mod agents;
mod annotations;
mod availability;
mod bot_connectors;
mod bot_sessions;
mod content_profiles;
mod conversations;
mod desk;
mod detail_events;
mod event_bus;
mod faults;
mod flows;
mod gate;
mod inbound;
mod integrations;
mod losses;
mod messaging_settings;
mod notifications;
mod oauth;
mod permissions;
mod queues;
mod routing;
mod start;
mod structured;
mod supervisors;
mod support;
mod threading;
mod trigger;
mod typing;
mod unconfirmed;
mod webhooks;
