//! Dead letters: list, show, delete and redrive.

#![allow(unused_qualifications, reason = "utoipa generates it for a query")]

use super::problem::{CommandRefusals, Problem, Refusals};
use super::request::{Connection, Query};
use crate::dead_letters::{NotRedriven, StoredDeadLetter, redrive as redrive_dead_letter};
use crate::mailbox::DeadLetterContent;
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The maximum number of dead letters in one response.
const MAX_LISTED: usize = 100;

/// A dead letter, without its content.
#[derive(Serialize, ToSchema)]
pub(super) struct DeadLetterView {
    /// The id in paths.
    id: String,
    /// The recipient.
    recipient: String,
    /// When it was queued, in RFC 3339.
    since: String,
    /// The number of attempts.
    attempts: u32,
    /// The destination.
    to: Destination,
    /// The id of the message or of the event.
    about: String,
    /// Why it was given up.
    reason: String,
}

/// The destination of a dead letter.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Destination {
    ContactCenter,
    Platform,
}

impl DeadLetterView {
    fn of(stored: StoredDeadLetter) -> Self {
        let dead_letter = stored.dead_letter;
        let time = i64::try_from(dead_letter.since).ok().and_then(|time| jiff::Timestamp::from_millisecond(time).ok());
        let (to, about, reason) = match dead_letter.content {
            DeadLetterContent::Outbound { message, reason, .. } => {
                (Destination::ContactCenter, message, reason.description().to_owned())
            }
            DeadLetterContent::Callback(_, why) => (Destination::Platform, dead_letter.id.clone(), why),
        };
        Self {
            id: dead_letter.id,
            recipient: stored.address.recipient,
            since: time.unwrap_or_default().to_string(),
            attempts: dead_letter.attempts,
            to,
            about,
            reason,
        }
    }
}

/// The page to return.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Returns only dead letters with ids after this one.
    #[serde(default)]
    after: String,
}

/// Lists at most 100 dead letters of a connection, in the order of their ids.
#[utoipa::path(
    get,
    path = "/v1/connections/{connection}/dead-letters",
    params(("connection" = String, Path), ListQuery),
    responses((status = 200, body = [DeadLetterView]), Refusals)
)]
pub(super) async fn list(
    Connection(service): Connection,
    Query(query): Query<ListQuery>,
) -> Result<Json<Vec<DeadLetterView>>, Problem> {
    let dead_letters = service.mailboxes().dead_letters(service.name(), &query.after, MAX_LISTED).await?;
    Ok(Json(dead_letters.into_iter().map(DeadLetterView::of).collect()))
}

/// Returns a dead letter.
#[utoipa::path(
    get,
    path = "/v1/connections/{connection}/dead-letters/{id}",
    params(("connection" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = DeadLetterView), Refusals)
)]
pub(super) async fn show(
    Connection(service): Connection,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<DeadLetterView>, Problem> {
    let dead_letter = service.mailboxes().dead_letter(service.name(), &id).await?;
    dead_letter.map(|dead_letter| Json(DeadLetterView::of(dead_letter))).ok_or_else(not_found)
}

/// Deletes a dead letter.
#[utoipa::path(
    delete,
    path = "/v1/connections/{connection}/dead-letters/{id}",
    params(("connection" = String, Path), ("id" = String, Path)),
    responses((status = 204), Refusals)
)]
pub(super) async fn delete(
    Connection(service): Connection,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let deleted = service.mailboxes().delete_dead_letter(service.name(), &id).await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(not_found()) }
}

/// Redrives a dead letter: queues the same bytes, or posts its event to the platform. A request can be redriven only
/// while its handover is in progress, unless it is about a survey or needs no handover.
#[utoipa::path(
    post,
    path = "/v1/connections/{connection}/dead-letters/{id}/redrive",
    params(("connection" = String, Path), ("id" = String, Path)),
    responses((status = 202), CommandRefusals)
)]
pub(super) async fn redrive(
    Connection(service): Connection,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let Some(stored) = service.mailboxes().dead_letter(service.name(), &id).await? else { return Err(not_found()) };
    redrive_dead_letter(&service, &stored).await.map_err(|error| {
        let detail = error.to_string();
        match error {
            NotRedriven::Over | NotRedriven::NotBuilt => Problem::new(409, "not-deliverable", detail),
            NotRedriven::NotAccepted(_) => Problem::new(409, "not-accepted", detail),
            NotRedriven::Full => Problem::new(429, "full", detail),
            NotRedriven::Contended => Problem::new(503, "contended", detail),
            NotRedriven::Store(error) => error.into(),
        }
    })?;
    Ok(StatusCode::ACCEPTED)
}

fn not_found() -> Problem {
    Problem::new(404, "no-dead-letter", "no such dead letter")
}
