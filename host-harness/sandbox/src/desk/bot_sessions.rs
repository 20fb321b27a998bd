//! The flows that ask bots: runs of *Call Bot Connector* and *Call Digital Bot Connector*, which a test begins and
//! speaks in.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bot_runs::{NewRun, RunError};
use crate::cloud::Cloud;
use crate::desk::request::{Body, DeskError, DeskResult, NoParameters};
use crate::state::conversations::{Direction, Message, MessageType, Originator};
use crate::wire::json::set;

/// The settings of the action.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Action {
    integration_id: Option<String>,
    bot: String,
    version: String,
    language: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    #[serde(default = "transfers")]
    transfer_after: Vec<String>,
}

/// The provider's name of the intent of a handover.
fn transfers() -> Vec<String> {
    vec!["handover".to_owned()]
}

/// What the user says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Input {
    text: String,
    payload: Option<String>,
    /// The time for the answer (*Bot Response Timeout*).
    timeout_ms: Option<u64>,
}

impl From<RunError> for DeskError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::NotFound(what) => Self::NotFound(what),
            RunError::Conflict(why) => Self::Conflict(why),
        }
    }
}

/// `POST /sandbox/bot-sessions`: begins a run.
pub(crate) async fn begin(State(cloud): State<Cloud>, Body(action): Body<Action>) -> DeskResult {
    let Action { integration_id, bot, version, language, parameters, transfer_after } = action;
    let integration = cloud.bot_integration(integration_id.as_deref())?;
    let run = NewRun { session_id: None, bot, version, language, parameters, transfer_after };
    let id = cloud.begin_run(integration, run).await?;
    view(&cloud, &id)
}

/// `GET /sandbox/bot-sessions/{id}`.
pub(crate) async fn get(State(cloud): State<Cloud>, Path(id): Path<String>) -> DeskResult {
    view(&cloud, &id)
}

/// Returns the run. After a transfer, its messages are those of the conversation.
fn view(cloud: &Cloud, id: &str) -> DeskResult {
    let (mut view, conversation_id, count) =
        cloud.with_run(id, |session| Ok((session.view(), session.conversation_id.clone(), session.message_count())))?;
    cloud.conversations.with(|conversations| {
        let Some(conversation) = conversations.get(&conversation_id) else { return };
        let from = |message: &Message| match (message.direction, message.originator) {
            (Direction::Inbound, _) => "user",
            (Direction::Outbound, Some(Originator::Human)) => "agent",
            (Direction::Outbound, _) => "bot",
        };
        let since = conversation.messages.iter().skip(count).filter(|message| message.kind != MessageType::Event);
        let since =
            since.map(|message| json!({ "from": from(message), "text": message.text, "content": message.content }));
        if let Some(messages) = view.get_mut("messages").and_then(Value::as_array_mut) {
            messages.extend(since);
        }
        set(&mut view, "conversation", json!(conversation.phase()));
    });
    Ok(Json(view))
}

/// `POST /sandbox/bot-sessions/{id}/messages`: the user says something, and the bot answers. After a transfer, the agent
/// reads it.
pub(crate) async fn say(State(cloud): State<Cloud>, Path(id): Path<String>, Body(input): Body<Input>) -> DeskResult {
    if !say_to_agent(&cloud, &id, &input.text)? {
        cloud.take_turn(&id, &input.text, input.payload.as_deref(), input.timeout_ms).await?;
    }
    view(&cloud, &id)
}

/// Adds what the user says to the conversation, if the flow transferred it.
fn say_to_agent(cloud: &Cloud, id: &str, text: &str) -> Result<bool, DeskError> {
    let conversation_id = cloud.with_run(id, |session| Ok(session.conversation_id.clone()))?;
    cloud.change(|conversations| {
        let Some(conversation) = conversations.get_mut(&conversation_id) else { return Ok(false) };
        conversation.require_open()?;
        conversation.messages.push(Message::inbound(text.to_owned(), Timestamp::now()));
        Ok(true)
    })
}

/// `POST /sandbox/bot-sessions/{id}/expire`: the user says nothing for too long.
pub(crate) async fn expire(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(_): Body<NoParameters>,
) -> DeskResult {
    cloud.with_run(&id, |session| {
        session.expire();
        Ok(())
    })?;
    cloud.transfer_after(&id);
    view(&cloud, &id)
}
