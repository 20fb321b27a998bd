//! `POST …/structured`: the structured messages of flows, and agents' canned responses with a template. The shapes
//! follow "Open Messaging API: structured messages". Unconfirmed: whether Open Messaging supports list pickers,
//! locations and notifications.

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cloud::Cloud;
use crate::desk::messages::{Draft, Sender, check_text, send};
use crate::desk::request::{Body, DeskError, DeskResult};
use crate::state::conversations::{MessageType, Originator};

/// The type of a field.
enum Kind {
    /// A string that is not empty.
    Text,
    /// A string, which may be empty.
    AnyText,
    /// A point in time.
    Time,
    Number,
    Flag,
    OneOf(&'static [&'static str]),
    Object(&'static Shape),
    /// A list with at least one item.
    List(&'static Shape),
}

/// The fields of an object. Unknown fields are rejected, to detect misspelled names.
struct Shape {
    required: &'static [(&'static str, Kind)],
    optional: &'static [(&'static str, Kind)],
}

const QUICK_REPLY: Shape = Shape {
    required: &[("text", Kind::Text), ("payload", Kind::Text)],
    optional: &[("action", Kind::OneOf(&["Message"])), ("image", Kind::Text)],
};

const CARD_ACTION: Shape = Shape {
    required: &[("type", Kind::OneOf(&["Link", "Postback"])), ("text", Kind::Text)],
    optional: &[("payload", Kind::Text), ("url", Kind::Text)],
};

const CARD: Shape = Shape {
    required: &[("title", Kind::Text)],
    optional: &[
        ("description", Kind::AnyText),
        ("image", Kind::Text),
        ("defaultAction", Kind::Object(&CARD_ACTION)),
        ("actions", Kind::List(&CARD_ACTION)),
    ],
};

const CAROUSEL: Shape = Shape { required: &[("cards", Kind::List(&CARD))], optional: &[] };

const LOCATION: Shape = Shape {
    required: &[("latitude", Kind::Number), ("longitude", Kind::Number)],
    optional: &[("address", Kind::Text), ("text", Kind::Text), ("url", Kind::Text)],
};

const AVAILABLE_TIME: Shape = Shape { required: &[("dateTime", Kind::Time)], optional: &[("duration", Kind::Number)] };

const DATE_PICKER: Shape = Shape {
    required: &[("title", Kind::Text), ("availableTimes", Kind::List(&AVAILABLE_TIME))],
    optional: &[
        ("subtitle", Kind::Text),
        ("imageUrl", Kind::Text),
        ("dateMinimum", Kind::Time),
        ("dateMaximum", Kind::Time),
        ("location", Kind::Object(&LOCATION)),
    ],
};

const LIST_ITEM: Shape = Shape {
    required: &[("id", Kind::Text), ("title", Kind::Text)],
    optional: &[("subtitle", Kind::Text), ("imageUrl", Kind::Text)],
};

const LIST_SECTION: Shape = Shape {
    required: &[("items", Kind::List(&LIST_ITEM))],
    optional: &[("title", Kind::Text), ("multipleSelection", Kind::Flag)],
};

const LIST_MESSAGE: Shape =
    Shape { required: &[("title", Kind::Text)], optional: &[("subtitle", Kind::Text), ("imageUrl", Kind::Text)] };

const LIST_PICKER: Shape = Shape {
    required: &[("sections", Kind::List(&LIST_SECTION))],
    optional: &[
        ("id", Kind::Text),
        ("replyMessage", Kind::Object(&LIST_MESSAGE)),
        ("receivedMessage", Kind::Object(&LIST_MESSAGE)),
    ],
};

const PARAMETER: Shape = Shape { required: &[("name", Kind::Text), ("text", Kind::Text)], optional: &[] };

const TEMPLATE_HEADER: Shape = Shape {
    required: &[("type", Kind::OneOf(&["Text"])), ("text", Kind::Text)],
    optional: &[("parameters", Kind::List(&PARAMETER))],
};

const TEMPLATE_BODY: Shape =
    Shape { required: &[("text", Kind::Text)], optional: &[("parameters", Kind::List(&PARAMETER))] };

const TEMPLATE_FOOTER: Shape = Shape { required: &[("text", Kind::Text)], optional: &[] };

const TEMPLATE: Shape = Shape {
    required: &[("body", Kind::Object(&TEMPLATE_BODY))],
    optional: &[
        ("id", Kind::Text),
        ("language", Kind::Text),
        ("header", Kind::Object(&TEMPLATE_HEADER)),
        ("footer", Kind::Object(&TEMPLATE_FOOTER)),
    ],
};

/// Each `contentType` with the name and the shape of its field.
const CONTENT: [(&str, &str, &Shape); 7] = [
    ("QuickReply", "quickReply", &QUICK_REPLY),
    ("Card", "card", &CARD),
    ("Carousel", "carousel", &CAROUSEL),
    ("DatePicker", "datePicker", &DATE_PICKER),
    ("ListPicker", "listPicker", &LIST_PICKER),
    ("Location", "location", &LOCATION),
    ("Notification", "template", &TEMPLATE),
];

/// The body of `…/structured`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Structured {
    content: Vec<Value>,
    text: Option<String>,
    #[serde(rename = "as")]
    sender: Option<Sender>,
}

/// `POST …/structured`. Agents send only canned responses, and flows send only the other content types.
pub(crate) async fn structured(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
    Body(body): Body<Structured>,
) -> DeskResult {
    let content_type = check_content(&body.content).map_err(DeskError::BadRequest)?;
    let (sender, originator, rule) = match content_type {
        "Notification" => (Sender::Human, Originator::Human, "an agent sends"),
        _ => (Sender::Bot, Originator::Bot, "a flow sends"),
    };
    if body.sender.is_some_and(|requested| requested != sender) {
        return Err(DeskError::BadRequest(format!("`as` is wrong: {rule} {content_type}")));
    }
    if let Some(text) = &body.text {
        check_text(text)?;
    }
    send(&cloud, &id, Draft { kind: MessageType::Structured, text: body.text, content: body.content, originator })
}

/// Returns the `contentType` that all items have. An error contains the path of the invalid field.
fn check_content(content: &[Value]) -> Result<&'static str, String> {
    let mut only = None;
    for (index, item) in content.iter().enumerate() {
        let at = format!("content[{index}]");
        let item = item.as_object().ok_or_else(|| format!("`{at}` must be an object"))?;
        let requested = item.get("contentType").and_then(Value::as_str).unwrap_or_default();
        let found = CONTENT.iter().find(|(content_type, ..)| *content_type == requested);
        let (content_type, field, shape) = *found.ok_or_else(|| {
            let known: Vec<_> = CONTENT.iter().map(|(content_type, ..)| *content_type).collect();
            format!("`{at}.contentType` must be one of {}", known.join(", "))
        })?;
        if let Some(other) = item.keys().find(|key| *key != "contentType" && *key != field) {
            return Err(format!("`{at}` knows no `{other}`"));
        }
        let value = item.get(field).ok_or_else(|| format!("`{at}.{field}` is missing"))?;
        check_object(value, shape, &format!("{at}.{field}"))?;
        match only.replace(content_type) {
            Some(before) if before != content_type => return Err(format!("{before} and {content_type} do not mix")),
            Some("QuickReply") | None => {}
            Some(_) => return Err(format!("there can be only one {content_type}")),
        }
    }
    only.ok_or_else(|| "`content` must not be empty".to_owned())
}

fn check_object(value: &Value, shape: &Shape, at: &str) -> Result<(), String> {
    let fields: &Map<String, Value> = value.as_object().ok_or_else(|| format!("`{at}` must be an object"))?;
    for (name, kind) in shape.required {
        let value = fields.get(*name).ok_or_else(|| format!("`{at}.{name}` is missing"))?;
        check(value, kind, &format!("{at}.{name}"))?;
    }
    for (name, kind) in shape.optional {
        if let Some(value) = fields.get(*name) {
            check(value, kind, &format!("{at}.{name}"))?;
        }
    }
    let is_known = |key: &str| shape.required.iter().chain(shape.optional).any(|(name, _)| *name == key);
    match fields.keys().find(|key| !is_known(key)) {
        Some(unknown) => Err(format!("`{at}` knows no `{unknown}`")),
        None => Ok(()),
    }
}

fn check(value: &Value, kind: &Kind, at: &str) -> Result<(), String> {
    let must = |what: &str| Err(format!("`{at}` must be {what}"));
    match kind {
        Kind::Text if value.as_str().is_none_or(str::is_empty) => must("a text"),
        Kind::AnyText if !value.is_string() => must("a text"),
        Kind::Number if !value.is_number() => must("a number"),
        Kind::Flag if !value.is_boolean() => must("true or false"),
        Kind::Time if value.as_str().is_none_or(|text| text.parse::<jiff::Timestamp>().is_err()) => {
            must("a time, such as 2026-03-05T12:00:00.000Z")
        }
        Kind::OneOf(choices) if value.as_str().is_none_or(|text| !choices.contains(&text)) => {
            must(&format!("one of {}", choices.join(", ")))
        }
        Kind::Object(shape) => check_object(value, shape, at),
        Kind::List(shape) => match value.as_array().map(Vec::as_slice) {
            None | Some([]) => must("a list that is not empty"),
            Some(items) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| check_object(item, shape, &format!("{at}[{index}]"))),
        },
        _ => Ok(()),
    }
}
