//! Dead letters: what was given up, to look at, to redrive or to drop.

#![allow(unused_qualifications, reason = "what utoipa makes of a query")]

use super::problem::{CommandRefusals, Problem, Refusals};
use super::request::{Connection, Query};
use crate::dead_letters::{Buried, NotRedriven};
use crate::mailbox::DeadContent;
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Dead letters in one answer at most.
const MOST: usize = 100;

/// A dead letter. What it says is not shown.
#[derive(Serialize, ToSchema)]
pub(super) struct DeadLetterView {
    /// By which it is named in paths.
    id: String,
    /// Whom it concerns.
    recipient: String,
    /// Since when it waited, in RFC 3339.
    since: String,
    /// How often it was tried.
    attempts: u32,
    /// Where it was to go.
    to: Way,
    /// The message that it belongs to, or the event that it is.
    about: String,
    /// Why it was given up.
    reason: String,
}

/// Where a dead letter was to go.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Way {
    ContactCenter,
    Platform,
}

impl DeadLetterView {
    fn of(buried: Buried) -> Self {
        let letter = buried.letter;
        let time = i64::try_from(letter.since).ok().and_then(|time| jiff::Timestamp::from_millisecond(time).ok());
        let (to, about, reason) = match letter.content {
            DeadContent::Outbound { message, reason, .. } => {
                (Way::ContactCenter, message, reason.for_people().to_owned())
            }
            DeadContent::Callback(_, why) => (Way::Platform, letter.id.clone(), why),
        };
        Self {
            id: letter.id,
            recipient: buried.address.recipient,
            since: time.unwrap_or_default().to_string(),
            attempts: letter.attempts,
            to,
            about,
            reason,
        }
    }
}

/// Which dead letters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Those whose ids come after this one.
    #[serde(default)]
    after: String,
}

/// The dead letters of a connection, at most a hundred, in the order of their ids.
#[utoipa::path(
    get,
    path = "/v1/connections/{connection}/dead-letters",
    params(("connection" = String, Path), ListQuery),
    responses((status = 200, body = [DeadLetterView]), Refusals)
)]
pub(super) async fn list(
    Connection(served): Connection,
    Query(query): Query<ListQuery>,
) -> Result<Json<Vec<DeadLetterView>>, Problem> {
    let letters = served.mailboxes().dead_letters(served.name(), &query.after, MOST).await?;
    Ok(Json(letters.into_iter().map(DeadLetterView::of).collect()))
}

/// A dead letter.
#[utoipa::path(
    get,
    path = "/v1/connections/{connection}/dead-letters/{id}",
    params(("connection" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = DeadLetterView), Refusals)
)]
pub(super) async fn show(
    Connection(served): Connection,
    Path((_, id)): Path<(String, String)>,
) -> Result<Json<DeadLetterView>, Problem> {
    let letter = served.mailboxes().dead_letter(served.name(), &id).await?;
    letter.map(|letter| Json(DeadLetterView::of(letter))).ok_or_else(none)
}

/// Forgets a dead letter.
#[utoipa::path(
    delete,
    path = "/v1/connections/{connection}/dead-letters/{id}",
    params(("connection" = String, Path), ("id" = String, Path)),
    responses((status = 204), Refusals)
)]
pub(super) async fn drop(
    Connection(served): Connection,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let dropped = served.mailboxes().drop_dead_letter(served.name(), &id).await?;
    if dropped { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}

/// Tries once more to deliver a dead letter: the same bytes, as the last of what waits for the recipient. Only while its
/// handover is in progress; an event is posted to the platform at once.
#[utoipa::path(
    post,
    path = "/v1/connections/{connection}/dead-letters/{id}/redrive",
    params(("connection" = String, Path), ("id" = String, Path)),
    responses((status = 202), CommandRefusals)
)]
pub(super) async fn redrive(
    Connection(served): Connection,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let Some(buried) = served.mailboxes().dead_letter(served.name(), &id).await? else { return Err(none()) };
    served.redrive(&buried).await.map_err(|error| {
        let told = error.to_string();
        match error {
            NotRedriven::Over | NotRedriven::NotBuilt => Problem::new(409, "not-deliverable", told),
            NotRedriven::NotTaken(_) => Problem::new(409, "not-taken", told),
            NotRedriven::Full => Problem::new(429, "full", told),
            NotRedriven::Contended => Problem::new(503, "contended", told),
            NotRedriven::Store(error) => error.into(),
        }
    })?;
    Ok(StatusCode::ACCEPTED)
}

fn none() -> Problem {
    Problem::new(404, "no-dead-letter", "there is no such dead letter")
}
