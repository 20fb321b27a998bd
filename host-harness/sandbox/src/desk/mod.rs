//! The agent's side: `/sandbox/…`, without authentication. Bodies are JSON whatever the content type says, and may be
//! empty where nothing is required, so that `curl -d` is enough.

mod agent_acts;
mod controls;
mod structured;
mod view;
mod writing_acts;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;

pub(crate) use self::agent_acts::{
    accept, conference, decline, disconnect, expire, fail, leave_conference, no_answer, offer, supervise, transfer,
    wrap_up,
};
pub(crate) use self::controls::{
    clear_faults, close_notifications, event_posts, events, losses, order_fault, pending_faults, requests,
    revoke_tokens, set_losses, webhooks,
};
pub(crate) use self::structured::structured;
pub(crate) use self::writing_acts::{attachment, message, text, typing};
use crate::cloud::Cloud;
use crate::conversations::{Conversation, Conversations, Queue, WrongPhase};
use crate::faults::OrderError;
use crate::losses::NotAProbability;

type Answer = Result<Json<Value>, DeskError>;

/// Why the agent's side refuses. The message says what to do.
#[derive(Debug, Error)]
pub(crate) enum DeskError {
    /// 400.
    #[error("{0}")]
    BadRequest(String),
    /// 400.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// 400.
    #[error(transparent)]
    Losses(#[from] NotAProbability),
    /// 404.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// 409.
    #[error(transparent)]
    WrongPhase(#[from] WrongPhase),
}

impl IntoResponse for DeskError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::BadRequest(_) | Self::Order(_) | Self::Losses(_) => StatusCode::BAD_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::WrongPhase(_) => StatusCode::CONFLICT,
        };
        (status, Json(json!({ "status": status.as_u16(), "message": self.to_string() }))).into_response()
    }
}

/// A JSON body; an empty one counts as `{}`.
pub(crate) struct Body<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = DeskError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let bad = |why: String| DeskError::BadRequest(why);
        let body = Bytes::from_request(request, state).await.map_err(|error| bad(error.body_text()))?;
        let json: &[u8] = if body.is_empty() { b"{}" } else { &body };
        serde_json::from_slice(json).map(Self).map_err(|error| bad(error.to_string()))
    }
}

/// Body of an act that needs none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Acts on a conversation and answers its new state.
fn act(cloud: &Cloud, id: &str, work: impl FnOnce(&mut Conversation, &[Queue]) -> Result<(), DeskError>) -> Answer {
    cloud.change(|conversations| {
        let queues: Vec<_> = conversations.rules().queues().cloned().collect();
        let conversation = existing(conversations, id)?;
        work(conversation, &queues)?;
        Ok(Json(view::summary(conversation)))
    })
}

fn existing<'a>(conversations: &'a mut Conversations, id: &str) -> Result<&'a mut Conversation, DeskError> {
    conversations.get_mut(id).ok_or(DeskError::NotFound("conversation"))
}

/// `GET /sandbox/conversations`.
pub(crate) async fn list(State(cloud): State<Cloud>) -> Json<Value> {
    let all: Vec<_> = cloud.conversations.with(|conversations| conversations.iter().map(view::summary).collect());
    Json(json!({ "conversations": all }))
}

/// `GET /sandbox/conversations/{id}`.
pub(crate) async fn get(State(cloud): State<Cloud>, Path(id): Path<String>) -> Answer {
    let found = cloud.conversations.with(|conversations| conversations.get(&id).map(view::full));
    found.map(Json).ok_or(DeskError::NotFound("conversation"))
}

/// Everything else under `/sandbox/`.
pub(crate) async fn nothing_here() -> DeskError {
    DeskError::NotFound("resource; the documentation of the crate genesys-sandbox lists them")
}
