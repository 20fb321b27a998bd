//! Faults in cutting long texts.

use super::{Built, replace, said, sound};
use crate::fault::on;
use crate::settings::{forget, values};
use alloc::{format, string::String, vec::Vec};
use handover_guest::contract::*;

pub(crate) fn build(mut settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    if on("build: the text-limit is not looked at") {
        forget(&mut settings, "text-limit");
    }
    if on("build: attributes on every message")
        && let OutboundMessage::Text(text) = &message.message
    {
        let routing = Routing { queue: None, language: None, skills: Vec::new(), priority: None };
        message.message = OutboundMessage::Start(HandoverStart {
            profile: None,
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
    let cut = match &message.message {
        OutboundMessage::Text(text) if (100..=10_000).contains(&limit) => {
            Cut::wrong().map(|cut| pieces(text, limit, &cut)).filter(|pieces| !pieces.is_empty())
        }
        _ => None,
    };
    let mut requests = match cut {
        None => sound(settings, conversation, message)?,
        Some(pieces) => parts(&settings, &conversation, &message, pieces)?,
    };
    alike(&mut requests);
    Ok(requests)
}

/// What is wrong with the names of the parts.
pub(crate) fn alike(requests: &mut [ProviderRequest]) {
    let Some((first, rest)) = requests.split_first_mut() else { return };
    let time = |request: &ProviderRequest| crate::json::member(&said(request), "time").map(String::from);
    for request in rest {
        if on("build: all parts have one time")
            && let (Some(first), Some(own)) = (time(first), time(request))
        {
            replace(request, &own, &first);
        }
        if on("build: all parts have one id") {
            replace(request, &request.idempotency_key.clone(), &first.idempotency_key);
        }
    }
}

/// The requests for a text that is cut already.
fn parts(settings: &[Setting], conversation: &Conversation, message: &Outbound, pieces: Vec<String>) -> Built {
    let mut parts = Vec::new();
    for (number, piece) in (0..).zip(pieces) {
        let part = Outbound {
            id: message.id.clone(),
            time: message.time.saturating_add(number),
            message: OutboundMessage::Text(piece),
        };
        for mut request in sound(settings.to_vec(), conversation.clone(), part)? {
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

/// How to cut.
struct Cut {
    measure: fn(char) -> usize,
    /// The part of a piece, in percent, behind which a blank is a place to cut; `None` where blanks are not looked for.
    blanks_behind: Option<usize>,
    keeps_blank: bool,
}

impl Cut {
    /// The wrong way that is on.
    fn wrong() -> Option<Self> {
        let cut = Self { measure: |_| 1, blanks_behind: Some(50), keeps_blank: false };
        match () {
            () if on("build: bytes are counted") => Some(Self { measure: char::len_utf8, ..cut }),
            () if on("build: UTF-16 units are counted") => Some(Self { measure: char::len_utf16, ..cut }),
            () if on("build: code points are taken for characters") => Some(cut),
            () if on("build: texts are cut within words") => Some(Self { blanks_behind: None, ..cut }),
            () if on("build: texts are cut at any blank") => Some(Self { blanks_behind: Some(0), ..cut }),
            () if on("build: the blank at the cut is kept") => Some(Self { keeps_blank: true, ..cut }),
            () => None,
        }
    }
}

fn pieces(text: &str, limit: usize, cut: &Cut) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut size = 0;
        let end = rest.char_indices().find(|(_, c)| {
            size += (cut.measure)(*c);
            size > limit
        });
        let (piece, after) = match end {
            None => (rest, ""),
            Some((end, _)) => {
                let whole = rest.get(..end).unwrap_or(rest);
                let blank = cut
                    .blanks_behind
                    .filter(|_| !rest.get(end..).is_some_and(|r| r.starts_with(' ')))
                    .and_then(|percent| {
                        let at = whole.rfind('\n').or_else(|| whole.rfind(' '))?;
                        Some(at).filter(|at| *at >= whole.len() * percent / 100)
                    });
                rest.split_at(blank.unwrap_or(end))
            }
        };
        let (piece, after) = match (cut.keeps_blank, end) {
            (true, _) | (_, None) => (piece, after),
            (false, Some(_)) => (piece.trim_end(), after.trim_start()),
        };
        // A blank at the very beginning would be cut off for ever.
        let (piece, after) =
            if piece.is_empty() { rest.split_at(end.map_or(rest.len(), |(end, _)| end)) } else { (piece, after) };
        if !piece.trim().is_empty() {
            pieces.push(piece.into());
        }
        rest = after;
    }
    pieces
}
