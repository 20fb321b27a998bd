//! The actions of agents on a conversation, such as accept, decline, transfer, disconnect and wrap up. Also inactivity
//! and errors, which end a conversation without an agent.

use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;

use crate::cloud::Cloud;
use crate::config::DeclineType;
use crate::desk::request::{Body, DeskError, DeskResult, NoParameters, change, check_chars};
use crate::state::conversations::{Agent, DisconnectType, Ending, SupervisorRole, WrapUp};

/// The maximum length of an agent's name, in characters.
const MAX_NAME_CHARS: usize = 200;

/// The maximum length of a wrap-up code or note, in characters.
const MAX_WRAP_UP_CHARS: usize = 2_000;

/// The body of an action by a named agent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    name: String,
}

/// The body of an action by an agent. If `name` is absent, the state of the conversation determines the agent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaybeNamed {
    name: Option<String>,
}

/// `POST …/offer`: offers the conversation to an agent, who is alerted.
pub(crate) async fn offer(State(cloud): State<Cloud>, Path(id): Path<String>, Body(body): Body<Named>) -> DeskResult {
    let agent = agent(&cloud, &body.name)?;
    change(&cloud, &id, |conversation, _| Ok(conversation.offer(agent, Timestamp::now())?))
}

/// `POST …/accept`: an agent accepts the conversation.
pub(crate) async fn accept(State(cloud): State<Cloud>, Path(id): Path<String>, Body(body): Body<Named>) -> DeskResult {
    let agent = agent(&cloud, &body.name)?;
    change(&cloud, &id, |conversation, _| Ok(conversation.accept(agent, Timestamp::now())?))
}

/// `POST …/decline`: the alerted agent declines the conversation.
pub(crate) async fn decline(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<MaybeNamed>,
) -> DeskResult {
    let disconnect_type = match cloud.unconfirmed.decline {
        DeclineType::Client => DisconnectType::Client,
        DeclineType::Transfer => DisconnectType::Transfer,
        DeclineType::NoAnswerTransfer => DisconnectType::TransferNoAnswer,
    };
    not_accepted(&cloud, &id, body, disconnect_type)
}

/// `POST …/no-answer`: the alerted agent does not answer in time.
pub(crate) async fn no_answer(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<MaybeNamed>,
) -> DeskResult {
    not_accepted(&cloud, &id, body, DisconnectType::TransferNoAnswer)
}

fn not_accepted(cloud: &Cloud, id: &str, body: MaybeNamed, disconnect_type: DisconnectType) -> DeskResult {
    let agent = maybe_agent(cloud, body)?;
    change(cloud, id, |conversation, _| Ok(conversation.not_accepted(agent, disconnect_type, Timestamp::now())?))
}

/// The body of `…/transfer`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Transfer {
    queue_id: Option<String>,
    agent: Option<String>,
}

/// `POST …/transfer`: the agents transfer the conversation to another queue, to an agent, or back to its own queue.
pub(crate) async fn transfer(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<Transfer>,
) -> DeskResult {
    if let Some(name) = &body.agent {
        if body.queue_id.is_some() {
            return Err(DeskError::BadRequest("expected `queueId` or `agent`, not both".to_owned()));
        }
        let agent = agent(&cloud, name)?;
        return change(&cloud, &id, |conversation, _| Ok(conversation.transfer_to_agent(agent, Timestamp::now())?));
    }
    change(&cloud, &id, |conversation, queues| {
        let queue_id = body.queue_id.as_deref().or_else(|| conversation.queue_id());
        let queue = queues.iter().find(|queue| Some(queue.id.as_str()) == queue_id);
        let queue = queue.ok_or(DeskError::NotFound("queue"))?;
        Ok(conversation.transfer(queue, Timestamp::now())?)
    })
}

/// `POST …/conference`: another agent joins.
pub(crate) async fn conference(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<Named>,
) -> DeskResult {
    let agent = agent(&cloud, &body.name)?;
    change(&cloud, &id, |conversation, _| Ok(conversation.join_conference(agent, Timestamp::now())?))
}

/// `POST …/leave-conference`: one of several agents leaves.
pub(crate) async fn leave_conference(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<MaybeNamed>,
) -> DeskResult {
    let agent = maybe_agent(&cloud, body)?;
    change(&cloud, &id, |conversation, _| Ok(conversation.leave_conference(agent.as_ref(), Timestamp::now())?))
}

/// The body of `…/supervise`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Supervise {
    name: String,
    role: SupervisorRole,
}

/// `POST …/supervise`: a supervisor monitors (`monitor`), writes to the agent (`coach`) or to the customer
/// (`barge-in`).
pub(crate) async fn supervise(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<Supervise>,
) -> DeskResult {
    let supervisor = agent(&cloud, &body.name)?;
    change(&cloud, &id, |conversation, _| Ok(conversation.supervise(supervisor, body.role, Timestamp::now())?))
}

/// The body of `…/wrap-up`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrapUpBody {
    /// The id of the wrap-up code.
    code: String,
    /// The name of the wrap-up code.
    label: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    notes: Option<String>,
    name: Option<String>,
}

/// `POST …/wrap-up`: an agent who left completes the after-call work.
pub(crate) async fn wrap_up(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<WrapUpBody>,
) -> DeskResult {
    let WrapUpBody { code, label, tags, notes, name } = body;
    check_chars("code", &code, MAX_WRAP_UP_CHARS)?;
    let texts = notes.iter().map(|text| ("notes", text)).chain(label.iter().map(|text| ("label", text)));
    for (field, text) in texts.chain(tags.iter().map(|text| ("tags", text))) {
        check_chars(field, text, MAX_WRAP_UP_CHARS)?;
    }
    let agent = maybe_agent(&cloud, MaybeNamed { name })?;
    change(&cloud, &id, |conversation, _| {
        Ok(conversation.wrap_up(agent.as_ref(), WrapUp { code, label, tags, notes, at: Timestamp::now() })?)
    })
}

/// `POST …/disconnect`: the agent ends the conversation. While it waits, Genesys Cloud ends it.
pub(crate) async fn disconnect(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(_): Body<NoParameters>,
) -> DeskResult {
    change(&cloud, &id, |conversation, _| Ok(conversation.end_from_desk(Timestamp::now())?))
}

/// `POST …/expire`: Genesys Cloud ends the conversation due to inactivity.
pub(crate) async fn expire(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(_): Body<NoParameters>,
) -> DeskResult {
    change(&cloud, &id, |conversation, _| Ok(conversation.end_because(&Ending::Inactivity, Timestamp::now())?))
}

/// `POST …/fail`: the conversation ends due to an error.
pub(crate) async fn fail(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(_): Body<NoParameters>,
) -> DeskResult {
    change(&cloud, &id, |conversation, _| Ok(conversation.end_because(&Ending::Error, Timestamp::now())?))
}

pub(super) fn agent(cloud: &Cloud, name: &str) -> Result<Agent, DeskError> {
    check_chars("name", name, MAX_NAME_CHARS)?;
    Ok(cloud.users.with(|users| users.get_or_create(name)))
}

fn maybe_agent(cloud: &Cloud, body: MaybeNamed) -> Result<Option<Agent>, DeskError> {
    body.name.map(|name| agent(cloud, &name)).transpose()
}
