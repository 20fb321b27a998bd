//! The JSON of the Bot Connector, in Genesys's words.

pub mod answer;
pub mod api;
pub mod bots;
pub mod request;
pub mod setup;
pub(crate) mod textbots;
