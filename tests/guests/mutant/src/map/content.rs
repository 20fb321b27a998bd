//! Faults in the parts of a message.

use crate::fault::on;
use crate::json::quoted;
use alloc::{format, string::String};
use handover_guest::contract::*;

pub(super) fn change_message(message: &mut AgentMessage, body: &str) {
    if on("map: unknown message parts are dropped") {
        message.content.retain(|part| !matches!(part, Content::Other(_)));
    }
    if on("map: the plain text is only the text") {
        message.plain_text = message.text.clone().unwrap_or_default();
    }
    if on("map: message parts are reversed") {
        message.content.reverse();
    }
    for part in &mut message.content {
        match part {
            Content::Attachment(file) => attachment(file),
            Content::QuickReply(reply) => button(reply, body),
            Content::Card(card) => {
                if on("map: a card requires a title") && card.title.is_empty() {
                    *part = Content::Other("Card".into());
                    continue;
                }
                self::card(card, body);
            }
            Content::Carousel(cards) => {
                if on("map: a card requires a title") {
                    cards.retain(|card| !card.title.is_empty());
                }
                cards.iter_mut().for_each(|card| self::card(card, body));
            }
            Content::DatePicker(picker) => date_picker(picker),
            Content::ListPicker(sections) => list_picker(sections),
            Content::Location(place) => location(place),
            Content::Template(template) => {
                if on("map: the id and language of a template are dropped") {
                    (template.id, template.language) = (None, None);
                }
            }
            Content::Other(_) => {}
        }
    }
}

/// Applies the faults in pictures.
fn picture(image: &mut Option<String>) {
    if on("map: pictures are dropped") {
        *image = None;
    }
}

fn attachment(file: &mut Attachment) {
    if on("map: only the URL of a file is kept") {
        (file.mime_type, file.filename, file.caption, file.size, file.sha256) = (None, None, None, None, None);
    }
}

fn button(button: &mut Button, body: &str) {
    picture(&mut button.image);
    let has_payload = |payload: &str| body.contains(&format!("\"payload\":{}", quoted(payload)));
    match &mut button.action {
        ButtonAction::Answer(payload) => {
            if on("map: a button without a payload has an empty answer") && !has_payload(payload) {
                payload.clear();
            }
        }
        ButtonAction::Link(url) if on("map: a link becomes an answer") => {
            button.action = ButtonAction::Answer(core::mem::take(url));
        }
        ButtonAction::Link(_) => {}
    }
}

fn card(card: &mut Card, body: &str) {
    picture(&mut card.image);
    card.default_action.iter_mut().chain(&mut card.buttons).for_each(|action| button(action, body));
}

fn date_picker(picker: &mut DatePicker) {
    picture(&mut picker.image);
    if on("map: date picker times are in seconds") {
        let slots = picker.slots.iter_mut().map(|slot| &mut slot.start);
        slots.chain(&mut picker.earliest).chain(&mut picker.latest).for_each(|time| *time /= 1000);
    }
}

fn list_picker(sections: &mut [ListSection]) {
    for item in sections.iter_mut().flat_map(|section| &mut section.items) {
        picture(&mut item.image);
        if on("map: the title of a list item is its id") {
            item.id.clone_from(&item.title);
        }
    }
}

fn location(place: &mut Location) {
    if on("map: degrees are truncated to integers") {
        place.latitude = truncated(place.latitude);
        place.longitude = truncated(place.longitude);
    }
}

/// Truncates a number. `f64::trunc` requires `std`.
fn truncated(number: f64) -> f64 {
    f64::from(number as i32)
}
