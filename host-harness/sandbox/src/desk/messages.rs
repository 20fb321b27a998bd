//! The messages that an agent or the flow sends.

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::cloud::Cloud;
use crate::config::AttachmentDownloads;
use crate::desk::request::{Answer, Body, DeskError, Nothing, change, existing};
use crate::desk::view::{message_json, summary};
use crate::state::conversations::{Message, MessageType, Originator};
use crate::state::media::{allows, media_type};
use crate::wire::json::set;

/// The maximum length of an agent's text, in characters ("Conversations API": `textBody`).
const MAX_TEXT_CHARS: usize = 2_000;

/// The sender of a message from the desk.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Speaker {
    /// The agent.
    #[default]
    Human,
    /// The flow.
    Bot,
}

/// Body of `…/text`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    text: String,
    #[serde(default, rename = "as")]
    speaker: Speaker,
}

/// `POST /sandbox/conversations/{id}/text`.
pub(crate) async fn text(State(cloud): State<Cloud>, Path(id): Path<String>, Body(body): Body<Text>) -> Answer {
    check_text(&body.text)?;
    let originator = match body.speaker {
        Speaker::Human => Originator::Human,
        Speaker::Bot => Originator::Bot,
    };
    send(&cloud, &id, Draft { kind: MessageType::Text, text: Some(body.text), content: Vec::new(), originator })
}

/// `POST /sandbox/conversations/{id}/typing`. While outbound typing is disabled, nothing is sent, and the answer
/// has `notSent`.
pub(crate) async fn typing(State(cloud): State<Cloud>, Path(id): Path<String>, Body(_): Body<Nothing>) -> Answer {
    let integration_id = integration_id(&cloud, &id)?;
    if cloud.typing(&integration_id).outbound {
        let draft = Draft { kind: MessageType::Event, text: None, content: Vec::new(), originator: Originator::Human };
        return send(&cloud, &id, draft);
    }
    let Json(mut answer) = change(&cloud, &id, |conversation, _| Ok(conversation.require_agent()?))?;
    set(&mut answer, "notSent", json!("typing is disabled; set `typing.outbound` in the configuration"));
    Ok(Json(answer))
}

/// Body of `…/attachment`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Attachment {
    url: String,
    mime: String,
    filename: Option<String>,
    media_type: Option<MediaType>,
    text: Option<String>,
}

/// `mediaType` of an attachment.
#[derive(Clone, Copy, Debug, Deserialize)]
enum MediaType {
    Image,
    Video,
    Audio,
    File,
    Link,
}

/// `POST /sandbox/conversations/{id}/attachment`. The type must be in the outbound list of the supported content
/// profile; where it can be downloaded is unconfirmed.
pub(crate) async fn attachment(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<Attachment>,
) -> Answer {
    let allowed = cloud.media(&integration_id(&cloud, &id)?).outbound;
    if !allows(&allowed, &body.mime) {
        return Err(DeskError::BadRequest(format!(
            "an agent cannot send {}: the supported content profile allows {}; set `media.outbound` in the configuration",
            body.mime,
            allowed.join(", "),
        )));
    }
    if Url::parse(&body.url).is_err() {
        return Err(DeskError::BadRequest("`url` is not a URL".to_owned()));
    }
    if let Some(text) = &body.text {
        check_text(text)?;
    }
    let url = match cloud.unconfirmed.attachment_downloads {
        AttachmentDownloads::AsGiven => body.url,
        _ => {
            let path = cloud.downloads.with(|downloads| downloads.add(body.url));
            let path = path.ok_or_else(|| DeskError::BadRequest("there are too many attachments".to_owned()))?;
            format!("http://{}{path}", cloud.address)
        }
    };
    let kind = body.media_type.map_or_else(|| media_type(&body.mime).to_owned(), |kind| format!("{kind:?}"));
    let mut attachment = json!({ "id": Uuid::new_v4().to_string(), "mediaType": kind, "url": url, "mime": body.mime });
    if let Some(filename) = body.filename {
        set(&mut attachment, "filename", json!(filename));
    }
    let content = vec![json!({ "contentType": "Attachment", "attachment": attachment })];
    send(&cloud, &id, Draft { kind: MessageType::Text, text: body.text, content, originator: Originator::Human })
}

/// Body of `…/message`: what no button of a desk makes, such as quick replies and cards.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RawMessage {
    #[serde(rename = "type")]
    kind: RawType,
    text: Option<String>,
    #[serde(default)]
    content: Vec<Value>,
    #[serde(default)]
    originating_entity: RawOriginator,
}

/// `type` of a raw message.
#[derive(Clone, Copy, Deserialize)]
enum RawType {
    Text,
    Structured,
}

/// `originatingEntity` of a raw message.
#[derive(Clone, Copy, Default, Deserialize)]
enum RawOriginator {
    Human,
    #[default]
    Bot,
}

/// `POST /sandbox/conversations/{id}/message`. `content` is passed on unchecked.
pub(crate) async fn message(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<RawMessage>,
) -> Answer {
    let kind = match body.kind {
        RawType::Text => MessageType::Text,
        RawType::Structured => MessageType::Structured,
    };
    let originator = match body.originating_entity {
        RawOriginator::Human => Originator::Human,
        RawOriginator::Bot => Originator::Bot,
    };
    send(&cloud, &id, Draft { kind, text: body.text, content: body.content, originator })
}

/// A message of the agent's side.
pub(super) struct Draft {
    pub(super) kind: MessageType,
    pub(super) text: Option<String>,
    pub(super) content: Vec<Value>,
    pub(super) originator: Originator,
}

/// Sends a message to the customer and answers the conversation's state, with the message in it. People must have
/// accepted the conversation; the flow speaks while it waits, too.
pub(super) fn send(cloud: &Cloud, id: &str, draft: Draft) -> Answer {
    let Draft { kind, text, content, originator } = draft;
    let message = Message { text, content, ..Message::outbound(kind, originator, Timestamp::now()) };
    let message_id = message.id.clone();
    let webhook = cloud.conversations.with(|conversations| {
        let conversation = existing(conversations, id)?;
        match originator {
            Originator::Human => conversation.require_agent()?,
            Originator::Bot => conversation.require_open()?,
        }
        let webhook = cloud.notification(conversation, &message);
        conversation.messages.push(message);
        Ok::<_, DeskError>(webhook)
    })?;
    cloud.webhooks.send(webhook);
    cloud.conversations.with(|conversations| {
        let (conversation, message) = conversations.message(&message_id).ok_or(DeskError::NotFound("message"))?;
        let mut answer = summary(conversation);
        set(&mut answer, "message", message_json(message));
        Ok(Json(answer))
    })
}

fn integration_id(cloud: &Cloud, id: &str) -> Result<String, DeskError> {
    let found = cloud.conversations.with(|conversations| Some(conversations.get(id)?.integration.id.clone()));
    found.ok_or(DeskError::NotFound("conversation"))
}

pub(super) fn check_text(text: &str) -> Result<(), DeskError> {
    let length = text.chars().count();
    if (1..=MAX_TEXT_CHARS).contains(&length) {
        return Ok(());
    }
    Err(DeskError::BadRequest(format!("`text` has {length} characters; it must have 1 to {MAX_TEXT_CHARS}")))
}
