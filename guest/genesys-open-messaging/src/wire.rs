//! The JSON formats of Genesys, with Genesys's own names. Genesys calls the direction from the platform to Genesys
//! "inbound".

pub mod api;
pub mod detail;
pub mod inbound;
pub mod outbound;
pub mod setup;
