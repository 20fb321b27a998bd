//! Calls to Genesys's API.

use alloc::{string::String, vec::Vec};
use handover_guest::{
    contract::{Failure, Method},
    encoding,
    http::Kind,
};

/// A call to Genesys's API.
#[derive(Debug)]
pub struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
    pub(super) kind: Kind,
}

impl Call {
    /// Reads something.
    #[must_use]
    pub fn get(path: String) -> Self {
        Self { method: Method::Get, path, body: Vec::new(), kind: Kind::Reads }
    }

    /// A POST that changes something.
    #[must_use]
    pub fn post(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Post, path, body, kind: Kind::Changes }
    }

    /// A POST that changes nothing.
    #[must_use]
    pub fn query(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Post, path, body, kind: Kind::Reads }
    }

    /// A PATCH.
    #[must_use]
    pub fn patch(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Patch, path, body, kind: Kind::Changes }
    }

    /// A PUT with the whole new state. It has the same effect again, so a repetition does no harm.
    #[must_use]
    pub fn replace(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Put, path, body, kind: Kind::Reads }
    }

    /// A PUT that must not be repeated, such as one that names the version which it changes.
    #[must_use]
    pub fn put(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Put, path, body, kind: Kind::Changes }
    }
}

/// Encodes an id as a path segment.
///
/// # Errors
/// No path can contain the id.
pub fn segment(id: &str) -> Result<String, Failure> {
    encoding::path_segment(id).ok_or_else(|| Failure::Permanent("an id is empty or consists of dots".into()))
}
