//! The JSON formats of Genesys, with Genesys's own names. Genesys calls the direction from the platform to Genesys
//! "inbound".

pub mod activity;
pub mod api;
pub mod architect;
pub mod conversations;
pub mod detail;
pub mod inbound;
pub mod outbound;
pub mod setup;

/// The header of Genesys's signature ("Validate webhook notifications" of the developer center).
pub const SIGNATURE: &str = "x-hub-signature-256";
/// The text before the tag in this header.
pub const SIGNATURE_PREFIX: &str = "sha256=";
/// The header with the key of a source that the operator built.
pub const AUTHORIZATION: &str = "authorization";
