//! How the API writes JSON, reads it, and refuses.

pub(crate) mod error;
pub(crate) mod json;
pub(crate) mod schema;
