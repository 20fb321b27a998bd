//! The four inbound endpoints: `POST /api/v2/conversations/messages/{integrationId}/inbound/open/…` ("Open Messaging
//! API: inbound messages, events, receipts, structured responses").

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::inbound_body::{
    Attachment, Channel, InboundEvent, InboundMessage, InboundReceipt, InboundStructuredResponse,
};
use crate::api::request::{JsonBody, Target};
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::delivery::conversation_json::message_channel;
use crate::delivery::webhook_bodies::InboundOutcome;
use crate::state::conversations::{
    DeliveryState, Direction, Incoming, IntegrationRef, Message, MessageType, Received, new_message_id,
};
use crate::state::media::allows;
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::json::{set, time_text, typing_event};

type Answer = Result<(StatusCode, Json<Value>), ApiError>;

/// `…/message`.
pub(crate) async fn message(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(integration_id): Path<String>,
    target: Target,
    body: JsonBody,
) -> Answer {
    let read = || InboundMessage::read(&body.read()?, &cloud.unconfirmed);
    let (integration, message) = admitted(&cloud, &caller, &integration_id, read)?;
    let InboundMessage { channel, text, attachment, metadata } = message;
    let (content, outcome) = match attachment {
        Some(attachment) if !allows(&cloud.media(&integration.id).inbound, &attachment.mime) => {
            (Vec::new(), InboundOutcome::MediaTypeNotAllowed)
        }
        Some(attachment) => (vec![attachment_content(attachment)], InboundOutcome::Published),
        None => (Vec::new(), InboundOutcome::Published),
    };
    let mut answer = json!({ "type": MessageType::Text });
    if let Some(text) = &text {
        set(&mut answer, "text", json!(text));
    }
    if !content.is_empty() {
        set(&mut answer, "content", json!(content));
    }
    if !metadata.is_empty() {
        set(&mut answer, "metadata", json!(metadata));
    }
    set(&mut answer, "channel", channel_json(&integration, &channel));
    let received = receive(&cloud, &integration, channel, Draft { kind: MessageType::Text, text, content, outcome });
    set(&mut answer, "id", json!(received.message_id));
    if prefetches(&target) {
        set(&mut answer, "conversationId", json!(received.conversation_id));
    }
    Ok((cloud.inbound_status, Json(answer)))
}

/// `…/event`. Typing is dropped while it is disabled.
pub(crate) async fn event(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(integration_id): Path<String>,
    body: JsonBody,
) -> Answer {
    let read = || InboundEvent::read(&body.read()?, &cloud.unconfirmed);
    let (integration, InboundEvent { channel }) = admitted(&cloud, &caller, &integration_id, read)?;
    let channel_json = channel_json(&integration, &channel);
    let has_conversation =
        cloud.conversations.with(|conversations| conversations.connected(&integration.id, &channel.from.id).is_some());
    let mut id = new_message_id();
    if cloud.typing(&integration.id).inbound && (has_conversation || cloud.unconfirmed.typing_opens_conversation) {
        let draft =
            Draft { kind: MessageType::Event, text: None, content: Vec::new(), outcome: InboundOutcome::Published };
        id = receive(&cloud, &integration, channel, draft).message_id;
    }
    let answer = json!({
        "id": id,
        "channel": channel_json,
        "type": MessageType::Event,
        "events": [typing_event()],
    });
    Ok((cloud.inbound_status, Json(answer)))
}

/// `…/receipt`, for a message that a webhook brought. That an unknown message is a 404 is unconfirmed.
pub(crate) async fn receipt(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(integration_id): Path<String>,
    body: JsonBody,
) -> Answer {
    let read = || InboundReceipt::read(&body.read()?);
    let (integration, receipt) = admitted(&cloud, &caller, &integration_id, read)?;
    let InboundReceipt { id, to, time, status, delivery, reasons, is_final } = receipt;
    if !is_outbound(&cloud, &integration, &id) {
        return Err(ApiError::not_found());
    }
    cloud.conversations.with(|conversations| {
        conversations.note_delivery(&id, delivery, reasons.clone());
    });
    let mut answer = json!({
        "id": id,
        "channel": {
            "id": integration.id,
            "platform": "Open",
            "type": "Private",
            "to": to,
            "from": { "nickname": integration.name, "id": integration.id, "idType": "Opaque" },
            "time": time_text(time),
        },
        "type": "Receipt",
        "status": status,
        "direction": Direction::Outbound,
    });
    if !reasons.is_empty() {
        set(&mut answer, "reasons", json!(reasons));
    }
    if let Some(is_final) = is_final {
        set(&mut answer, "isFinalReceipt", json!(is_final));
    }
    Ok((cloud.inbound_status, Json(answer)))
}

/// `…/structured/response`: the customer selected a reply. Whether Genesys Cloud checks `originatingMessageId` is
/// unconfirmed.
pub(crate) async fn structured_response(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(integration_id): Path<String>,
    body: JsonBody,
) -> Answer {
    let read = || match cloud.unconfirmed.structured_responses {
        true => InboundStructuredResponse::read(&body.read()?, &cloud.unconfirmed),
        false => Err(ApiError::not_found()),
    };
    let (integration, response) = admitted(&cloud, &caller, &integration_id, read)?;
    let InboundStructuredResponse { channel, button_type, text, payload, originating_message_id, metadata } = response;
    if cloud.unconfirmed.check_originating_message && !is_outbound(&cloud, &integration, &originating_message_id) {
        return Err(ApiError::bad_request(format!("There is no message {originating_message_id} to respond to.")));
    }
    let content = vec![json!({
        "contentType": "ButtonResponse",
        "buttonResponse": {
            "type": button_type,
            "text": text,
            "payload": payload,
            "originatingMessageId": originating_message_id,
        },
    })];
    let mut answer = json!({
        "channel": channel_json(&integration, &channel),
        "type": MessageType::Structured,
        "direction": Direction::Inbound,
        "content": content,
    });
    if !metadata.is_empty() {
        set(&mut answer, "metadata", json!(metadata));
    }
    let draft = Draft { kind: MessageType::Structured, text: Some(text), content, outcome: InboundOutcome::Published };
    let received = receive(&cloud, &integration, channel, draft);
    set(&mut answer, "id", json!(received.message_id));
    Ok((cloud.inbound_status, Json(answer)))
}

fn channel_json(integration: &IntegrationRef, channel: &Channel) -> Value {
    message_channel(integration, &channel.from, channel.time, channel.message_id.as_deref())
}

/// The integration that the path names, and the body that `read` checks. Whether the permission is looked at first or
/// last is unconfirmed.
fn admitted<T>(
    cloud: &Cloud,
    caller: &Caller,
    id: &str,
    read: impl FnOnce() -> Result<T, ApiError>,
) -> Result<(IntegrationRef, T), ApiError> {
    let permitted = || caller.require(Permission::MessageReceive);
    if cloud.unconfirmed.permissions_first {
        permitted()?;
    }
    let reference = cloud.integrations.with(|integrations| integrations.reference(id));
    let reference = reference.ok_or_else(ApiError::not_found)?;
    let body = read()?;
    permitted()?;
    Ok((reference, body))
}

/// Whether a webhook of the integration brought the message of this id.
fn is_outbound(cloud: &Cloud, integration: &IntegrationRef, message_id: &str) -> bool {
    cloud.conversations.with(|conversations| {
        conversations.message(message_id).is_some_and(|(conversation, message)| {
            conversation.integration.id == integration.id && message.direction == Direction::Outbound
        })
    })
}

fn prefetches(target: &Target) -> bool {
    target.query.iter().any(|(name, value)| name == "prefetchConversationId" && value.eq_ignore_ascii_case("true"))
}

fn attachment_content(attachment: Attachment) -> Value {
    let mut json = attachment.json;
    if json.get("id").is_none() {
        set(&mut json, "id", json!(Uuid::new_v4().to_string()));
    }
    json!({ "contentType": "Attachment", "attachment": json })
}

/// The message of a request, before it has an id.
struct Draft {
    kind: MessageType,
    text: Option<String>,
    content: Vec<Value>,
    outcome: InboundOutcome,
}

/// Adds the message to its conversation, and sends the receipt for it.
fn receive(cloud: &Cloud, integration: &IntegrationRef, channel: Channel, draft: Draft) -> Received {
    let now = Timestamp::now();
    let message = Message {
        id: new_message_id(),
        direction: Direction::Inbound,
        kind: draft.kind,
        text: draft.text,
        content: draft.content,
        external_id: channel.message_id,
        originator: None,
        time: channel.time,
        recorded_at: now,
        delivery: match draft.outcome {
            InboundOutcome::Published => DeliveryState::Received,
            InboundOutcome::MediaTypeNotAllowed => DeliveryState::Failed,
        },
        reasons: draft.outcome.reasons(),
    };
    let incoming = Incoming { customer: channel.from, attributes: channel.custom_attributes, message };
    let (received, receipt) = cloud.change(|conversations| {
        let received = conversations.receive(integration, incoming, now);
        let recorded = conversations.message(&received.message_id).filter(|(_, message)| {
            // Typing has no receipt, and a repeat that was dropped has had its own.
            message.kind != MessageType::Event && !received.repeated
        });
        let receipt = recorded.and_then(|(conversation, message)| cloud.receipt(conversation, message, draft.outcome));
        (received, receipt)
    });
    if let Some(receipt) = receipt {
        cloud.webhooks.send(receipt);
    }
    received
}
