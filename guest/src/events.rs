//! What happened at Genesys, from the bytes that told it.

use crate::clip::clip;
use crate::contract::*;
use crate::time;
use crate::wire::outbound::{Content as WireContent, Event as WireEvent, OpenOutboundNormalizedMessage};
use alloc::{format, string::String, vec, vec::Vec};
use core::fmt::Write;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};

/// How long a typing indicator lasts when Genesys does not say, in milliseconds: what it says everywhere else.
const TYPING: u32 = 5000;
/// Bytes of an event's id (contract, `agent-event.id`).
const LONGEST_ID: usize = 512;

/// Maps what came from any source.
pub fn map(source: &EventSource) -> Result<Vec<AgentEvent>, Malformed> {
    match source {
        EventSource::Webhook(body) => webhook(body),
        EventSource::EventBus(body) => not_yet(body, "events of an event bus"),
        EventSource::Trigger(body) => not_yet(body, "callbacks of a trigger"),
        EventSource::Notification(body) => not_yet(body, "notifications"),
    }
}

fn not_yet(body: &[u8], what: &str) -> Result<Vec<AgentEvent>, Malformed> {
    grammar(text(body)?)?;
    Ok(vec![nameless(body, format!("this version does not read {what}"))])
}

fn webhook(body: &[u8]) -> Result<Vec<AgentEvent>, Malformed> {
    let text = text(body)?;
    match serde_json::from_str(text) {
        Ok(message) => Ok(Webhook { message: &message, body }.events()),
        // An object may have no reading all the same: a member twice, half of a surrogate pair.
        Err(error) => {
            grammar(text)?;
            let why = format!("JSON without a clear meaning at line {}, column {}", error.line(), error.column());
            Ok(vec![nameless(body, why)])
        }
    }
}

fn text(body: &[u8]) -> Result<&str, Malformed> {
    if body.is_empty() {
        return Err(Malformed::Empty);
    }
    let text = core::str::from_utf8(body).map_err(|error| Malformed::NotUtf8(error.valid_up_to() as u64))?;
    // RFC 8259, section 2: blank space may stand before the value.
    match text.trim_start_matches([' ', '\t', '\n', '\r']).chars().next() {
        Some('{') => Ok(text),
        // A number or a string may still be broken; only what is JSON is told that it should be an object.
        _ => Err(grammar(text).err().unwrap_or(Malformed::NotAnObject)),
    }
}

/// Whether a text is JSON by the grammar alone, whatever is in it and however deep.
fn grammar(text: &str) -> Result<(), Malformed> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ()).map_err(|error| {
        let lines_before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        Malformed::NotJson((lines_before + error.column().saturating_sub(1)) as u64)
    })
}

/// One webhook, while it is being mapped.
struct Webhook<'a> {
    message: &'a OpenOutboundNormalizedMessage<'a>,
    body: &'a [u8],
}

impl Webhook<'_> {
    fn events(&self) -> Vec<AgentEvent> {
        let message = self.message;
        match message.kind.get() {
            Some("Text" | "Structured") => vec![self.message()],
            Some("Event") => self.happenings(),
            Some("Receipt") => vec![self.receipt()],
            Some(other) => vec![self.ignored(format!("type {}", clip(other)))],
            None if message.events.objects().next().is_some() => self.happenings(),
            None => vec![self.message()],
        }
    }

    fn message(&self) -> AgentEvent {
        let message = self.message;
        if message.direction.get() == Some("Inbound") {
            return self.ignored("the echo of a message of ours".into());
        }
        let parts = || message.content.objects();
        if message.text.get().is_none() && parts().next().is_none() {
            return self.ignored("a message without text or content".into());
        }
        // Answers and receipts refer to it, so it has one.
        let told = message.id.get().or_else(|| message.channel.get()?.message_id.get());
        let id = told.map_or_else(|| digest(self.body), String::from);
        let content = parts().map(content).collect();
        let plain = message.text.get().map(String::from).into_iter().chain(parts().map(plain));
        let plain = plain.collect::<Vec<_>>().join("\n");
        let author = match message.originating_entity.get() {
            Some("Human") => Author::Human,
            Some("Bot") => Author::Bot,
            _ => Author::Unknown,
        };
        let text = message.text.get().map(String::from);
        let message = AgentMessage { id, author, agent: None, text, content, plain };
        self.event(self.id("message", ""), EventKind::Message(message))
    }

    fn happenings(&self) -> Vec<AgentEvent> {
        let events: Vec<_> =
            (0..).zip(self.message.events.objects()).map(|(number, event)| self.happening(number, event)).collect();
        if events.is_empty() { vec![self.ignored("an event without events".into())] } else { events }
    }

    fn happening(&self, number: u32, event: &WireEvent<'_>) -> AgentEvent {
        match event.event_type.get() {
            Some(_) if self.message.direction.get() == Some("Inbound") => {
                let id = self.id("event", &format!(":{number}"));
                self.event(id, EventKind::Ignored("the echo of an event of ours".into()))
            }
            Some("Typing") => {
                let typing = event.typing.get();
                let off = typing.is_some_and(|typing| typing.kind.get() == Some("Off"));
                let told = typing.and_then(|typing| typing.duration.get());
                let lasts = told.map_or(TYPING, |duration| u32::try_from(duration).unwrap_or(u32::MAX));
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
        let status = message.status.get().unwrap_or("");
        let time = message.channel.get().and_then(|channel| channel.time.get()).unwrap_or("");
        let id = self.id("receipt", &format!(":{status}:{time}"));
        if message.direction.get() == Some("Outbound") {
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
        let ours = message.channel.get().and_then(|channel| channel.message_id.get());
        let Some(ours) = ours else {
            return self.event(id, EventKind::Ignored("a receipt that names no message of ours".into()));
        };
        // A message that was split is several at Genesys, numbered behind the mark.
        let whole = ours.split_once('#').map_or(ours, |(whole, _)| whole);
        let receipt = MessageReceipt { message: whole.into(), status, final_: message.is_final_receipt.get() };
        self.event(id, EventKind::Receipt(receipt))
    }

    fn ignored(&self, why: String) -> AgentEvent {
        self.event(self.id("ignored", ""), EventKind::Ignored(why))
    }

    /// The event's id: the same for the same thing delivered again. Genesys gives an event and a message ids of one
    /// kind, and a message and its receipts the same one, so the kind is part of it.
    fn id(&self, kind: &str, detail: &str) -> String {
        match self.message.id.get() {
            Some(id) => bounded(format!("{kind}:{id}{detail}")),
            None => bounded(format!("{kind}:{}{detail}", digest(self.body))),
        }
    }

    fn event(&self, id: String, kind: EventKind) -> AgentEvent {
        let channel = self.message.channel.get();
        // What is about our message has the user where our message had: on the sending side.
        let user = channel.and_then(|channel| match (self.message.direction.get(), self.message.kind.get()) {
            (Some("Inbound"), _) | (None, Some("Receipt")) => channel.from.get(),
            _ => channel.to.get(),
        });
        AgentEvent {
            id,
            recipient: user.and_then(|user| user.id.get()).map(String::from),
            conversation: self.message.conversation_id.get().map(String::from),
            time: channel.and_then(|channel| channel.time.get()).and_then(time::parse),
            kind,
        }
    }
}

/// An event of which nothing is known but its bytes.
fn nameless(body: &[u8], why: String) -> AgentEvent {
    let id = format!("ignored:{}", digest(body));
    AgentEvent { id, recipient: None, conversation: None, time: None, kind: EventKind::Ignored(why) }
}

/// An event's id within the contract's bound, whatever it is made of.
pub(crate) fn bounded(id: String) -> String {
    if id.len() <= LONGEST_ID { id } else { format!("digest:{}", digest(id.as_bytes())) }
}

fn digest(body: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(body) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn content(part: &WireContent<'_>) -> Content {
    let named = part.content_type.get();
    if let Some(attachment) = part.attachment.get()
        && let Some(url) = attachment.url.get()
        && matches!(named, Some("Attachment") | None)
    {
        let owned = |text: Option<&str>| text.map(String::from);
        return Content::Attachment(Attachment {
            kind: match attachment.media_type.get() {
                Some("Image") => MediaKind::Image,
                Some("Video") => MediaKind::Video,
                Some("Audio") => MediaKind::Audio,
                Some("Link") => MediaKind::Link,
                _ => MediaKind::File,
            },
            url: url.into(),
            mime: owned(attachment.mime.get()),
            filename: owned(attachment.filename.get()),
            caption: owned(attachment.text.get()),
            size: attachment.content_size_bytes.get(),
            sha256: owned(attachment.sha256.get()),
        });
    }
    Content::Other(clip(named.unwrap_or("unnamed")))
}

/// A part of a message as text; never empty.
fn plain(part: &WireContent<'_>) -> String {
    let told = |words: &[Option<&str>]| {
        let words: Vec<_> = words.iter().copied().flatten().collect();
        (!words.is_empty()).then(|| words.join("\n"))
    };
    let attachment = part.attachment.get().and_then(|attachment| {
        let (caption, url) = (attachment.text.get(), attachment.url.get());
        match (attachment.filename.get(), url) {
            (Some(name), Some(url)) => told(&[caption, Some(&format!("{name}: {url}"))]),
            (name, url) => told(&[caption, name.or(url)]),
        }
    });
    let button = || part.quick_reply.get().and_then(|button| told(&[button.text.get()]));
    let card = || part.card.get().and_then(|card| told(&[card.title.get(), card.description.get()]));
    let kind = || format!("[{}]", clip(part.content_type.get().unwrap_or("unnamed")));
    attachment.or_else(button).or_else(card).or_else(|| told(&[part.text.get()])).unwrap_or_else(kind)
}

fn reasons(message: &OpenOutboundNormalizedMessage<'_>) -> Vec<String> {
    message
        .reasons
        .objects()
        .filter_map(|reason| match (reason.code.get(), reason.message.get()) {
            (Some(code), Some(words)) => Some(format!("{code}: {words}")),
            (one, other) => one.or(other).map(String::from),
        })
        .collect()
}
