//! The messages for the user, in Genesys's form. What Genesys cannot show becomes plain text.

use crate::wire::answer as wire;
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use bot_connector_guest::contract::BotMessage;
use handover_guest::contract::*;
use handover_guest::plain_text;

const TEXT: &str = "Text";
const STRUCTURED: &str = "Structured";

/// Returns the messages. Files are attachments only if `has_attachments`.
pub(crate) fn replies(messages: &[BotMessage], has_attachments: bool) -> Vec<wire::ReplyMessage<'_>> {
    let mut replies = Vec::new();
    for message in messages {
        Replies { replies: &mut replies, has_attachments }.add(message);
    }
    replies
}

/// A text without parts.
pub(crate) fn text<'a>(text: &str) -> wire::ReplyMessage<'a> {
    wire::ReplyMessage { kind: TEXT, text: text.into(), content: vec![] }
}

struct Replies<'r, 'a> {
    replies: &'r mut Vec<wire::ReplyMessage<'a>>,
    has_attachments: bool,
}

impl<'a> Replies<'_, 'a> {
    /// Adds a message. Its quick replies become one message with its text; every other part is a message of its own.
    fn add(&mut self, message: &'a BotMessage) {
        let quick_replies = quick_replies(&message.content);
        let question = message.text.as_deref().filter(|text| !text.is_empty());
        if let Some(question) = question.filter(|_| quick_replies.is_empty()) {
            self.replies.push(text(question));
        }
        for part in &message.content {
            if quick_replies.is_empty() || quick_reply(part).is_none() {
                self.add_part(part);
            }
        }
        if !quick_replies.is_empty() {
            let labels = || quick_replies.iter().map(|reply| reply.text).collect::<Vec<_>>().join("\n");
            let text = question.map_or_else(labels, ToString::to_string);
            let content = |quick_reply| wire::Content::QuickReply { quick_reply };
            self.push(text, quick_replies.iter().copied().map(content).collect());
        }
    }

    fn push(&mut self, text: String, content: Vec<wire::Content<'a>>) {
        self.replies.push(wire::ReplyMessage { kind: STRUCTURED, text, content });
    }

    fn add_part(&mut self, part: &'a Content) {
        let plain = plain_text::of(part).unwrap_or_default();
        match part {
            Content::Card(given) => match cards(core::slice::from_ref(given)).and_then(|mut cards| cards.pop()) {
                Some(card) => self.push(plain, vec![wire::Content::Card { card }]),
                None => self.add_plain(plain),
            },
            Content::Carousel(given) => match cards(given).filter(|cards| !cards.is_empty()) {
                Some(cards) => self.push(plain, vec![wire::Content::Carousel { carousel: wire::Carousel { cards } }]),
                None => self.add_plain(plain),
            },
            Content::Attachment(file) if self.has_attachments => {
                let attachment = attachment(file, self.replies.len() + 1);
                let (text, content) =
                    (file.caption.clone().unwrap_or_default(), vec![wire::Content::Attachment { attachment }]);
                self.replies.push(wire::ReplyMessage { kind: TEXT, text, content });
            }
            _ => self.add_plain(plain),
        }
    }

    fn add_plain(&mut self, plain: String) {
        if !plain.is_empty() {
            self.replies.push(wire::ReplyMessage { kind: TEXT, text: plain, content: vec![] });
        }
    }
}

/// Returns a part as a quick reply. One that opens a URL is none: Genesys's always send an answer.
fn quick_reply(part: &Content) -> Option<wire::QuickReply<'_>> {
    match part {
        Content::QuickReply(Button { text, action: ButtonAction::Answer(payload), image }) => {
            let (text, payload) = label_and_payload(text, payload)?;
            Some(wire::QuickReply { text, payload, image: image.as_deref() })
        }
        _ => None,
    }
}

/// Genesys requires both. If one is empty, the other stands for it.
fn label_and_payload<'a>(text: &'a str, payload: &'a str) -> Option<(&'a str, &'a str)> {
    match (text.is_empty(), payload.is_empty()) {
        (false, false) => Some((text, payload)),
        (false, true) => Some((text, text)),
        (true, false) => Some((payload, payload)),
        (true, true) => None,
    }
}

/// Returns the quick replies of a message, or none if two are the same.
fn quick_replies(parts: &[Content]) -> Vec<wire::QuickReply<'_>> {
    let found: Vec<_> = parts.iter().filter_map(quick_reply).collect();
    let are_different = all_different(found.iter().map(|reply| (reply.text, reply.payload)));
    if are_different { found } else { Vec::new() }
}

/// Returns cards, or `None` if one of them lacks a title or buttons, if a button lacks its label or its effect, or if two
/// buttons are the same.
fn cards(cards: &[Card]) -> Option<Vec<wire::Card<'_>>> {
    let cards: Vec<_> = cards.iter().map(card).collect::<Option<_>>()?;
    let buttons = cards.iter().flat_map(|card| &card.actions).map(|action| match action {
        wire::CardAction::Link { text, payload, .. } => (*text, *payload),
        wire::CardAction::Postback { text, payload } => (*text, *payload),
    });
    all_different(buttons).then_some(cards)
}

fn card(card: &Card) -> Option<wire::Card<'_>> {
    let actions: Vec<_> = card.buttons.iter().map(action).collect::<Option<_>>()?;
    let is_complete = !card.title.is_empty() && !actions.is_empty();
    is_complete.then(|| wire::Card {
        title: &card.title,
        description: card.description.as_deref(),
        image: card.image.as_deref(),
        default_action: card.default_action.as_ref().and_then(action),
        actions,
    })
}

fn action(button: &Button) -> Option<wire::CardAction<'_>> {
    match &button.action {
        ButtonAction::Link(url) => {
            let (text, url) = label_and_payload(&button.text, url).filter(|_| !url.is_empty())?;
            Some(wire::CardAction::Link { text, url, payload: url })
        }
        ButtonAction::Answer(payload) => {
            let (text, payload) = label_and_payload(&button.text, payload)?;
            Some(wire::CardAction::Postback { text, payload })
        }
    }
}

/// Genesys refuses a message with two buttons that have the same text and payload.
fn all_different<'a>(buttons: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
    let mut seen = Vec::new();
    buttons.into_iter().all(|button| {
        let is_new = !seen.contains(&button);
        seen.push(button);
        is_new
    })
}

fn attachment(file: &Attachment, number: usize) -> wire::Attachment<'_> {
    let in_url = || file.url.split(['?', '#']).next()?.rsplit('/').next().filter(|name| !name.is_empty());
    wire::Attachment {
        id: format!("{number}"),
        media_type: match file.kind {
            MediaKind::Image => "Image",
            MediaKind::Video => "Video",
            MediaKind::Audio => "Audio",
            MediaKind::File => "File",
            MediaKind::Link => "Link",
        },
        url: &file.url,
        filename: file.filename.as_deref().or_else(in_url).unwrap_or("file"),
        mime: file.mime_type.as_deref(),
        sha256: file.sha256.as_deref(),
        content_size_bytes: file.size,
    }
}
