//! Maps requests of Genesys. The path is relative to the URL of the connection: v1 posts each turn to the URL itself, v2
//! appends `/messages`, `/bots` and `/bots/{id}`.

use crate::wire::request as wire;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bot_connector_guest::contract::*;
use handover_guest::contract::*;
use handover_guest::json::{self, Document};
use percent_encoding::percent_decode_str;

/// Maps a verified request.
///
/// # Errors
/// The body of a turn is not a JSON object.
pub fn map(request: &Webhook) -> Result<BotRequest, MappingError> {
    let path = request.path.split('?').next().unwrap_or_default().trim_matches('/');
    match (request.method.as_str(), path) {
        ("POST", "") => turn(&request.body, Version::One),
        ("POST", "messages") => turn(&request.body, Version::Two),
        ("GET", "bots") => Ok(BotRequest::ListBots),
        ("GET", path) => {
            Ok(path.strip_prefix("bots/").and_then(bot_id).map_or(BotRequest::Unknown, BotRequest::GetBot))
        }
        _ => Ok(BotRequest::Unknown),
    }
}

/// The version of the Bot Connector.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// Decodes an id in a path.
fn bot_id(segment: &str) -> Option<String> {
    let id = percent_decode_str(segment).decode_utf8().ok()?;
    (!id.is_empty() && !segment.contains('/')).then(|| id.into_owned())
}

fn turn(body: &[u8], version: Version) -> Result<BotRequest, MappingError> {
    let document = Document::read(json::text(body)?)?;
    if !document.is_object() {
        return Err(MappingError::NotAnObject);
    }
    let turn = read(wire::BotRequest::of(document.root()), version);
    // A turn whose ids have no clear meaning could be mixed up with another one.
    Ok(turn.filter(|_| document.is_clear()).map_or(BotRequest::Unknown, BotRequest::Turn))
}

/// Reads a turn. Returns `None` if it names neither a session nor a conversation, or no bot.
fn read(request: wire::BotRequest<'_>, version: Version) -> Option<Turn> {
    let conversation = request.genesys_conversation_id();
    // In v1, `botId` is the name of the bot, and `chatBot.id` its registered id.
    let bot = request.chat_bot().and_then(wire::ChatBot::id).or(request.bot_id())?;
    let minutes = request.bot_session_timeout().and_then(|minutes| u32::try_from(minutes).ok());
    let parameters = request.parameters().into_iter().flat_map(json::Object::scalars);
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
        permits_late_answer: version == Version::Two,
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
