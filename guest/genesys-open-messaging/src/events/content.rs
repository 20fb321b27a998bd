//! Maps the parts of a message: to types of the contract, and to plain text for channels that show nothing else.

use crate::wire::outbound as wire;
use alloc::{format, string::String, vec, vec::Vec};
use handover_guest::clip::clip;
use handover_guest::contract::*;
use handover_guest::plain_text::{self, lines};
use handover_guest::time;

/// Maps a part to the contract's types. Most parts map to one value, a part with several quick replies to several, and
/// text to none. A part without its essential fields maps to [`Content::Other`] with the name of its kind.
pub(super) fn typed(part: wire::Content<'_>) -> Vec<Content> {
    let kind = part.content_type();
    // A part without a `contentType` has the type of the field that it contains.
    let is = |name| kind.is_none_or(|kind| kind == name);
    if let Some(replies) = part.quick_reply_v2().filter(|_| is("QuickReplyV2")) {
        let replies: Vec<_> = replies.actions().filter_map(quick_reply).map(Content::QuickReply).collect();
        if !replies.is_empty() || !said(part).is_empty() {
            return replies;
        }
    }
    if is("Text") && part.text().is_some() {
        return Vec::new();
    }
    let typed = None
        .or_else(|| part.attachment().filter(|_| is("Attachment")).and_then(attachment).map(Content::Attachment))
        .or_else(|| part.quick_reply().filter(|_| is("QuickReply")).and_then(quick_reply).map(Content::QuickReply))
        .or_else(|| part.card().filter(|_| is("Card")).and_then(card).map(Content::Card))
        .or_else(|| part.carousel().filter(|_| is("Carousel")).and_then(carousel).map(Content::Carousel))
        .or_else(|| part.date_picker().filter(|_| is("DatePicker")).and_then(date_picker).map(Content::DatePicker))
        .or_else(|| part.list_picker().filter(|_| is("ListPicker")).and_then(list_picker).map(Content::ListPicker))
        .or_else(|| part.location().filter(|_| is("Location")).and_then(location).map(Content::Location))
        .or_else(|| part.template().filter(|_| is("Notification")).and_then(template).map(Content::Template))
        .or_else(|| part.rich_link().filter(|_| is("RichLink")).and_then(rich_link).map(Content::Card));
    vec![typed.unwrap_or_else(|| Content::Other(clip(kind.unwrap_or("unnamed"))))]
}

/// Returns the lines that a part adds to the message's text: its own text, or the question above several quick replies
/// or a list.
fn said<'d>(part: wire::Content<'d>) -> Vec<&'d str> {
    let kind = part.content_type();
    let is = |name| kind.is_none_or(|kind| kind == name);
    let list = part.list_picker().filter(|_| is("ListPicker")).and_then(wire::ListPicker::received_message);
    let of_list = list.into_iter().flat_map(|question| [question.header(), question.title(), question.subtitle()]);
    let of_replies = part.quick_reply_v2().filter(|_| is("QuickReplyV2")).and_then(wire::QuickReplyV2::title);
    let words = part.text().filter(|_| is("Text"));
    of_replies.into_iter().chain(of_list.flatten()).chain(words).collect()
}

/// Returns the text of a message: its own text and the lines that its parts add, without duplicates.
pub(super) fn text<'d>(own: Option<&'d str>, parts: impl Iterator<Item = wire::Content<'d>>) -> Option<String> {
    let mut lines: Vec<&str> = Vec::new();
    for line in own.into_iter().chain(parts.flat_map(said)) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Maps a link with text to a card with one button.
fn rich_link(link: wire::RichLink<'_>) -> Option<Card> {
    let url = owned(link.url())?;
    let text = owned(link.url_label()).unwrap_or_else(|| url.clone());
    let header = link.header();
    let is_text = header.is_some_and(|header| header.kind().is_none_or(|kind| kind == "Text"));
    let header = header.and_then(|header| owned(header.value()));
    let (title, image) = if is_text { (header, None) } else { (None, header) };
    let below = lines([owned(link.text()), owned(link.footer())]);
    Some(Card {
        title: title.unwrap_or_default(),
        description: Some(below).filter(|below| !below.is_empty()),
        image,
        default_action: None,
        buttons: vec![Button { text, action: ButtonAction::Link(url), image: None }],
    })
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(String::from)
}

fn attachment(file: wire::Attachment<'_>) -> Option<Attachment> {
    Some(Attachment {
        kind: match file.media_type() {
            Some("Image") => MediaKind::Image,
            Some("Video") => MediaKind::Video,
            Some("Audio") => MediaKind::Audio,
            Some("Link") => MediaKind::Link,
            _ => MediaKind::File,
        },
        url: owned(file.url())?,
        mime_type: owned(file.mime()),
        filename: owned(file.filename()),
        caption: owned(file.text()),
        size: file.content_size_bytes(),
        sha256: owned(file.sha256()),
    })
}

fn quick_reply(reply: wire::QuickReply<'_>) -> Option<Button> {
    button(reply.text(), reply.payload(), owned(reply.image()))
}

/// Creates an answer button. If its text or its payload is missing, the other one replaces it.
fn button(text: Option<&str>, payload: Option<&str>, image: Option<String>) -> Option<Button> {
    let (text, payload) = (text.or(payload)?, payload.or(text)?);
    Some(Button { text: text.into(), action: ButtonAction::Answer(payload.into()), image })
}

fn card_action(action: wire::CardAction<'_>) -> Option<Button> {
    match (action.kind(), action.url()) {
        (Some("Link") | None, Some(url)) => {
            let text = action.text().unwrap_or(url).into();
            Some(Button { text, action: ButtonAction::Link(url.into()), image: None })
        }
        (Some("Link"), None) => None,
        _ => button(action.text(), action.payload(), None),
    }
}

fn card(card: wire::Card<'_>) -> Option<Card> {
    let card = Card {
        title: owned(card.title()).unwrap_or_default(),
        description: owned(card.description()),
        image: owned(card.image()),
        default_action: card.default_action().and_then(card_action),
        buttons: card.actions().filter_map(card_action).collect(),
    };
    let empty = card.title.is_empty()
        && card.description.is_none()
        && card.image.is_none()
        && card.default_action.is_none()
        && card.buttons.is_empty();
    (!empty).then_some(card)
}

/// Maps the members of a list. Returns `None` if no member is left.
fn filled<T, U>(members: impl Iterator<Item = T>, read: impl Fn(T) -> Option<U>) -> Option<Vec<U>> {
    let members: Vec<_> = members.filter_map(read).collect();
    (!members.is_empty()).then_some(members)
}

fn carousel(carousel: wire::Carousel<'_>) -> Option<Vec<Card>> {
    filled(carousel.cards(), card)
}

fn date_picker(picker: wire::DatePicker<'_>) -> Option<DatePicker> {
    let slot = |time: wire::AvailableTime<'_>| {
        let duration = time.duration().and_then(|seconds| u32::try_from(seconds).ok());
        Some(TimeSlot { start: time.date_time().and_then(time::parse)?, duration_seconds: duration })
    };
    let picker = DatePicker {
        title: owned(picker.title()),
        subtitle: owned(picker.subtitle()),
        image: owned(picker.image_url()),
        earliest: picker.date_minimum().and_then(time::parse),
        latest: picker.date_maximum().and_then(time::parse),
        slots: filled(picker.available_times(), slot).unwrap_or_default(),
    };
    let choice = !picker.slots.is_empty() || picker.earliest.is_some() || picker.latest.is_some();
    choice.then_some(picker)
}

fn list_picker(picker: wire::ListPicker<'_>) -> Option<Vec<ListSection>> {
    let item = |item: wire::Item<'_>| {
        Some(ListItem {
            id: item.id().or(item.title())?.into(),
            title: item.title().or(item.id())?.into(),
            subtitle: owned(item.subtitle()),
            image: owned(item.image_url()),
        })
    };
    filled(picker.sections(), |section| {
        let items = filled(section.items(), item)?;
        Some(ListSection { title: owned(section.title()), multiple: section.multiple_selection(), items })
    })
}

fn location(place: wire::Location<'_>) -> Option<Location> {
    Some(Location {
        latitude: place.latitude()?,
        longitude: place.longitude()?,
        address: owned(place.address()),
        name: owned(place.text()),
        url: owned(place.url()),
    })
}

fn template(template: wire::Template<'_>) -> Option<Template> {
    let words = |part: Option<wire::Words<'_>>| owned(part.and_then(wire::Words::text));
    Some(Template {
        id: owned(template.id()),
        language: owned(template.language()),
        header: words(template.header()),
        body: words(template.body())?,
        footer: words(template.footer()),
    })
}

/// Returns a message as plain text: its text, then its parts. Empty only if it has neither.
pub(super) fn plain(text: Option<&str>, parts: &[(Content, wire::Content<'_>)]) -> String {
    // A canned message contains its text twice.
    let said_again =
        |content: &Content| matches!(content, Content::Template(template) if Some(template.body.as_str()) == text);
    let text = text.filter(|_| !parts.iter().any(|(content, _)| said_again(content))).map(String::from);
    let parts = parts.iter().map(|(content, part)| part_as_text(content, *part));
    text.into_iter().chain(parts).collect::<Vec<_>>().join("\n")
}

/// Returns a part as plain text, which is never empty.
fn part_as_text(content: &Content, part: wire::Content<'_>) -> String {
    match content {
        Content::Template(_) => {
            let buttons = part.template().into_iter().flat_map(wire::Template::buttons);
            lines([plain_text::of(content)].into_iter().chain(buttons.map(|button| owned(button.text()))))
        }
        Content::Other(kind) => {
            // A kind that is newer than this provider may contain a plain text.
            let words = owned(part.text()).or_else(|| announced(part)).or_else(|| incomplete(part));
            words.unwrap_or_else(|| format!("[{kind}]"))
        }
        _ => plain_text::of(content).unwrap_or_default(),
    }
}

/// Returns the texts that announce a kind of content that the contract has no type for.
fn announced(part: wire::Content<'_>) -> Option<String> {
    let parts = [part.story(), part.interactive_application(), part.form(), part.payment_request()];
    let titles = |titles: Option<wire::Titles<'_>>| {
        let titles = titles?;
        Some(lines([owned(titles.header()), owned(titles.title()), owned(titles.subtitle())]))
            .filter(|said| !said.is_empty())
    };
    let said = lines(parts.into_iter().flatten().flat_map(|part| {
        [owned(part.name()), titles(part.introduction()), titles(part.received_message()), owned(part.url())]
    }));
    Some(said).filter(|said| !said.is_empty())
}

/// Returns the texts of a part that lacks its essential fields, such as a picker without times or a file without a URL.
fn incomplete(part: wire::Content<'_>) -> Option<String> {
    let mut said = Vec::new();
    if let Some(file) = part.attachment() {
        said.extend([file.text(), file.filename()]);
    }
    if let Some(picker) = part.date_picker() {
        said.extend([picker.title(), picker.subtitle()]);
    }
    if let Some(picker) = part.list_picker() {
        said.extend(picker.sections().map(wire::Section::title));
    }
    if let Some(place) = part.location() {
        said.extend([place.text(), place.address(), place.url()]);
    }
    if let Some(template) = part.template() {
        let words = [template.header(), template.body(), template.footer()];
        said.extend(words.into_iter().map(|words| words.and_then(wire::Words::text)));
    }
    let said = lines(said.into_iter().map(owned));
    Some(said).filter(|said| !said.is_empty())
}
