//! What the platform asks for.

#![allow(unused_qualifications, reason = "what utoipa makes of a query")]

use super::Gateway;
use super::problem::{CommandRefusals, Problem, Refusals};
use super::request::{Body, Connection, Key, Query, Recipient, RequestId};
use crate::connection_service::{ConnectionService, Credentials};
use crate::mailbox::CommandResponse;
use crate::outbound::{Command, PlatformError, execute};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use handover_host::contract::{Check, EndReason, HandoverStart, LeaveReason, OutboundMessage};
use handover_host::handover;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A connection.
#[derive(Serialize, ToSchema)]
pub(super) struct ConnectionView {
    /// By which it is named in paths.
    name: String,
    /// Its provider.
    provider: String,
    /// Of the provider.
    version: String,
    /// Whether the contact center accepts its credentials, by the last answer that this gateway had.
    credentials: Credentials,
}

/// The connections that this gateway serves.
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

/// Tries each thing that a connection needs, and says how to mend what fails. Changes nothing.
#[utoipa::path(
    post,
    path = "/v1/connections/{connection}/check",
    params(("connection" = String, Path)),
    responses((status = 200, body = [Check]), Refusals)
)]
pub(super) async fn check(Connection(service): Connection) -> Result<Json<Vec<Check>>, Problem> {
    Ok(Json(service.connection().check_connection(None).await?))
}

/// A handover has begun, or is as good as begun.
#[derive(Serialize, ToSchema)]
pub(super) struct Begun {
    /// Which of the recipient's handovers it is, from 1.
    handover: u32,
}

/// Begins a handover. Delivering it to the contact center is tried again until it is taken or given up; then the
/// handover ends with an error.
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

/// How far a handover is.
#[derive(Serialize, ToSchema)]
pub(super) struct HandoverView {
    /// Which of the recipient's handovers it is, from 1.
    handover: u32,
    /// How far it is.
    state: StateView,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<EndReason>,
    /// The contact center's id of the conversation, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<String>,
}

/// How far a handover is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum StateView {
    /// The user waits for an agent.
    Queued,
    /// An agent is or was there.
    Active,
    /// It is over.
    Ended,
}

/// The recipient's handover, the present one or the last.
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

/// Why it is ended.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EndQuery {
    /// Why; `user-left` if it is not said.
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

/// A message was taken.
#[derive(Serialize, ToSchema)]
pub(super) struct Sent {
    /// The id by which receipts name it.
    message: String,
}

/// Says or does something in the handover: a text, an attachment, an answer, typing, a receipt. What becomes of it is
/// told by receipts.
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
        let detail = "a handover is begun by POST and ended by DELETE of …/handover";
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

/// Never so: the same key with another command is refused before.
fn reused() -> Problem {
    Problem::new(422, "key-reused", "the idempotency key was used for another request; take a new one")
}
