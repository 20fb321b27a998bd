//! The state of the sandbox. The API, the desk and the deliveries share it.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch;

use crate::config::{MediaConfig, TypingConfig, Unconfirmed};
use crate::delivery::bot_client::BotClient;
use crate::delivery::delivery_queue::DeliveryQueue;
use crate::delivery::event_publisher::EventPublisher;
use crate::delivery::webhook::{RECEIPT, Webhook};
use crate::delivery::webhook_bodies::{self, InboundOutcome};
use crate::state::bot_connectors::BotConnectors;
use crate::state::bot_sessions::BotSessions;
use crate::state::conversations::{
    Conversation, ConversationEvent, Conversations, EventKind, Message, MessageType, Originator,
};
use crate::state::downloads::Downloads;
use crate::state::faults::{DeliveryFault, Faults, WebhookFault};
use crate::state::flows::Flows;
use crate::state::integrations::Integrations;
use crate::state::losses::{LossTarget, Losses};
use crate::state::notification_channels::Channels;
use crate::state::queue_figures::AllQueueFigures;
use crate::state::request_log::RequestLog;
use crate::state::ring::Ring;
use crate::state::routing_names::RoutingNames;
use crate::state::schedules::Schedules;
use crate::state::shared::Shared;
use crate::state::tokens::Tokens;
use crate::state::users::Users;

/// The state and the settings that handlers use. Clones share the state.
#[derive(Clone, Debug)]
pub(crate) struct Cloud {
    /// The address of the HTTP server.
    pub(crate) address: SocketAddr,
    pub(crate) unconfirmed: Unconfirmed,
    /// The time until the creation of an integration is completed.
    pub(crate) integration_creation: SignedDuration,
    /// `unconfirmed.inbound_status`, validated.
    pub(crate) inbound_status: StatusCode,
    /// `unconfirmed.oauth_failure_status`, validated.
    pub(crate) oauth_failure_status: StatusCode,
    pub(crate) tokens: Shared<Tokens>,
    pub(crate) integrations: Shared<Integrations>,
    pub(crate) bot_connectors: Shared<BotConnectors>,
    pub(crate) bot_sessions: Shared<BotSessions>,
    pub(crate) bots: BotClient,
    pub(crate) conversations: Shared<Conversations>,
    pub(crate) flows: Arc<Flows>,
    pub(crate) queue_figures: Shared<AllQueueFigures>,
    pub(crate) schedules: Shared<Schedules>,
    pub(crate) routing_names: Arc<RoutingNames>,
    /// The requested callbacks, each with `conversationId` and `createdAt`.
    pub(crate) callbacks: Shared<Ring<Value>>,
    pub(crate) users: Shared<Users>,
    pub(crate) faults: Shared<Faults>,
    pub(crate) losses: Shared<Losses>,
    pub(crate) channels: Shared<Channels>,
    /// The interval of the heartbeats of a connected channel, in milliseconds.
    pub(crate) heartbeat_ms: u64,
    pub(crate) event_publisher: EventPublisher,
    pub(crate) requests: Shared<RequestLog>,
    pub(crate) downloads: Shared<Downloads>,
    pub(crate) webhooks: DeliveryQueue<Webhook>,
    /// Becomes `true` when the sandbox stops. Pending requests then end.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Cloud {
    /// Changes the conversations, publishes the events of the change, and sends the flow's messages in response. Events
    /// are published inside the lock to preserve their order.
    pub(crate) fn change<T>(&self, work: impl FnOnce(&mut Conversations) -> T) -> T {
        let mut flow_messages = Vec::new();
        let result = self.conversations.with(|conversations| {
            let result = work(conversations);
            conversations.publish(|conversation, events| {
                self.event_publisher.publish(conversation, &events);
                flow_messages.extend(events.iter().filter_map(|event| self.flow_message(conversation, event)));
            });
            result
        });
        for webhook in flow_messages {
            self.webhooks.send(webhook);
        }
        result
    }

    /// Appends the message that the integration's flow sends after `event`, and returns its webhook.
    fn flow_message(&self, conversation: &mut Conversation, event: &ConversationEvent) -> Option<Webhook> {
        let text = self.integrations.with(|integrations| {
            let flow = self.flows.of(integrations, &conversation.integration.id)?;
            match event.kind {
                EventKind::CustomerConnected => flow.greeting.clone(),
                EventKind::QueueEntered => flow.in_queue.clone(),
                _ => None,
            }
        })?;
        let message = Message::outbound(MessageType::Text, Originator::Bot, event.at);
        let message = Message { text: Some(text), ..message };
        let webhook = self.notification(conversation, &message);
        conversation.messages.push(message);
        Some(webhook)
    }

    /// Returns the webhook of an outbound message, with its ordered fault or random loss. Typing events do not use up
    /// an ordered fault. The caller must send the webhook outside the lock of the conversations, because sending locks
    /// them to record the delivery state.
    pub(crate) fn notification(&self, conversation: &Conversation, message: &Message) -> Webhook {
        let event_type = match message.kind {
            MessageType::Text => "Text",
            MessageType::Structured => "Structured",
            MessageType::Event => "Event",
        };
        let body = webhook_bodies::notification(conversation, message);
        let is_message = message.kind != MessageType::Event;
        let ordered = is_message.then(|| self.faults.with(Faults::for_webhook)).flatten();
        let is_lost = || self.losses.with(|losses| losses.is_next_lost(LossTarget::Webhook));
        let fault = ordered.or_else(|| is_lost().then_some(WebhookFault::Delivery(DeliveryFault::Lost)));
        Webhook { fault, ..self.webhook(conversation, &message.id, event_type, &body) }
    }

    /// Returns the media types that the integration's supported content profile allows. Unconfirmed: whether an
    /// integration without a profile allows no media types or all of them.
    pub(crate) fn media(&self, integration_id: &str) -> MediaConfig {
        let allowed = self.integrations.with(|all| all.profile_of(integration_id).map(|profile| profile.media.clone()));
        allowed.unwrap_or_else(|| {
            let all = if self.unconfirmed.media_needs_profile { Vec::new() } else { vec!["*/*".to_owned()] };
            MediaConfig { inbound: all.clone(), outbound: all }
        })
    }

    /// Returns the directions in which the integration's messaging setting enables typing indicators.
    pub(crate) fn typing(&self, integration_id: &str) -> TypingConfig {
        self.integrations.with(|all| all.setting_of(integration_id).typing)
    }

    /// Returns the receipt for an inbound message, or `None` if receipts are disabled. Faults apply to outbound
    /// messages only, so a receipt has none.
    pub(crate) fn receipt(
        &self,
        conversation: &Conversation,
        message: &Message,
        outcome: InboundOutcome,
    ) -> Option<Webhook> {
        let body = webhook_bodies::receipt(conversation, message, outcome, Timestamp::now());
        self.unconfirmed.inbound_receipts.then(|| self.webhook(conversation, &message.id, RECEIPT, &body))
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
