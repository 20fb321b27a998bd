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
use crate::desk::agent_actions::agent;
use crate::desk::request::{Body, DeskError, DeskResult, NoParameters, change, existing};
use crate::desk::view::{message_json, summary};
use crate::state::conversations::{Message, MessageType, Originator};
use crate::state::media::{allows, media_type};
use crate::wire::json::set;

/// The maximum length of an agent's text, in characters ("Conversations API": `textBody`).
const MAX_TEXT_CHARS: usize = 2_000;

/// The sender of a message.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sender {
    /// The agent.
    #[default]
    Human,
    /// The flow.
    Bot,
}

/// The body of `POST /sandbox/conversations`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begin {
    /// The address of the customer.
    to: String,
    /// The name of the agent.
    name: String,
    text: String,
}

/// `POST /sandbox/conversations`: an agent writes to a customer of the first integration, who has no connected conversation.
pub(crate) async fn begin(State(cloud): State<Cloud>, Body(body): Body<Begin>) -> DeskResult {
    check_text(&body.text)?;
    let agent = agent(&cloud, &body.name)?;
    let integration = cloud.integrations.with(|all| {
        let first = all.list.first()?.id.clone();
        all.reference(&first)
    });
    let integration = integration.ok_or(DeskError::NotFound("integration"))?;
    let opened =
        cloud.change(|conversations| conversations.open_by_agent(&integration, &body.to, agent, Timestamp::now()));
    let id = opened.ok_or_else(|| DeskError::Conflict("the customer has a connected conversation".to_owned()))?;
    let originator = Originator::Human;
    send(&cloud, &id, Draft { kind: MessageType::Text, text: Some(body.text), content: Vec::new(), originator })
}

/// The body of `…/text`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    text: String,
    #[serde(default, rename = "as")]
    sender: Sender,
}

/// `POST /sandbox/conversations/{id}/text`.
pub(crate) async fn text(State(cloud): State<Cloud>, Path(id): Path<String>, Body(body): Body<Text>) -> DeskResult {
    check_text(&body.text)?;
    let originator = match body.sender {
        Sender::Human => Originator::Human,
        Sender::Bot => Originator::Bot,
    };
    send(&cloud, &id, Draft { kind: MessageType::Text, text: Some(body.text), content: Vec::new(), originator })
}

/// `POST /sandbox/conversations/{id}/typing`. While outbound typing is disabled, no event is sent, and the response has
/// `notSent`.
pub(crate) async fn typing(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(_): Body<NoParameters>,
) -> DeskResult {
    let integration_id = integration_id(&cloud, &id)?;
    if cloud.typing(&integration_id).outbound {
        let draft = Draft { kind: MessageType::Event, text: None, content: Vec::new(), originator: Originator::Human };
        return send(&cloud, &id, draft);
    }
    let Json(mut response_body) = change(&cloud, &id, |conversation, _| Ok(conversation.require_agent()?))?;
    set(&mut response_body, "notSent", json!("typing is disabled; set `typing.outbound` in the configuration"));
    Ok(Json(response_body))
}

/// The body of `…/attachment`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Attachment {
    url: String,
    mime: String,
    filename: Option<String>,
    media_type: Option<MediaType>,
    text: Option<String>,
}

/// The `mediaType` of an attachment.
#[derive(Clone, Copy, Debug, Deserialize)]
enum MediaType {
    Image,
    Video,
    Audio,
    File,
    Link,
}

/// `POST /sandbox/conversations/{id}/attachment`. The supported content profile must allow the type for outbound
/// messages. Unconfirmed: where the attachment can be downloaded.
pub(crate) async fn attachment(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<Attachment>,
) -> DeskResult {
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

/// The body of `…/message`: a message of any shape, such as quick replies and cards.
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

/// The `type` of a raw message.
#[derive(Clone, Copy, Deserialize)]
enum RawType {
    Text,
    Structured,
}

/// The `originatingEntity` of a raw message.
#[derive(Clone, Copy, Default, Deserialize)]
enum RawOriginator {
    Human,
    #[default]
    Bot,
}

/// `POST /sandbox/conversations/{id}/message`. `content` is not checked.
pub(crate) async fn message(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<RawMessage>,
) -> DeskResult {
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

/// The contents of an outbound message.
pub(super) struct Draft {
    pub(super) kind: MessageType,
    pub(super) text: Option<String>,
    pub(super) content: Vec<Value>,
    pub(super) originator: Originator,
}

/// Sends a message to the customer and returns the conversation's state with the message. For a message from an agent,
/// an agent must be connected. The flow can also send messages while the conversation waits.
pub(super) fn send(cloud: &Cloud, id: &str, draft: Draft) -> DeskResult {
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
        let mut response_body = summary(conversation);
        set(&mut response_body, "message", message_json(message));
        Ok(Json(response_body))
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
