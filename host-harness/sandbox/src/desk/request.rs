//! The request body, the errors and the response that the handlers of the desk share.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;

use crate::cloud::Cloud;
use crate::desk::view::summary;
use crate::state::conversations::{Conversation, Conversations, Queue, WrongPhase};
use crate::state::faults::OrderError;
use crate::state::losses::InvalidProbability;

pub(super) type DeskResult = Result<Json<Value>, DeskError>;

/// Why the desk rejects a request. The message states what to do.
#[derive(Debug, Error)]
pub(crate) enum DeskError {
    /// 400: the body is invalid.
    #[error("{0}")]
    BadRequest(String),
    /// 400: the order of a fault is invalid.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// 400: a probability is invalid.
    #[error(transparent)]
    Losses(#[from] InvalidProbability),
    /// 404: there is no such conversation or queue.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// 409: the state of something else does not allow the action.
    #[error("{0}")]
    Conflict(String),
    /// 409: the state of the conversation does not allow the action.
    #[error(transparent)]
    WrongPhase(#[from] WrongPhase),
}

impl IntoResponse for DeskError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::BadRequest(_) | Self::Order(_) | Self::Losses(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Conflict(_) | Self::WrongPhase(_) => StatusCode::CONFLICT,
        };
        (status, Json(json!({ "status": status.as_u16(), "message": self.to_string() }))).into_response()
    }
}

/// A JSON body. An empty body counts as `{}`.
pub(crate) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = DeskError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let bad = |why: String| DeskError::BadRequest(why);
        let body = Bytes::from_request(request, state).await.map_err(|error| bad(error.body_text()))?;
        let json: &[u8] = if body.is_empty() { b"{}" } else { &body };
        serde_json::from_slice(json).map(Self).map_err(|error| bad(error.to_string()))
    }
}

/// The body of an action without parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoParameters {}

/// Changes a conversation and returns its new state.
pub(super) fn change(
    cloud: &Cloud,
    id: &str,
    action: impl FnOnce(&mut Conversation, &[Queue]) -> Result<(), DeskError>,
) -> DeskResult {
    cloud.change(|conversations| {
        let queues: Vec<_> = conversations.rules().queues().cloned().collect();
        let conversation = existing(conversations, id)?;
        action(conversation, &queues)?;
        Ok(Json(summary(conversation)))
    })
}

/// Returns the conversation, or an error if there is none.
pub(super) fn existing<'a>(conversations: &'a mut Conversations, id: &str) -> Result<&'a mut Conversation, DeskError> {
    conversations.get_mut(id).ok_or(DeskError::NotFound("conversation"))
}

/// Checks the length of a text.
pub(super) fn check_chars(field: &str, text: &str, max: usize) -> Result<(), DeskError> {
    if (1..=max).contains(&text.chars().count()) {
        return Ok(());
    }
    Err(DeskError::BadRequest(format!("`{field}` must have 1 to {max} characters")))
}
