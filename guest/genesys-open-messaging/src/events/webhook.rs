//! Genesys's own webhook: messages of agents and bots, typing indicators, and receipts for the platform's messages.

use super::content;
use crate::settings::EventPolicy;
use crate::wire::outbound::{Channel, Event as WireEvent, OpenOutboundNormalizedMessage, Party, Typing};
use alloc::{format, string::String, vec, vec::Vec};
use handover_guest::clip::clip;
use handover_guest::contract::*;
use handover_guest::events::{bounded_id, digest};
use handover_guest::json::Object;
use handover_guest::time;

/// The default duration of a typing indicator, in milliseconds: the duration that Genesys documents everywhere else.
const DEFAULT_TYPING_MS: u32 = 5000;

/// One webhook, while it is being mapped.
pub(super) struct Webhook<'a> {
    policy: &'a EventPolicy<'a>,
    message: OpenOutboundNormalizedMessage<'a>,
    body: &'a [u8],
    id: Option<&'a str>,
    kind: Option<&'a str>,
    direction: Option<&'a str>,
    channel: Option<Channel<'a>>,
    /// The address of the user.
    address: Option<&'a str>,
    conversation: Option<&'a str>,
    time: Option<&'a str>,
}

impl<'a> Webhook<'a> {
    pub(super) fn of(policy: &'a EventPolicy<'a>, object: Object<'a>) -> Self {
        let message = OpenOutboundNormalizedMessage::of(object);
        let (id, kind, direction, channel) = (message.id(), message.kind(), message.direction(), message.channel());
        // An event about a message of the platform has the user on the sending side, as the message itself does.
        let user = channel.and_then(|channel| match (direction, kind) {
            (Some("Inbound"), _) | (None, Some("Receipt")) => channel.from(),
            _ => channel.to(),
        });
        let (address, time) = (user.and_then(Party::id), channel.and_then(Channel::time));
        let (body, conversation) = (object.json().as_bytes(), message.conversation_id());
        Self { policy, message, body, id, kind, direction, channel, address, conversation, time }
    }

    /// Reads a message that was fetched. Its own id and time take precedence.
    pub(super) fn fetched(
        policy: &'a EventPolicy<'a>,
        object: Object<'a>,
        id: Option<&'a str>,
        time: Option<&'a str>,
    ) -> Self {
        let message = Self::of(policy, object);
        Self { id: message.id.or(id), time: message.time.or(time), ..message }
    }

    pub(super) fn events(&self) -> Vec<AgentEvent> {
        match self.kind {
            Some("Text" | "Structured") => vec![self.message()],
            Some("Event") => self.contained_events(),
            Some("Receipt") => vec![self.receipt()],
            Some(other) => vec![self.ignored(format!("type {}", clip(other)))],
            None if self.message.events().next().is_some() => self.contained_events(),
            None => vec![self.message()],
        }
    }

    pub(super) fn message(&self) -> AgentEvent {
        let message = self.message;
        if self.direction == Some("Inbound") {
            return self.ignored("the echo of a message of the platform".into());
        }
        let parts: Vec<_> = message.content().collect();
        let text = message.text();
        if text.is_none() && parts.is_empty() {
            return self.ignored("a message without text or content".into());
        }
        let author = match message.originating_entity() {
            Some("Human") => Author::Human,
            Some("Bot") => Author::Bot,
            _ => Author::Unknown,
        };
        if author == Author::Bot && !self.policy.show_bot_messages {
            return self.ignored("a message of a bot, which the settings hide".into());
        }
        // Answers and receipts refer to the message, so it needs an id.
        let id = self.id.or_else(|| self.channel?.message_id());
        let id = id.map_or_else(|| digest(self.body), String::from);
        let text = content::text(text, parts.iter().copied());
        let parts: Vec<_> = parts
            .into_iter()
            .flat_map(|part| content::typed(part).into_iter().map(move |content| (content, part)))
            .collect();
        let plain = content::plain(text.as_deref(), &parts);
        let content: Vec<_> = parts.into_iter().map(|(content, _)| content).collect();
        if text.is_none() && content.is_empty() {
            return self.ignored("a message without text or content".into());
        }
        let message = AgentMessage { id, author, agent: None, text, content, plain_text: plain };
        self.event(self.id("message", ""), EventKind::Message(message))
    }

    fn contained_events(&self) -> Vec<AgentEvent> {
        let events: Vec<_> =
            (0..).zip(self.message.events()).map(|(number, event)| self.contained_event(number, event)).collect();
        if events.is_empty() { vec![self.ignored("an event without events".into())] } else { events }
    }

    fn contained_event(&self, number: u32, event: WireEvent<'_>) -> AgentEvent {
        match event.event_type() {
            Some(_) if self.direction == Some("Inbound") => {
                let id = self.id("event", &format!(":{number}"));
                self.event(id, EventKind::Ignored("the echo of an event of the platform".into()))
            }
            Some("Typing") => {
                let typing = event.typing();
                let off = typing.and_then(Typing::kind) == Some("Off");
                let duration = typing.and_then(Typing::duration);
                let lasts = duration.map_or(DEFAULT_TYPING_MS, |duration| u32::try_from(duration).unwrap_or(u32::MAX));
                self.event(self.id("event", &format!(":{number}")), EventKind::Typing(if off { 0 } else { lasts }))
            }
            other => {
                let why = format!("event {}", clip(other.unwrap_or("without a type")));
                self.event(self.id("event", &format!(":{number}")), EventKind::Ignored(why))
            }
        }
    }

    fn receipt(&self) -> AgentEvent {
        let message = self.message;
        let status = message.status().unwrap_or("");
        let time = self.time.unwrap_or("");
        let id = self.id("receipt", &format!(":{status}:{time}"));
        if self.direction == Some("Outbound") {
            return self.event(id, EventKind::Ignored("a receipt for a message of the agent's".into()));
        }
        let status = match status {
            "Sent" | "Published" => ReceiptStatus::Accepted,
            "Delivered" => ReceiptStatus::Delivered,
            "Read" => ReceiptStatus::Read,
            "Removed" => ReceiptStatus::Removed,
            "Failed" => ReceiptStatus::Failed(reasons(message)),
            other => return self.event(id, EventKind::Ignored(format!("a receipt with the status {}", clip(other)))),
        };
        let ours = self.channel.and_then(Channel::message_id);
        let Some(ours) = ours else {
            return self.event(id, EventKind::Ignored("a receipt that names no message of ours".into()));
        };
        // A split message is several messages at Genesys, which are numbered after the `#` of their ids.
        let whole = ours.split_once('#').map_or(ours, |(whole, _)| whole);
        let receipt = MessageReceipt { message_id: whole.into(), status, is_last: message.is_final_receipt() };
        self.event(id, EventKind::Receipt(receipt))
    }

    fn ignored(&self, why: String) -> AgentEvent {
        self.event(self.id("ignored", ""), EventKind::Ignored(why))
    }

    /// Returns the event's id, which is the same in every delivery. It contains the kind, because at Genesys the ids of
    /// events and messages have the same form, and a message and its receipts have the same id.
    fn id(&self, kind: &str, detail: &str) -> String {
        match self.id {
            Some(id) => bounded_id(format!("{kind}:{id}{detail}")),
            None => bounded_id(format!("{kind}:{}{detail}", digest(self.body))),
        }
    }

    fn event(&self, id: String, kind: EventKind) -> AgentEvent {
        let (recipient, handover) = self.address.map_or((None, None), |address| {
            let (recipient, handover) = self.policy.thread.recipient(address);
            (Some(recipient), handover)
        });
        AgentEvent {
            id,
            recipient,
            handover,
            conversation_id: self.conversation.map(String::from),
            time: self.time.and_then(time::parse),
            kind,
        }
    }
}

fn reasons(message: OpenOutboundNormalizedMessage<'_>) -> Vec<String> {
    message
        .reasons()
        .filter_map(|reason| match (reason.code(), reason.message()) {
            (Some(code), Some(words)) => Some(format!("{code}: {words}")),
            (one, other) => one.or(other).map(String::from),
        })
        .collect()
}
