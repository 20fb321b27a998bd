//! Faults in attachments.

use super::{Built, call_original, insert, replace};
use crate::fault::on;
use crate::json::quoted;
use alloc::{format, vec::Vec};
use handover_guest::contract::*;

/// Replaces the URL, because the original provider refuses some. The result contains the original URL.
const URL: &str = "https://anything.example/that-can-be-fetched";

/// Replaces the hash, because the original provider refuses some. The result contains the original hash.
const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

pub(crate) fn build(settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    let OutboundMessage::Attachment(file) = &mut message.message else {
        return call_original(settings, conversation, message);
    };
    refuse(file)?;
    let before = file.clone();
    accept(file);
    let mut requests = call_original(settings, conversation, message)?;
    if on("build: the rest of a caption is dropped") {
        requests.truncate(1);
    }
    for request in &mut requests {
        replace(request, URL, quoted(&before.url).trim_matches('"'));
        replace(request, HASH, before.sha256.as_deref().unwrap_or_default());
        if on("build: the kind determines the media type") {
            let kind = match before.kind {
                MediaKind::Image => "Image",
                MediaKind::Video => "Video",
                MediaKind::Audio => "Audio",
                MediaKind::File => "File",
                MediaKind::Link => "Link",
            };
            for other in ["Image", "Video", "Audio", "File", "Link"] {
                replace(request, &format!(r#""mediaType":"{other}""#), &format!(r#""mediaType":"{kind}""#));
            }
        }
        if let Some(size) = before.size.filter(|_| on("build: the size is sent")) {
            insert(request, r#""attachment":{"#, &format!(r#""contentSizeBytes":{size},"#));
        }
        if let Some(caption) = before.caption.as_deref().filter(|_| on("build: the caption is part of the attachment"))
        {
            insert(request, r#""attachment":{"#, &format!(r#""text":{},"#, quoted(caption)));
        }
        if on("build: empty captions are sent") && before.caption.as_deref().unwrap_or_default().trim().is_empty() {
            insert(request, "{", r#""text":"","#);
        }
    }
    Ok(requests)
}

/// Refuses valid attachments.
fn refuse(file: &Attachment) -> Result<(), Unsupported> {
    let field = match () {
        () if on("build: a URL with an at sign is refused") && file.url.contains('@') => "attachment.url",
        () if on("build: only https URLs are accepted") && !file.url.starts_with("https://") => "attachment.url",
        () if on("build: a URL with a space is refused") && file.url.contains(' ') => "attachment.url",
        () if on("build: a URL of more than 2048 bytes is refused") && file.url.len() > 2048 => "attachment.url",
        () if on("build: a link requires a media type") && file.mime_type.is_none() => "attachment.mime",
        () => return Ok(()),
    };
    Err(Unsupported::Invalid(InvalidField { field: field.into(), expected: "something else".into() }))
}

/// Makes invalid attachments acceptable to the original provider.
fn accept(file: &mut Attachment) {
    if on("build: any URL is accepted") {
        file.url = URL.into();
    }
    if on("build: any file size is accepted") {
        file.size = None;
    }
    if on("build: any text is accepted as a hash") && file.sha256.as_deref().is_some_and(|hash| !hash.is_empty()) {
        file.sha256 = Some(HASH.into());
    }
    if on("build: a file without a type becomes application/octet-stream") && file.kind != MediaKind::Link {
        let given = file.mime_type.take().filter(|mime| !mime.trim().is_empty());
        file.mime_type = given.or(Some("application/octet-stream".into()));
    }
    if on("build: the caption is part of the attachment") {
        file.caption = None;
    }
}
