//! Genesys's JSON, with Genesys's own names. "Inbound" is Genesys's word for the direction from the platform to Genesys.

pub mod api;
pub mod detail;
pub mod inbound;
pub mod outbound;
pub mod setup;
