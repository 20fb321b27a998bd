//! Structured parts of messages as plain text, for channels that show nothing else.

use crate::contract::{Button, ButtonAction, Card, Content, Timestamp};
use crate::time;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

/// Returns a part as plain text, or `None` for a kind that the contract has no type for.
#[must_use]
pub fn of(content: &Content) -> Option<String> {
    Some(match content {
        Content::Attachment(file) => lines([
            file.caption.clone(),
            Some(file.filename.as_ref().map_or_else(|| file.url.clone(), |name| format!("{name}: {}", file.url))),
        ]),
        Content::QuickReply(button) => button_as_text(button),
        Content::Card(card) => card_as_text(card),
        Content::Carousel(cards) => lines(cards.iter().map(|card| Some(card_as_text(card)))),
        Content::DatePicker(picker) => {
            let slots = picker.slots.iter().map(|slot| minute(slot.start));
            let bounds = [("from", picker.earliest), ("until", picker.latest)];
            let bounds = bounds.into_iter().filter(|_| picker.slots.is_empty());
            let bounds = bounds.map(|(word, time)| Some(format!("{word} {}", minute(time?)?)));
            lines([picker.title.clone(), picker.subtitle.clone()].into_iter().chain(slots).chain(bounds))
        }
        Content::ListPicker(sections) => lines(sections.iter().flat_map(|section| {
            let items = section.items.iter().map(|item| Some(named(&item.title, item.subtitle.as_deref())));
            [section.title.clone()].into_iter().chain(items)
        })),
        Content::Location(place) => {
            let degrees = || format!("{}, {}", place.latitude, place.longitude);
            let has_words = place.name.is_some() || place.address.is_some() || place.url.is_some();
            lines([place.name.clone(), place.address.clone(), place.url.clone(), (!has_words).then(degrees)])
        }
        Content::Template(template) => {
            lines([template.header.clone(), Some(template.body.clone()), template.footer.clone()])
        }
        Content::Other(_) => return None,
    })
}

/// Joins the lines that are present.
pub fn lines(lines: impl IntoIterator<Item = Option<String>>) -> String {
    lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn named(name: &str, more: Option<&str>) -> String {
    more.map_or_else(|| name.to_string(), |more| format!("{name}: {more}"))
}

fn button_as_text(button: &Button) -> String {
    match &button.action {
        ButtonAction::Answer(_) => button.text.clone(),
        ButtonAction::Link(url) if url.is_empty() || *url == button.text => button.text.clone(),
        ButtonAction::Link(url) => named(&button.text, Some(url)),
    }
}

fn card_as_text(card: &Card) -> String {
    let title = Some(card.title.clone()).filter(|title| !title.is_empty());
    let buttons = card.buttons.iter().chain(&card.default_action).map(|button| Some(button_as_text(button)));
    let mut said: Vec<_> = [title, card.description.clone()].into_iter().chain(buttons).flatten().collect();
    said.extend(card.image.clone().filter(|_| said.is_empty()));
    said.join("\n")
}

/// Formats a time for people, to the minute.
fn minute(time: Timestamp) -> Option<String> {
    let time = time::format(time)?;
    Some(format!("{} {} UTC", time.get(..10)?, time.get(11..16)?))
}
