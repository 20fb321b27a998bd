//! `POST /api/v2/conversations/messages/agentless` ("Agentless outbound messaging API").

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::request::JsonBody;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::conversations::{Message, MessageType, Originator};
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::json::time_text;
use crate::wire::schema::Object;

/// The maximum length of the text, in characters.
const MAX_TEXT_CHARS: usize = 2_000;

const MESSENGER_TYPES: [&str; 1] = ["open"];

/// Sends a text message to a customer. If this creates a conversation, the conversation has already ended, and the
/// customer's reply reopens it. Unconfirmed: this behavior, `originatingEntity` of the webhook (`Bot`), and the status
/// of the response (202).
pub(crate) async fn send(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    caller.require(Permission::MessageCreate)?;
    let body = body.read()?;
    let body = Object::body(&body)?;
    let (from, to) = (body.required_text("fromAddress")?, body.required_text("toAddress")?);
    body.required_choice("toAddressMessengerType", "MessengerType", &MESSENGER_TYPES)?;
    let text = body.required_text("textBody")?;
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(ApiError::bad_request(format!("textBody may have at most {MAX_TEXT_CHARS} characters.")));
    }
    let uses_existing = body.boolean("useExistingActiveConversation")?.unwrap_or(false);
    let integration = cloud.integrations.with(|integrations| integrations.reference(from));
    let integration = integration.ok_or_else(ApiError::not_found)?;
    let now = Timestamp::now();
    let message = Message::outbound(MessageType::Text, Originator::Bot, now);
    let message = Message { text: Some(text.to_owned()), ..message };
    let (message_id, time) = (message.id.clone(), time_text(now));
    let (conversation_id, webhook) = cloud.change(|conversations| {
        let existing = conversations.connected(&integration.id, to).map(|conversation| conversation.id.clone());
        let id = match existing.filter(|_| uses_existing) {
            Some(id) => id,
            None => conversations.open_ended(&integration, to, now),
        };
        let conversation = conversations.get_mut(&id).ok_or_else(ApiError::not_found)?;
        let webhook = cloud.notification(conversation, &message);
        conversation.messages.push(message);
        Ok((id, webhook))
    })?;
    cloud.webhooks.send(webhook);
    let response_body = json!({
        "id": message_id,
        "conversationId": conversation_id,
        "fromAddress": from,
        "toAddress": to,
        "messengerType": "open",
        "textBody": text,
        "useExistingActiveConversation": uses_existing,
        "timestamp": time,
        "selfUri": format!("/api/v2/conversations/messages/{message_id}/details"),
    });
    Ok((StatusCode::ACCEPTED, Json(response_body)))
}
