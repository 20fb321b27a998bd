//! `/sandbox/conversations`: lists and shows conversations.

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloud::Cloud;
use crate::desk::request::{Body, DeskError, DeskResult, change, check_chars};
use crate::desk::view::{full, summary};
use crate::state::conversations::Summary;

/// `GET /sandbox/conversations`.
pub(crate) async fn list(State(cloud): State<Cloud>) -> Json<Value> {
    let all: Vec<_> = cloud.conversations.with(|conversations| conversations.iter().map(summary).collect());
    Json(json!({ "conversations": all }))
}

/// `GET /sandbox/conversations/{id}`.
pub(crate) async fn get(State(cloud): State<Cloud>, Path(id): Path<String>) -> DeskResult {
    let found = cloud.conversations.with(|conversations| conversations.get(&id).map(full));
    found.map(Json).ok_or(DeskError::NotFound("conversation"))
}

/// The maximum length of a summary.
const MAX_SUMMARY_CHARS: usize = 10_000;

/// The body of `…/summary`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SummaryBody {
    text: String,
    /// Whether it is still being written.
    #[serde(default)]
    pending: bool,
}

/// `POST …/summary`: writes the summary of the conversation, as Genesys Cloud does where it is licensed.
pub(crate) async fn summarize(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(SummaryBody { text, pending }): Body<SummaryBody>,
) -> DeskResult {
    check_chars("text", &text, MAX_SUMMARY_CHARS)?;
    change(&cloud, &id, |conversation, _| {
        conversation.summary = Some(Summary { text, is_complete: !pending, created_at: Timestamp::now() });
        Ok(())
    })
}

/// The fallback for paths under `/sandbox/`.
pub(crate) async fn not_found() -> DeskError {
    DeskError::NotFound("resource; the documentation of the crate genesys-sandbox lists them")
}
