//! Faults in the parts of a message.

use crate::fault::on;
use crate::json::quoted;
use alloc::{format, string::String};
use handover_guest::contract::*;

pub(super) fn mistake(message: &mut AgentMessage, body: &str) {
    if on("map: what is not understood of a message gets lost") {
        message.content.retain(|part| !matches!(part, Content::Other(_)));
    }
    if on("map: a message's plain text is its text") {
        message.plain_text = message.text.clone().unwrap_or_default();
    }
    if on("map: parts in another order") {
        message.content.reverse();
    }
    for part in &mut message.content {
        match part {
            Content::Attachment(file) => attachment(file),
            Content::QuickReply(reply) => button(reply, body),
            Content::Card(card) => {
                if on("map: a card needs a title") && card.title.is_empty() {
                    *part = Content::Other("Card".into());
                    continue;
                }
                self::card(card, body);
            }
            Content::Carousel(cards) => {
                if on("map: a card needs a title") {
                    cards.retain(|card| !card.title.is_empty());
                }
                cards.iter_mut().for_each(|card| self::card(card, body));
            }
            Content::DatePicker(picker) => date_picker(picker),
            Content::ListPicker(sections) => list_picker(sections),
            Content::Location(place) => location(place),
            Content::Template(template) => {
                if on("map: a template has no name") {
                    (template.id, template.language) = (None, None);
                }
            }
            Content::Other(_) => {}
        }
    }
}

/// What is wrong with pictures.
fn picture(image: &mut Option<String>) {
    if on("map: pictures get lost") {
        *image = None;
    }
}

fn attachment(file: &mut Attachment) {
    if on("map: only the address of a file is told") {
        (file.mime_type, file.filename, file.caption, file.size, file.sha256) = (None, None, None, None, None);
    }
}

fn button(button: &mut Button, body: &str) {
    picture(&mut button.image);
    let told = |payload: &str| body.contains(&format!("\"payload\":{}", quoted(payload)));
    match &mut button.action {
        ButtonAction::Answer(payload) => {
            if on("map: a button without a payload answers nothing") && !told(payload) {
                payload.clear();
            }
        }
        ButtonAction::Link(url) if on("map: a link is an answer") => {
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
    if on("map: the times to choose from in seconds") {
        let slots = picker.slots.iter_mut().map(|slot| &mut slot.start);
        slots.chain(&mut picker.earliest).chain(&mut picker.latest).for_each(|time| *time /= 1000);
    }
}

fn list_picker(sections: &mut [ListSection]) {
    for item in sections.iter_mut().flat_map(|section| &mut section.items) {
        picture(&mut item.image);
        if on("map: what is chosen is called as it is shown") {
            item.id.clone_from(&item.title);
        }
    }
}

fn location(place: &mut Location) {
    if on("map: degrees in whole numbers") {
        place.latitude = truncated(place.latitude);
        place.longitude = truncated(place.longitude);
    }
}

/// `f64::trunc` is not there without `std`.
fn truncated(number: f64) -> f64 {
    f64::from(number as i32)
}
