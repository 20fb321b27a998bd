//! Calls to Genesys's API.

use alloc::{format, string::String, vec::Vec};
use handover_guest::{
    contract::{Failure, Method},
    encoding,
    http::Kind,
};

/// A call to Genesys's API.
pub(crate) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Vec<u8>,
    pub(super) kind: Kind,
}

impl Call {
    pub(crate) fn get(path: String) -> Self {
        Self { method: Method::Get, path, body: Vec::new(), kind: Kind::Reads }
    }

    pub(crate) fn post(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Post, path, body, kind: Kind::Changes }
    }

    /// A POST that changes nothing.
    pub(crate) fn query(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Post, path, body, kind: Kind::Reads }
    }

    pub(crate) fn patch(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Patch, path, body, kind: Kind::Changes }
    }

    pub(crate) fn put(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Put, path, body, kind: Kind::Changes }
    }

    /// Reads a conversation ("Conversations API", `GET /api/v2/conversations/messages/{conversationId}`).
    pub(crate) fn get_conversation(id: &str) -> Result<Self, Failure> {
        Ok(Self::get(format!("/api/v2/conversations/messages/{}", segment(id)?)))
    }

    /// Disconnects a participant ("Conversations API", `PATCH …/participants/{participantId}`).
    pub(crate) fn disconnect(conversation: &str, participant: &str) -> Result<Self, Failure> {
        let (conversation, participant) = (segment(conversation)?, segment(participant)?);
        let path = format!("/api/v2/conversations/messages/{conversation}/participants/{participant}");
        Ok(Self::patch(path, br#"{"state":"disconnected"}"#.to_vec()))
    }
}

/// Encodes an id as a path segment.
pub(crate) fn segment(id: &str) -> Result<String, Failure> {
    encoding::path_segment(id).ok_or_else(|| Failure::Permanent("an id is empty or consists of dots".into()))
}
