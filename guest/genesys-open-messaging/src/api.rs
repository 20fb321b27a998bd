//! Calls Genesys's API as the account of the connection.

pub(crate) use genesys_cloud::api::{Call, Kind, accepted, read, segment, unreadable};

use crate::settings::{Account, Prepared};
use alloc::{format, string::String};
use genesys_cloud::api;
use genesys_cloud::wire::Page;
use handover_guest::{contract::*, imports::Imports};
use serde::Serialize;

/// The API of the connection's account.
pub(crate) struct Api<'i, I> {
    api: api::Api<'i, I>,
    pub(crate) account: Account<'i>,
}

impl<'i, I: Imports> Api<'i, I> {
    pub(crate) fn new(imports: &'i mut I, settings: &Prepared<'i>) -> Result<Self, Failure> {
        let account = settings.account()?;
        Ok(Self { api: api::Api::new(imports, account.credentials), account })
    }

    pub(crate) fn imports(&mut self) -> &mut I {
        self.api.imports
    }

    pub(crate) fn call(&mut self, call: &Call) -> Result<Response, Failure> {
        self.api.call(call)
    }

    pub(crate) fn ensure_token(&mut self) -> Result<(), Failure> {
        self.api.ensure_token()
    }

    pub(crate) fn request_token(&mut self) -> Result<Response, Failure> {
        self.api.request_token()
    }

    pub(crate) fn cache_token(&mut self, response: &Response) -> Result<String, Failure> {
        self.api.cache_token(response)
    }

    pub(crate) fn pages<R>(
        &mut self,
        path: &str,
        look: impl FnMut(Page<'_>) -> Option<R>,
    ) -> Result<Option<R>, Failure> {
        self.api.pages(path, look)
    }
}

/// Returns `None` if the OAuth client may not read something, or Genesys does not have it. A temporary failure stays one,
/// because its cause may be gone at the next attempt.
pub(crate) fn permitted<T>(read: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Failure::Credentials(_) | Failure::Permanent(_) | Failure::Unsupported) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Reads a conversation ("Conversations API", `GET /api/v2/conversations/messages/{conversationId}`).
pub(crate) fn get_conversation(id: &str) -> Result<Call, Failure> {
    Ok(Call::get(format!("/api/v2/conversations/messages/{}", segment(id)?)))
}

/// Reads messages of a conversation by Genesys's ids, at most 1 000 (Conversations API, `POST …/messages/bulk`).
pub(crate) fn read_messages<Id: Serialize>(conversation: &str, ids: &[Id]) -> Result<Call, Failure> {
    let path = format!("/api/v2/conversations/messages/{}/messages/bulk", segment(conversation)?);
    let ids = serde_json::to_vec(ids).map_err(|_| unreadable("the ids are not JSON"))?;
    Ok(Call::query(path, ids))
}

/// Disconnects a participant ("Conversations API", `PATCH …/participants/{participantId}`).
pub(crate) fn disconnect(conversation: &str, participant: &str) -> Result<Call, Failure> {
    let (conversation, participant) = (segment(conversation)?, segment(participant)?);
    let path = format!("/api/v2/conversations/messages/{conversation}/participants/{participant}");
    Ok(Call::patch(path, br#"{"state":"disconnected"}"#.to_vec()))
}
