//! The flows that ask bots: runs of *Call Bot Connector* and *Call Digital Bot Connector*, which a test begins and
//! speaks in.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::cloud::Cloud;
use crate::delivery::bot_client::{BotCall, CallError};
use crate::desk::request::{Body, DeskError, DeskResult, NoParameters};
use crate::state::bot_answer::{BotAnswer, Product};
use crate::state::bot_connectors::BotIntegration;
use crate::state::bot_manifest;
use crate::state::bot_sessions::{BotSession, NoAnswer};
use crate::state::conversations::{Direction, Message, MessageType, Originator};
use crate::wire::json::set;

/// The time for an answer. Unconfirmed for v1; the default of *Bot Response Timeout* in v2 is 30 s.
const TIMEOUT_MS: u64 = 10_000;
const DIGITAL_TIMEOUT_MS: u64 = 30_000;
/// The minutes that a session lasts: seen in v1, the default of *Session Timeout* in v2.
const SESSION_MINUTES: u32 = 4_320;
const DIGITAL_SESSION_MINUTES: u32 = 720;

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

/// `POST /sandbox/bot-sessions`: begins a run.
pub(crate) async fn begin(State(cloud): State<Cloud>, Body(action): Body<Action>) -> DeskResult {
    let integration = match &action.integration_id {
        Some(id) => integration(&cloud, id)?,
        None => only_integration(&cloud)?,
    };
    let product = integration.product();
    let entry = match product {
        Product::BotConnector => registered(&integration, &action.bot)?,
        Product::DigitalBotConnector { .. } => {
            let call = call(&cloud, &integration, &["bots", &action.bot], DIGITAL_TIMEOUT_MS)?;
            let answer = cloud.bots.call(&call).await;
            answer.map_err(|error| DeskError::Conflict(format!("the bot cannot be read: {}", message(&error))))?
        }
    };
    let bot = bot_manifest::reference(product, &entry, &action.version, &action.language)
        .map_err(|error| DeskError::Conflict(format!("the entry of the bot does not fit: {}", error.description())))?;
    let minutes = match product {
        Product::BotConnector => SESSION_MINUTES,
        Product::DigitalBotConnector { .. } => DIGITAL_SESSION_MINUTES,
    };
    let session = BotSession::new(integration.id, product, bot, action.parameters, minutes, action.transfer_after);
    let id = session.id.clone();
    cloud.bot_sessions.with(|sessions| sessions.add(session));
    view(&cloud, &id)
}

/// `GET /sandbox/bot-sessions/{id}`.
pub(crate) async fn get(State(cloud): State<Cloud>, Path(id): Path<String>) -> DeskResult {
    view(&cloud, &id)
}

/// Returns the run. After a transfer, its messages are those of the conversation.
fn view(cloud: &Cloud, id: &str) -> DeskResult {
    let (mut view, conversation_id, count) =
        with(cloud, id, |session| Ok((session.view(), session.conversation_id.clone(), session.message_count())))?;
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
    let (integration_id, product, intents, conversation_id) = with(&cloud, &id, |session| {
        let (integration_id, intents) = (session.integration_id.clone(), session.bot.intents.clone());
        Ok((integration_id, session.product, intents, session.conversation_id.clone()))
    })?;
    if say_to_agent(&cloud, &conversation_id, &input.text)? {
        return view(&cloud, &id);
    }
    let (path, timeout) = match product {
        Product::BotConnector => (&[][..], TIMEOUT_MS),
        Product::DigitalBotConnector { .. } => (&["messages"][..], DIGITAL_TIMEOUT_MS),
    };
    let integration = integration(&cloud, &integration_id)?;
    let mut call = call(&cloud, &integration, path, input.timeout_ms.unwrap_or(timeout))?;
    call.body = Some(with(&cloud, &id, |session| {
        if session.is_asked || !session.is_open() {
            return Err(DeskError::Conflict("the bot is being asked, or the run is over".to_owned()));
        }
        Ok(session.ask(&input.text, input.payload.as_deref()))
    })?);
    // A task of its own, because Genesys gets the answer even if nobody waits for this response.
    let (asking, session_id) = (cloud.clone(), id.clone());
    let asked = tokio::spawn(async move {
        let answer = asking.bots.call(&call).await;
        with(&asking, &session_id, |session| {
            session.is_asked = false;
            // A later answer may have ended the run in the meantime.
            if session.is_open() {
                match answer {
                    Ok(body) => match BotAnswer::read(product, &intents, &body) {
                        Ok(answer) => session.answered(answer),
                        Err(error) => session.failed(NoAnswer::Invalid, error.description()),
                    },
                    Err(error) => session.failed(reason(&error), message(&error)),
                }
            }
            Ok(())
        })?;
        asking.transfer_after(&session_id);
        Ok(())
    });
    asked.await.unwrap_or_else(|error| Err(DeskError::Conflict(error.to_string())))?;
    view(&cloud, &id)
}

/// Adds what the user says to the conversation, if the flow transferred it.
fn say_to_agent(cloud: &Cloud, conversation_id: &str, text: &str) -> Result<bool, DeskError> {
    cloud.change(|conversations| {
        let Some(conversation) = conversations.get_mut(conversation_id) else { return Ok(false) };
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
    with(&cloud, &id, |session| {
        session.expire();
        Ok(())
    })?;
    cloud.transfer_after(&id);
    view(&cloud, &id)
}

fn with<T>(
    cloud: &Cloud,
    id: &str,
    work: impl FnOnce(&mut BotSession) -> Result<T, DeskError>,
) -> Result<T, DeskError> {
    cloud.bot_sessions.with(|sessions| work(sessions.get_mut(id).ok_or(DeskError::NotFound("run of a bot"))?))
}

fn integration(cloud: &Cloud, id: &str) -> Result<BotIntegration, DeskError> {
    let found = cloud.bot_connectors.with(|all| all.get(id).cloned()).ok_or(DeskError::NotFound("integration"))?;
    if found.is_enabled { Ok(found) } else { Err(DeskError::Conflict("the integration is disabled".to_owned())) }
}

fn only_integration(cloud: &Cloud) -> Result<BotIntegration, DeskError> {
    let all: Vec<_> =
        cloud.bot_connectors.with(|all| all.integrations.iter().filter(|one| one.is_enabled).cloned().collect());
    let [only] = &all[..] else {
        let found = all.len();
        return Err(DeskError::Conflict(format!("set `integrationId`: {found} integrations of bots are enabled")));
    };
    Ok(only.clone())
}

fn registered(integration: &BotIntegration, id: &str) -> Result<Value, DeskError> {
    let bots = integration.bots.as_array().into_iter().flatten();
    bots.into_iter()
        .find(|bot| bot.get("id").and_then(Value::as_str) == Some(id))
        .cloned()
        .ok_or(DeskError::NotFound("bot"))
}

/// Builds a GET of the integration's URL with `path` appended.
fn call(cloud: &Cloud, integration: &BotIntegration, path: &[&str], timeout_ms: u64) -> Result<BotCall, DeskError> {
    let missing = || DeskError::Conflict("the integration has no URL of a bot".to_owned());
    let mut url: Url = integration.url().and_then(|url| url.parse().ok()).ok_or_else(missing)?;
    if !path.is_empty() {
        url.path_segments_mut().map_err(|()| missing())?.pop_if_empty().extend(path);
    }
    Ok(BotCall {
        url,
        body: None,
        headers: cloud.bot_connectors.with(|all| all.secret_headers(integration)),
        timeout: Duration::from_millis(timeout_ms),
        is_repeated: integration.product() != Product::BotConnector,
    })
}

fn reason(error: &CallError) -> NoAnswer {
    match error {
        CallError::TimedOut => NoAnswer::TimedOut,
        CallError::Refused(_) => NoAnswer::Refused,
        CallError::Invalid => NoAnswer::Invalid,
    }
}

fn message(error: &CallError) -> String {
    match error {
        CallError::TimedOut => "no answer in time".to_owned(),
        CallError::Refused(reason) => reason.clone(),
        CallError::Invalid => "the answer is too large or is not JSON".to_owned(),
    }
}
