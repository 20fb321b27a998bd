//! The platform's answers as a bot, and queries of sessions.

use super::problem::{AnswerRefusals, Problem, Refusals};
use super::request::{Body, BotConnection, RequestId, Session};
use super::state::Gateway;
use crate::bot_answers;
use crate::session::{SessionEnd, StoredTurn, TurnState, Way};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use handover_host::contract::{BotAnswer, Check, Turn};
use serde::Serialize;
use utoipa::ToSchema;

/// A connection of a contact center that asks the platform's bots.
#[derive(Serialize, ToSchema)]
pub(super) struct BotConnectionView {
    /// The name in paths.
    name: String,
    /// The name of its provider.
    provider: String,
    /// The version of the provider.
    version: String,
}

/// Lists the connections of contact centers that ask the platform's bots.
#[utoipa::path(get, path = "/v1/bot-connections", responses((status = 200, body = [BotConnectionView]), Refusals))]
pub(super) async fn connections(State(gateway): State<Gateway>) -> Json<Vec<BotConnectionView>> {
    let view = |service: &crate::bot_service::BotService| {
        let description = service.connection().provider().description();
        BotConnectionView {
            name: service.name().to_owned(),
            provider: description.name.clone(),
            version: description.version.clone(),
        }
    };
    Json(gateway.bots().map(view).collect())
}

/// Checks everything that a connection needs, and returns how to correct each failure. Changes nothing.
#[utoipa::path(
    post,
    path = "/v1/bot-connections/{connection}/check",
    params(("connection" = String, Path)),
    responses((status = 200, body = [Check]), Refusals)
)]
pub(super) async fn check(BotConnection(service): BotConnection) -> Result<Json<Vec<Check>>, Problem> {
    Ok(Json(service.connection().check_connection(None).await?))
}

/// A session.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionView {
    /// Why it ended. Absent if it has not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<SessionEnd>,
    /// Its last turns, the oldest first. Earlier ones are forgotten.
    turns: Vec<TurnView>,
}

/// A turn of the user.
#[derive(Serialize, ToSchema)]
struct TurnView {
    /// The number in the session, counted from 1.
    number: u32,
    /// What became of it.
    state: TurnStateView,
    /// When the response to the contact center is or was due, in RFC 3339.
    #[serde(rename = "answer-by")]
    answer_by: String,
    /// The turn, with the parameters of all turns so far.
    turn: Turn,
}

/// What became of a turn.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum TurnStateView {
    /// It waits for an answer.
    Asked,
    /// The response contained the answer.
    Answered,
    /// It was not answered in time. The gateway answered it as its operator configured.
    TimedOut,
    /// It was not answered in time. It waits for a late answer.
    Postponed,
    /// It was answered after the response.
    AnsweredLate,
}

impl TurnView {
    fn of(turn: &StoredTurn) -> Self {
        let state = match turn.state {
            TurnState::Asked => TurnStateView::Asked,
            TurnState::Answered(_) => TurnStateView::Answered,
            TurnState::TimedOut(_) => TurnStateView::TimedOut,
            TurnState::Postponed => TurnStateView::Postponed,
            TurnState::AnsweredLate(_) => TurnStateView::AnsweredLate,
        };
        let answer_by = crate::platform_event::rfc_3339(turn.deadline);
        Self { number: turn.number, state, answer_by, turn: turn.turn.clone() }
    }
}

/// Returns a session: its last turns and whether it has ended. It is forgotten an hour after its end.
#[utoipa::path(
    get,
    path = "/v1/bot-connections/{connection}/sessions/{session}",
    params(("connection" = String, Path), ("session" = String, Path)),
    responses((status = 200, body = SessionView), Refusals)
)]
pub(super) async fn show(
    BotConnection(service): BotConnection,
    Session(session): Session,
) -> Result<Json<SessionView>, Problem> {
    let found = service.sessions().records().load(&service.address(&session)).await?;
    let session = found.ok_or_else(|| Problem::new(404, "no-session", "no such session"))?;
    Ok(Json(SessionView { end: session.end(), turns: session.turns().map(TurnView::of).collect() }))
}

/// An accepted answer.
#[derive(Serialize, ToSchema)]
pub(super) struct Answered {
    /// How it reaches the contact center.
    delivery: DeliveryView,
}

/// How an answer reaches the contact center.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum DeliveryView {
    /// In the response to the turn.
    Response,
    /// After the response. If the contact center does not accept it, an event `answer-refused` says so.
    LateAnswer,
}

/// Answers a turn. The same answer again has no second effect. A turn that permits a late answer can be answered until
/// its session ends, any other one until its time is over.
#[utoipa::path(
    put,
    path = "/v1/bot-connections/{connection}/sessions/{session}/turns/{turn}/answer",
    params(("connection" = String, Path), ("session" = String, Path), ("turn" = u32, Path)),
    request_body = BotAnswer,
    responses((status = 202, body = Answered), AnswerRefusals)
)]
pub(super) async fn answer(
    BotConnection(service): BotConnection,
    Session(session): Session,
    Path((_, _, turn)): Path<(String, String, String)>,
    RequestId(id): RequestId,
    Body(answer): Body<BotAnswer>,
) -> Result<(StatusCode, Json<Answered>), Problem> {
    let expected = "expected the number of a turn, counted from 1";
    let number = turn.parse().map_err(|_| Problem::new(400, "invalid-turn", expected))?;
    let outcome = bot_answers::answer(&service, &session, number, &answer, Some(&id)).await;
    service.metrics().answer(if outcome.is_ok() { "accepted" } else { "refused" });
    let delivery = match outcome? {
        Way::Response => DeliveryView::Response,
        Way::LateAnswer => DeliveryView::LateAnswer,
    };
    Ok((StatusCode::ACCEPTED, Json(Answered { delivery })))
}
