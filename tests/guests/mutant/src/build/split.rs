//! Faults in splitting long texts.

use super::{Built, body_text, call_original, replace};
use crate::fault::on;
use crate::settings::{forget, values};
use alloc::{format, string::String, vec::Vec};
use handover_guest::contract::*;

pub(crate) fn build(mut settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    if on("build: the text-limit is ignored") {
        forget(&mut settings, "text-limit");
    }
    if on("build: attributes on every message")
        && let OutboundMessage::Text(text) = &message.message
    {
        let routing = Routing { queue: None, language: None, skills: Vec::new(), priority: None };
        message.message = OutboundMessage::Start(HandoverStart {
            profile: None,
            summary: None,
            user_id: None,
            session_id: None,
            transcript: Vec::new(),
            delivered_until: None,
            routing,
            attributes: Vec::new(),
            text: Some(text.clone()),
        });
    }
    let limit = values(&settings, "text-limit").next().and_then(|digits| digits.parse().ok()).unwrap_or(5000);
    let pieces = match &message.message {
        OutboundMessage::Text(text) if (100..=10_000).contains(&limit) => {
            Split::faulty().map(|split| pieces(text, limit, &split)).filter(|pieces| !pieces.is_empty())
        }
        _ => None,
    };
    let mut requests = match pieces {
        None => call_original(settings, conversation, message)?,
        Some(pieces) => parts(&settings, &conversation, &message, pieces)?,
    };
    unify_parts(&mut requests);
    Ok(requests)
}

/// Gives all parts the time or the id of the first part.
pub(crate) fn unify_parts(requests: &mut [ProviderRequest]) {
    let Some((first, rest)) = requests.split_first_mut() else { return };
    let time = |request: &ProviderRequest| crate::json::member(&body_text(request), "time").map(String::from);
    for request in rest {
        if on("build: all parts have the same time")
            && let (Some(first), Some(own)) = (time(first), time(request))
        {
            replace(request, &own, &first);
        }
        if on("build: all parts have the same id") {
            replace(request, &request.idempotency_key.clone(), &first.idempotency_key);
        }
    }
}

/// Builds the requests for the pieces of a text.
fn parts(settings: &[Setting], conversation: &Conversation, message: &Outbound, pieces: Vec<String>) -> Built {
    let mut parts = Vec::new();
    for (number, piece) in (0..).zip(pieces) {
        let part = Outbound {
            id: message.id.clone(),
            time: message.time.saturating_add(number),
            message: OutboundMessage::Text(piece),
        };
        for mut request in call_original(settings.to_vec(), conversation.clone(), part)? {
            if number > 0 {
                let id = format!("{}#{}", message.id, number + 1);
                replace(&mut request, &format!("\"messageId\":\"{}\"", message.id), &format!("\"messageId\":\"{id}\""));
                request.idempotency_key = id;
            }
            parts.push(request);
        }
    }
    Ok(parts)
}

/// A way to split a text.
struct Split {
    measure: fn(char) -> usize,
    /// The minimum position of a space to split at, in percent of the piece. `None` ignores spaces.
    min_space_percent: Option<usize>,
    keeps_space: bool,
}

impl Split {
    /// Returns the faulty way to split, if such a fault is on.
    fn faulty() -> Option<Self> {
        let split = Self { measure: |_| 1, min_space_percent: Some(50), keeps_space: false };
        match () {
            () if on("build: the limit counts bytes") => Some(Self { measure: char::len_utf8, ..split }),
            () if on("build: the limit counts UTF-16 code units") => Some(Self { measure: char::len_utf16, ..split }),
            () if on("build: the limit counts code points") => Some(split),
            () if on("build: texts are split within words") => Some(Self { min_space_percent: None, ..split }),
            () if on("build: texts are split at any space") => Some(Self { min_space_percent: Some(0), ..split }),
            () if on("build: the space at the split is kept") => Some(Self { keeps_space: true, ..split }),
            () => None,
        }
    }
}

fn pieces(text: &str, limit: usize, split: &Split) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut size = 0;
        let end = rest.char_indices().find(|(_, c)| {
            size += (split.measure)(*c);
            size > limit
        });
        let (piece, after) = match end {
            None => (rest, ""),
            Some((end, _)) => {
                let whole = rest.get(..end).unwrap_or(rest);
                let space = split
                    .min_space_percent
                    .filter(|_| !rest.get(end..).is_some_and(|r| r.starts_with(' ')))
                    .and_then(|percent| {
                        let at = whole.rfind('\n').or_else(|| whole.rfind(' '))?;
                        Some(at).filter(|at| *at >= whole.len() * percent / 100)
                    });
                rest.split_at(space.unwrap_or(end))
            }
        };
        let (piece, after) = match (split.keeps_space, end) {
            (true, _) | (_, None) => (piece, after),
            (false, Some(_)) => (piece.trim_end(), after.trim_start()),
        };
        // Whitespace at the start would make an empty piece, and the loop would never end.
        let (piece, after) =
            if piece.is_empty() { rest.split_at(end.map_or(rest.len(), |(end, _)| end)) } else { (piece, after) };
        if !piece.trim().is_empty() {
            pieces.push(piece.into());
        }
        rest = after;
    }
    pieces
}
