//! The API's wire format: JSON output, request bodies and error responses.

pub(crate) mod error;
pub(crate) mod json;
pub(crate) mod schema;
