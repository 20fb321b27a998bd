//! The platform's commands and queries.

#![allow(unused_qualifications, reason = "utoipa generates it for a query")]

use super::problem::{AvailabilityRefusals, CommandRefusals, Problem, Refusals};
use super::request::{Body, Connection, Key, Query, Recipient, RequestId};
use super::state::Gateway;
use crate::connection_service::{ConnectionService, Credentials};
use crate::mailbox::CommandResponse;
use crate::outbound::{Command, PlatformError, execute};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use handover_host::contract::{Availability, Check, EndReason, HandoverStart, LeaveReason, OutboundMessage, Routing};
use handover_host::handover;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A connection.
#[derive(Serialize, ToSchema)]
pub(super) struct ConnectionView {
    /// The name in paths.
    name: String,
    /// The name of its provider.
    provider: String,
    /// The version of the provider.
    version: String,
    /// Whether the contact center accepts its credentials, according to the last response to this gateway.
    credentials: Credentials,
}

/// Lists the connections that this gateway serves.
#[utoipa::path(get, path = "/v1/connections", responses((status = 200, body = [ConnectionView]), Refusals))]
pub(super) async fn connections(State(gateway): State<Gateway>) -> Json<Vec<ConnectionView>> {
    let view = |service: &ConnectionService| {
        let description = service.connection().provider().description();
        ConnectionView {
            name: service.name().to_owned(),
            provider: description.name.clone(),
            version: description.version.clone(),
            credentials: service.credentials(),
        }
    };
    Json(gateway.0.services.values().map(view).collect())
}

/// Checks everything that a connection needs, and returns how to correct each failure. Changes nothing.
#[utoipa::path(
    post,
    path = "/v1/connections/{connection}/check",
    params(("connection" = String, Path)),
    responses((status = 200, body = [Check]), Refusals)
)]
pub(super) async fn check(Connection(service): Connection) -> Result<Json<Vec<Check>>, Problem> {
    Ok(Json(service.connection().check_connection(None).await?))
}

/// The maximum length of a part of the routing in a query, in characters.
const MAX_QUERY_CHARACTERS: usize = 500;

/// The routing of a user for whom the platform considers a handover.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RoutingQuery {
    /// The queue, as in the settings. Default: the queue of the settings.
    queue: Option<String>,
    /// The language that the agent should speak.
    language: Option<String>,
    /// The skills that the agent should have, separated by commas.
    skills: Option<String>,
    /// The priority.
    priority: Option<i32>,
}

impl RoutingQuery {
    /// Returns the routing, or a problem if a part of it is too long.
    fn routing(self) -> Result<Routing, Problem> {
        let given = [&self.queue, &self.language, &self.skills].into_iter().flatten();
        if given.map(|text| text.chars().count()).any(|length| length > MAX_QUERY_CHARACTERS) {
            let detail = format!("queue, language and skills: expected at most {MAX_QUERY_CHARACTERS} characters each");
            return Err(Problem::new(400, "invalid-query", detail));
        }
        let skills = self.skills.unwrap_or_default();
        let mut skills: Vec<_> =
            skills.split(',').map(str::trim).filter(|skill| !skill.is_empty()).map(String::from).collect();
        // The same skills in another order are the same routing.
        skills.sort();
        Ok(Routing { queue: self.queue, language: self.language, skills, priority: self.priority })
    }
}

/// Returns whether agents can serve a user, before a handover: open, closed or unknown. The answer is at most a minute old.
/// A queue or a schedule group that does not exist is a problem, not `closed`.
#[utoipa::path(
    get,
    path = "/v1/connections/{connection}/availability",
    params(("connection" = String, Path), RoutingQuery),
    responses((status = 200, body = Availability), AvailabilityRefusals)
)]
pub(super) async fn availability(
    Connection(service): Connection,
    Query(query): Query<RoutingQuery>,
) -> Result<Json<Availability>, Problem> {
    Ok(Json(crate::availability::check(&service, &query.routing()?).await?))
}

/// A handover that started.
#[derive(Serialize, ToSchema)]
pub(super) struct Begun {
    /// The number of the handover, counted from 1.
    handover: u32,
}

/// Starts a handover. The gateway retries its delivery until the contact center accepts it or the retries end. If the
/// retries end, the handover ends with an error.
#[utoipa::path(
    post,
    path = "/v1/connections/{connection}/recipients/{recipient}/handover",
    params(("connection" = String, Path), ("recipient" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = HandoverStart,
    responses((status = 202, body = Begun), CommandRefusals)
)]
pub(super) async fn begin(
    Connection(service): Connection,
    Recipient(recipient): Recipient,
    key: Key,
    id: RequestId,
    Body(start): Body<HandoverStart>,
) -> Result<(StatusCode, Json<Begun>), Problem> {
    match command(&service, &recipient, Command::Begin(start), &key, &id).await? {
        CommandResponse::Begun(handover) => Ok((StatusCode::ACCEPTED, Json(Begun { handover }))),
        CommandResponse::Sent(_) | CommandResponse::Left => Err(reused()),
    }
}

/// The state of a handover.
#[derive(Serialize, ToSchema)]
pub(super) struct HandoverView {
    /// The number of the handover among the recipient's handovers, counted from 1.
    handover: u32,
    /// The state.
    state: StateView,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<EndReason>,
    /// The contact center's id of the conversation, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
}

/// The state of a handover.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum StateView {
    /// The user waits for an agent.
    Queued,
    /// An agent joined.
    Active,
    /// It ended.
    Ended,
}

/// Returns the recipient's current handover, or the last one.
#[utoipa::path(
    get,
    path = "/v1/connections/{connection}/recipients/{recipient}/handover",
    params(("connection" = String, Path), ("recipient" = String, Path)),
    responses((status = 200, body = HandoverView), Refusals)
)]
pub(super) async fn state(
    Connection(service): Connection,
    Recipient(recipient): Recipient,
) -> Result<Json<HandoverView>, Problem> {
    let mailbox = service.mailboxes().load(&service.address(&recipient)).await?;
    let handover = mailbox.as_ref().and_then(|mailbox| mailbox.handover());
    let handover = handover.ok_or_else(|| Problem::new(404, "no-handover", "the recipient never had a handover"))?;
    let (state, reason) = match handover.state() {
        handover::State::Queued => (StateView::Queued, None),
        handover::State::Active => (StateView::Active, None),
        handover::State::Ended(reason) => (StateView::Ended, Some(reason.clone())),
    };
    let conversation = handover.conversation().map(String::from);
    Ok(Json(HandoverView { handover: handover.number(), state, reason, conversation }))
}

/// Why the handover ends.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EndQuery {
    /// The reason; `user-left` by default.
    #[serde(default = "user_left")]
    reason: LeaveReason,
}

fn user_left() -> LeaveReason {
    LeaveReason::UserLeft
}

/// Ends the handover from the user's side.
#[utoipa::path(
    delete,
    path = "/v1/connections/{connection}/recipients/{recipient}/handover",
    params(
        ("connection" = String, Path),
        ("recipient" = String, Path),
        ("Idempotency-Key" = Option<String>, Header),
        EndQuery
    ),
    responses((status = 202), CommandRefusals)
)]
pub(super) async fn end(
    Connection(service): Connection,
    Recipient(recipient): Recipient,
    key: Key,
    id: RequestId,
    Query(query): Query<EndQuery>,
) -> Result<StatusCode, Problem> {
    match command(&service, &recipient, Command::Leave(query.reason), &key, &id).await? {
        CommandResponse::Left => Ok(StatusCode::ACCEPTED),
        CommandResponse::Sent(_) | CommandResponse::Begun(_) => Err(reused()),
    }
}

/// An accepted message.
#[derive(Serialize, ToSchema)]
pub(super) struct Sent {
    /// The id that receipts refer to.
    message: String,
}

/// Sends a message. Receipts report its delivery.
///
/// In the handover: a text, an attachment, an answer, typing, a receipt, `reroute` while the user waits, or `annotate`. After
/// its end: a receipt, `request-survey` or `survey-score`. At any time: `callback` and `proactive-text`.
#[utoipa::path(
    post,
    path = "/v1/connections/{connection}/recipients/{recipient}/messages",
    params(("connection" = String, Path), ("recipient" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = OutboundMessage,
    responses((status = 202, body = Sent), CommandRefusals)
)]
pub(super) async fn send(
    Connection(service): Connection,
    Recipient(recipient): Recipient,
    key: Key,
    id: RequestId,
    Body(message): Body<OutboundMessage>,
) -> Result<(StatusCode, Json<Sent>), Problem> {
    if matches!(message, OutboundMessage::Start(_) | OutboundMessage::Leave(_)) {
        let detail = "start a handover with POST and end it with DELETE of …/handover";
        return Err(Problem::new(422, "not-a-message", detail));
    }
    match command(&service, &recipient, Command::Send(message), &key, &id).await? {
        CommandResponse::Sent(message) => Ok((StatusCode::ACCEPTED, Json(Sent { message }))),
        CommandResponse::Begun(_) | CommandResponse::Left => Err(reused()),
    }
}

async fn command(
    service: &ConnectionService,
    recipient: &str,
    command: Command,
    Key(key): &Key,
    RequestId(id): &RequestId,
) -> Result<CommandResponse, Problem> {
    let outcome = execute(service, recipient, &command, key.as_ref(), id).await;
    service.metrics().command(match &outcome {
        Ok(_) => "accepted",
        Err(PlatformError::Call(_) | PlatformError::Store(_) | PlatformError::Contended) => "failed",
        Err(_) => "refused",
    });
    Ok(outcome?)
}

/// Cannot occur, because the same key with another command is refused earlier.
fn reused() -> Problem {
    Problem::new(422, "key-reused", "the idempotency key belongs to another request; use a new one")
}
