//! `POST /api/v2/textbots/bots/execute` (`PostTextRequest`): asks a bot without a channel.

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Map, Value, json};

use crate::api::bot_connectors::not_asked;
use crate::api::request::JsonBody;
use crate::bot_runs::NewRun;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::bot_answer::BotState;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// A new `botSessionId` begins a run, a known one continues it. Unconfirmed: that `botAlias` and `languageCode` are needed
/// for bots of a Bot Connector, and that a turn without an answer has the state `Failed`.
pub(crate) async fn execute(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::TextbotsSessionExecute)?;
    let body = body.read()?;
    let request = Object::body(&body)?;
    let required = |name: &str| request.required_text(name).map(ToOwned::to_owned);
    let (bot, version, language) = (required("botId")?, required("botAlias")?, required("languageCode")?);
    let session_id = required("botSessionId")?;
    let integration_id = request.required_text("integrationId")?;
    let message = request.required_object("postTextMessage")?;
    message.required_text("type")?;
    let text = message.text("text")?.unwrap_or_default();
    if request.integer("botSessionTimeoutMinutes")?.is_some_and(|minutes| minutes <= 10) {
        return Err(ApiError::malformed_field("botSessionTimeoutMinutes"));
    }
    if cloud.with_run(&session_id, |_| Ok(())).is_err() {
        let integration = cloud.bot_integration(Some(integration_id)).map_err(not_asked)?;
        let run = NewRun {
            session_id: Some(session_id.clone()),
            bot,
            version,
            language,
            parameters: std::collections::BTreeMap::new(),
            // No flow runs.
            transfer_after: Vec::new(),
        };
        cloud.begin_run(integration, run).await.map_err(not_asked)?;
    }
    let answer = cloud.take_turn(&session_id, text, None, None).await.map_err(not_asked)?;
    let Some(answer) = answer else { return Ok(Json(json!({ "botState": "Failed" }))) };
    let state = match answer.state {
        BotState::MoreData => "MoreData",
        BotState::Complete => "Complete",
        BotState::Failed => "Failed",
    };
    let slots: Map<String, Value> = answer
        .slots
        .iter()
        .map(|(name, value)| (name.clone(), json!(value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))))
        .collect();
    Ok(Json(json!({
        "botState": state, "replyMessages": answer.messages, "intentName": answer.intent, "slots": slots,
    })))
}
