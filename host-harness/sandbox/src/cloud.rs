//! The state of the sandbox: what the API, the agent's side and the courier share.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use crate::config::{MediaConfig, TypingConfig, Unconfirmed};
use crate::conversations::{Conversation, Conversations, Message, MessageType};
use crate::error::ApiError;
use crate::faults::Faults;
use crate::integrations::Integrations;
use crate::outbound::{self, InboundOutcome};
use crate::request_log::RequestLog;
use crate::schema::json_body;
use crate::shared::Shared;
use crate::tokens::Tokens;
use crate::users::Users;
use crate::webhook::{Courier, Webhook};

/// Everything a handler may need. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Cloud {
    pub(crate) typing: TypingConfig,
    pub(crate) media: MediaConfig,
    pub(crate) unconfirmed: Unconfirmed,
    /// `unconfirmed.inbound_status`, checked.
    pub(crate) inbound_status: StatusCode,
    /// `unconfirmed.oauth_failure_status`, checked.
    pub(crate) oauth_failure_status: StatusCode,
    pub(crate) tokens: Shared<Tokens>,
    pub(crate) integrations: Shared<Integrations>,
    pub(crate) conversations: Shared<Conversations>,
    pub(crate) users: Shared<Users>,
    pub(crate) faults: Shared<Faults>,
    pub(crate) requests: Shared<RequestLog>,
    pub(crate) courier: Courier,
    /// Turns true when the sandbox stops, so that no request hangs on.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Cloud {
    /// The webhook of an outbound message, and the fault that was ordered for it. To be sent outside the lock of the
    /// conversations: the courier notes there what becomes of it.
    pub(crate) fn notification(&self, conversation: &Conversation, message: &Message) -> Webhook {
        let event_type = match message.kind {
            MessageType::Text => "Text",
            MessageType::Structured => "Structured",
            MessageType::Event => "Event",
        };
        let body = outbound::notification(conversation, message);
        let fault = self.faults.with(Faults::for_webhook);
        Webhook { fault, ..self.webhook(conversation, &message.id, event_type, &body) }
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

impl<S: Sync> FromRequestParts<S> for Target {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let Query(query) = Query::try_from_uri(&parts.uri).map_err(|_| ApiError::malformed())?;
        Ok(Self { path: parts.uri.path().to_owned(), query })
    }
}

/// The JSON of a request body, refused as Genesys Cloud refuses.
#[derive(Debug)]
pub(crate) struct JsonBody(pub(crate) Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state).await.map_err(|_| ApiError::malformed())?;
        json_body(&headers, &body).map(Self)
    }
}
