//! Maps requests of Genesys. The path is relative to the URL of the connection: v1 posts each turn to the URL itself, v2
//! appends `/messages`, `/bots` and `/bots/{id}`.

use crate::settings::{Prepared, Product};
use crate::wire::request as wire;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bot_connector_guest::contract::*;
use handover_guest::contract::*;
use handover_guest::json::{self, Document};
use percent_encoding::percent_decode_str;

/// Maps a verified request. A request of the other product than that of the settings is unknown.
///
/// # Errors
/// The body of a turn is not a JSON object.
pub fn map(settings: &Prepared<'_>, request: &Webhook) -> Result<BotRequest, MappingError> {
    use Product::{BotConnector, DigitalBotConnector};
    let path = request.path.split('?').next().unwrap_or_default().trim_matches('/');
    match (settings.product, request.method.as_str(), path) {
        (BotConnector, "POST", "") => turn(&request.body, false),
        (DigitalBotConnector, "POST", "messages") => turn(&request.body, settings.credentials().is_ok()),
        (DigitalBotConnector, "GET", "bots") => Ok(BotRequest::ListBots),
        (DigitalBotConnector, "GET", path) => {
            Ok(path.strip_prefix("bots/").and_then(bot_id).map_or(BotRequest::Unknown, BotRequest::GetBot))
        }
        _ => Ok(BotRequest::Unknown),
    }
}

/// Decodes an id in a path.
fn bot_id(segment: &str) -> Option<String> {
    let id = percent_decode_str(segment).decode_utf8().ok()?;
    (!id.is_empty() && !segment.contains('/')).then(|| id.into_owned())
}

fn turn(body: &[u8], permits_late_answer: bool) -> Result<BotRequest, MappingError> {
    let document = Document::read(json::text(body)?)?;
    if !document.is_object() {
        return Err(MappingError::NotAnObject);
    }
    let turn = read(wire::BotRequest::of(document.root()), permits_late_answer);
    // A turn whose ids have no clear meaning could be mixed up with another one.
    Ok(turn.filter(|_| document.is_clear()).map_or(BotRequest::Unknown, BotRequest::Turn))
}

/// Reads a turn. Returns `None` if it names neither a session nor a conversation.
fn read(request: wire::BotRequest<'_>, permits_late_answer: bool) -> Option<Turn> {
    let conversation = request.genesys_conversation_id();
    // In v1, `botId` is the name of the bot, and `chatBot.id` its registered id.
    let bot = request.chat_bot().and_then(wire::ChatBot::id).or(request.bot_id()).unwrap_or_default();
    let minutes = request.bot_session_timeout().and_then(|minutes| u32::try_from(minutes).ok());
    let parameters = request.parameters().into_iter().flat_map(json::Object::scalars);
    // A late answer must name all three (`OutgoingMessageRequest`).
    let is_named = !bot.is_empty() && request.bot_version().is_some() && request.language_code().is_some();
    let attribute =
        |(key, value): (&str, &str)| Attribute { key: key.into(), value: value.into(), confidential: false };
    Some(Turn {
        session_id: request.bot_session_id().or(conversation)?.into(),
        message_id: owned(request.message_id()),
        conversation_id: owned(conversation),
        bot: bot.into(),
        version: owned(request.bot_version()),
        language: owned(request.language_code()),
        input: input(request.input_message()),
        parameters: parameters.map(attribute).collect::<Vec<_>>(),
        session_seconds: minutes.map(|minutes| minutes.saturating_mul(60)),
        permits_late_answer: permits_late_answer && is_named,
    })
}

fn input(message: Option<wire::InputMessage<'_>>) -> TurnInput {
    let in_list = message.and_then(|message| message.content().find_map(wire::Content::button_response));
    let pressed = in_list.or_else(|| message?.button_response());
    let text = message.and_then(wire::InputMessage::text).or_else(|| pressed?.text());
    TurnInput {
        text: text.unwrap_or_default().to_string(),
        payload: owned(pressed.and_then(wire::ButtonResponse::payload)),
    }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(String::from)
}
