//! The inbound endpoints: `POST /api/v2/conversations/messages/{integrationId}/inbound/open/…` ("Open Messaging API:
//! inbound messages, events, receipts, structured responses").

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

type InboundResult = Result<(StatusCode, Json<Value>), ApiError>;

/// `…/message`.
pub(crate) async fn message(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(integration_id): Path<String>,
    target: Target,
    body: JsonBody,
) -> InboundResult {
    let read = || InboundMessage::read(&body.read()?, &cloud.unconfirmed);
    let (integration, message) = authorize_and_read(&cloud, &caller, &integration_id, read)?;
    let InboundMessage { channel, text, attachment, metadata } = message;
    let (content, outcome) = match attachment {
        Some(attachment) if !allows(&cloud.media(&integration.id).inbound, &attachment.mime) => {
            (Vec::new(), InboundOutcome::MediaTypeNotAllowed)
        }
        Some(attachment) => (vec![attachment_content(attachment)], InboundOutcome::Published),
        None => (Vec::new(), InboundOutcome::Published),
    };
    let mut response_body = json!({ "type": MessageType::Text });
    if let Some(text) = &text {
        set(&mut response_body, "text", json!(text));
    }
    if !content.is_empty() {
        set(&mut response_body, "content", json!(content));
    }
    if !metadata.is_empty() {
        set(&mut response_body, "metadata", json!(metadata));
    }
    set(&mut response_body, "channel", channel_json(&integration, &channel));
    let received = receive(&cloud, &integration, channel, Draft { kind: MessageType::Text, text, content, outcome });
    set(&mut response_body, "id", json!(received.message_id));
    if wants_conversation_id(&target) {
        set(&mut response_body, "conversationId", json!(received.conversation_id));
    }
    Ok((cloud.inbound_status, Json(response_body)))
}

/// `…/event`. Typing events are dropped while inbound typing is disabled.
pub(crate) async fn event(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(integration_id): Path<String>,
    body: JsonBody,
) -> InboundResult {
    let read = || InboundEvent::read(&body.read()?, &cloud.unconfirmed);
    let (integration, InboundEvent { channel }) = authorize_and_read(&cloud, &caller, &integration_id, read)?;
    let channel_json = channel_json(&integration, &channel);
    let has_conversation =
        cloud.conversations.with(|conversations| conversations.connected(&integration.id, &channel.from.id).is_some());
    let mut id = new_message_id();
    if cloud.typing(&integration.id).inbound && (has_conversation || cloud.unconfirmed.typing_opens_conversation) {
        let draft =
            Draft { kind: MessageType::Event, text: None, content: Vec::new(), outcome: InboundOutcome::Published };
        id = receive(&cloud, &integration, channel, draft).message_id;
    }
    let response_body = json!({
        "id": id,
        "channel": channel_json,
        "type": MessageType::Event,
        "events": [typing_event()],
    });
    Ok((cloud.inbound_status, Json(response_body)))
}

/// `…/receipt`, for an outbound message. Unconfirmed: whether an unknown message returns 404.
pub(crate) async fn receipt(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(integration_id): Path<String>,
    body: JsonBody,
) -> InboundResult {
    let read = || InboundReceipt::read(&body.read()?);
    let (integration, receipt) = authorize_and_read(&cloud, &caller, &integration_id, read)?;
    let InboundReceipt { id, to, time, status, delivery, reasons, is_final } = receipt;
    if !is_outbound(&cloud, &integration, &id) {
        return Err(ApiError::not_found());
    }
    cloud.conversations.with(|conversations| {
        conversations.record_delivery(&id, delivery, reasons.clone());
    });
    let mut response_body = json!({
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
        set(&mut response_body, "reasons", json!(reasons));
    }
    if let Some(is_final) = is_final {
        set(&mut response_body, "isFinalReceipt", json!(is_final));
    }
    Ok((cloud.inbound_status, Json(response_body)))
}

/// `…/structured/response`: the customer selected a reply. Unconfirmed: whether Genesys Cloud checks
/// `originatingMessageId`.
pub(crate) async fn structured_response(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(integration_id): Path<String>,
    body: JsonBody,
) -> InboundResult {
    let read = || match cloud.unconfirmed.structured_responses {
        true => InboundStructuredResponse::read(&body.read()?, &cloud.unconfirmed),
        false => Err(ApiError::not_found()),
    };
    let (integration, response) = authorize_and_read(&cloud, &caller, &integration_id, read)?;
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
    let mut response_body = json!({
        "channel": channel_json(&integration, &channel),
        "type": MessageType::Structured,
        "direction": Direction::Inbound,
        "content": content,
    });
    if !metadata.is_empty() {
        set(&mut response_body, "metadata", json!(metadata));
    }
    let draft = Draft { kind: MessageType::Structured, text: Some(text), content, outcome: InboundOutcome::Published };
    let received = receive(&cloud, &integration, channel, draft);
    set(&mut response_body, "id", json!(received.message_id));
    Ok((cloud.inbound_status, Json(response_body)))
}

fn channel_json(integration: &IntegrationRef, channel: &Channel) -> Value {
    message_channel(integration, &channel.from, channel.time, channel.message_id.as_deref())
}

/// Returns the integration with the id in the path and the body that `read` parses. Unconfirmed: whether the permission
/// is checked first or last.
fn authorize_and_read<T>(
    cloud: &Cloud,
    caller: &Caller,
    id: &str,
    read: impl FnOnce() -> Result<T, ApiError>,
) -> Result<(IntegrationRef, T), ApiError> {
    let check_permission = || caller.require(Permission::MessageReceive);
    if cloud.unconfirmed.permissions_first {
        check_permission()?;
    }
    let reference = cloud.integrations.with(|integrations| integrations.reference(id));
    let reference = reference.ok_or_else(ApiError::not_found)?;
    let body = read()?;
    check_permission()?;
    Ok((reference, body))
}

/// Whether the message is an outbound message of the integration.
fn is_outbound(cloud: &Cloud, integration: &IntegrationRef, message_id: &str) -> bool {
    cloud.conversations.with(|conversations| {
        conversations.message(message_id).is_some_and(|(conversation, message)| {
            conversation.integration.id == integration.id && message.direction == Direction::Outbound
        })
    })
}

fn wants_conversation_id(target: &Target) -> bool {
    target.query.iter().any(|(name, value)| name == "prefetchConversationId" && value.eq_ignore_ascii_case("true"))
}

fn attachment_content(attachment: Attachment) -> Value {
    let mut json = attachment.json;
    if json.get("id").is_none() {
        set(&mut json, "id", json!(Uuid::new_v4().to_string()));
    }
    json!({ "contentType": "Attachment", "attachment": json })
}

/// The contents of an inbound message.
struct Draft {
    kind: MessageType,
    text: Option<String>,
    content: Vec<Value>,
    outcome: InboundOutcome,
}

/// Adds the message to its conversation and sends its receipt.
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
            // Typing events have no receipt. A dropped duplicate already had its receipt.
            message.kind != MessageType::Event && !received.is_duplicate
        });
        let receipt = recorded.and_then(|(conversation, message)| cloud.receipt(conversation, message, draft.outcome));
        (received, receipt)
    });
    if let Some(receipt) = receipt {
        cloud.webhooks.send(receipt);
    }
    received
}
