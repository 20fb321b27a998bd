//! Genesys's JSON, named as Genesys names it. What Genesys calls "inbound" goes from the platform to Genesys.

pub mod api;
pub mod detail;
pub mod inbound;
pub mod lenient;
pub mod outbound;
pub mod setup;
