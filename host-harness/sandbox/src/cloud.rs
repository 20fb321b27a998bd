//! The state of the sandbox: what the API, the agent's side and the courier share.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch;

use crate::config::{MediaConfig, TypingConfig, Unconfirmed};
use crate::conversations::{Conversation, Conversations, Happening, Message, MessageType, Originator, What};
use crate::downloads::Downloads;
use crate::error::ApiError;
use crate::faults::{Faults, WebhookFault};
use crate::flows::Flows;
use crate::integrations::Integrations;
use crate::losses::{Losses, Lossy};
use crate::notifications::Channels;
use crate::outbound::{self, InboundOutcome};
use crate::outlets::Outlets;
use crate::request_log::RequestLog;
use crate::schema::json_body;
use crate::shared::Shared;
use crate::tokens::Tokens;
use crate::users::Users;
use crate::webhook::{Courier, Webhook};

/// Everything a handler may need. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Cloud {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    pub(crate) unconfirmed: Unconfirmed,
    /// How long the creation of an integration takes.
    pub(crate) integration_creation: SignedDuration,
    /// The estimated wait in every queue.
    pub(crate) estimated_wait_seconds: u64,
    /// `unconfirmed.inbound_status`, checked.
    pub(crate) inbound_status: StatusCode,
    /// `unconfirmed.oauth_failure_status`, checked.
    pub(crate) oauth_failure_status: StatusCode,
    pub(crate) tokens: Shared<Tokens>,
    pub(crate) integrations: Shared<Integrations>,
    pub(crate) conversations: Shared<Conversations>,
    pub(crate) flows: Arc<Flows>,
    pub(crate) users: Shared<Users>,
    pub(crate) faults: Shared<Faults>,
    pub(crate) losses: Shared<Losses>,
    pub(crate) channels: Shared<Channels>,
    /// How often a connected channel hears a heartbeat.
    pub(crate) heartbeat_ms: u64,
    pub(crate) outlets: Outlets,
    pub(crate) requests: Shared<RequestLog>,
    pub(crate) downloads: Shared<Downloads>,
    pub(crate) courier: Courier,
    /// Turns true when the sandbox stops, so that no request hangs on.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Cloud {
    /// Lets `work` change the conversations, tells everybody who listens what happened, and lets the flow say what it
    /// says to that. They are told inside the lock, so that they hear it in the order in which it happened.
    pub(crate) fn change<T>(&self, work: impl FnOnce(&mut Conversations) -> T) -> T {
        let mut flow_says = Vec::new();
        let result = self.conversations.with(|conversations| {
            let result = work(conversations);
            conversations.tell(|conversation, happenings| {
                self.outlets.tell(conversation, &happenings);
                flow_says.extend(happenings.iter().filter_map(|happening| self.flow_says(conversation, happening)));
            });
            result
        });
        for webhook in flow_says {
            self.courier.send(webhook);
        }
        result
    }

    /// What the integration's flow says to what happened.
    fn flow_says(&self, conversation: &mut Conversation, happening: &Happening) -> Option<Webhook> {
        let text = self.integrations.with(|integrations| {
            let flow = self.flows.of(integrations, &conversation.integration.id)?;
            match happening.what {
                What::CustomerConnected => flow.greeting.clone(),
                What::QueueEntered => flow.in_queue.clone(),
                _ => None,
            }
        })?;
        let message = Message::outbound(MessageType::Text, Originator::Bot, happening.at);
        let message = Message { text: Some(text), ..message };
        let webhook = self.notification(conversation, &message);
        conversation.messages.push(message);
        Some(webhook)
    }

    /// The webhook of an outbound message, and the fault that was ordered for it; that an agent types uses none up. To be
    /// sent outside the lock of the conversations: the courier notes there what becomes of it.
    pub(crate) fn notification(&self, conversation: &Conversation, message: &Message) -> Webhook {
        let event_type = match message.kind {
            MessageType::Text => "Text",
            MessageType::Structured => "Structured",
            MessageType::Event => "Event",
        };
        let body = outbound::notification(conversation, message);
        let says = message.kind != MessageType::Event;
        let ordered = says.then(|| self.faults.with(Faults::for_webhook)).flatten();
        let fault =
            ordered.or_else(|| self.losses.with(|losses| losses.strikes(Lossy::Webhook)).then_some(WebhookFault::Lost));
        Webhook { fault, ..self.webhook(conversation, &message.id, event_type, &body) }
    }

    /// What media the integration's supported content profile allows. Without a profile it is none, or all.
    pub(crate) fn media(&self, integration_id: &str) -> MediaConfig {
        let allowed = self.integrations.with(|all| all.profile_of(integration_id).map(|profile| profile.media.clone()));
        allowed.unwrap_or_else(|| {
            let all = if self.unconfirmed.media_needs_profile { Vec::new() } else { vec!["*/*".to_owned()] };
            MediaConfig { inbound: all.clone(), outbound: all }
        })
    }

    /// Which typing indicators the integration's messaging setting lets pass.
    pub(crate) fn typing(&self, integration_id: &str) -> TypingConfig {
        self.integrations.with(|all| all.setting_of(integration_id).typing)
    }

    /// The receipt of an inbound message, if receipts are sent. Faults are ordered for what agents write, so none is
    /// used up here.
    pub(crate) fn receipt(
        &self,
        conversation: &Conversation,
        message: &Message,
        outcome: InboundOutcome,
    ) -> Option<Webhook> {
        let body = outbound::receipt(conversation, message, outcome, Timestamp::now());
        self.unconfirmed.inbound_receipts.then(|| self.webhook(conversation, &message.id, "Receipt", &body))
    }

    fn webhook(&self, conversation: &Conversation, event_id: &str, event_type: &'static str, body: &Value) -> Webhook {
        let destination = self.integrations.with(|integrations| integrations.destination(&conversation.integration.id));
        Webhook {
            conversation_id: conversation.id.clone(),
            event_id: event_id.to_owned(),
            event_type,
            body: body.to_string().into_bytes(),
            destination,
            fault: None,
        }
    }
}

/// Path and query of an API request, the query as pairs because a name may repeat.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
}

impl Target {
    /// What the query says of `name`.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }
}

impl<S: Sync> FromRequestParts<S> for Target {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let Query(query) = Query::try_from_uri(&parts.uri).map_err(|_| ApiError::malformed())?;
        Ok(Self { path: parts.uri.path().to_owned(), query })
    }
}

/// The JSON of a request body. Whether it is any is only seen when it is read: what is wrong with the caller comes
/// first.
#[derive(Debug)]
pub(crate) struct JsonBody(Result<Value, ApiError>);

impl JsonBody {
    /// The JSON, or the refusal of what is none.
    pub(crate) fn read(self) -> Result<Value, ApiError> {
        self.0
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state).await;
        Ok(Self(body.map_err(|_| ApiError::malformed()).and_then(|body| json_body(&headers, &body))))
    }
}
