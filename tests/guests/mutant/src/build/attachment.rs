//! Faults in attachments.

use super::{Built, insert, replace, sound};
use crate::fault::on;
use crate::json::quoted;
use alloc::{format, vec::Vec};
use handover_guest::contract::*;

/// What the sound provider takes, until it is put back.
const ADDRESS: &str = "https://anything.example/that-can-be-fetched";
const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

pub(crate) fn build(settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    let OutboundMessage::Attachment(file) = &mut message.message else {
        return sound(settings, conversation, message);
    };
    refused(file)?;
    let before = file.clone();
    taken(file);
    let mut requests = sound(settings, conversation, message)?;
    if on("build: the rest of a caption gets lost") {
        requests.truncate(1);
    }
    for request in &mut requests {
        replace(request, ADDRESS, quoted(&before.url).trim_matches('"'));
        replace(request, HASH, before.sha256.as_deref().unwrap_or_default());
        if on("build: the kind tells the media type") {
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
        if let Some(caption) = before.caption.as_deref().filter(|_| on("build: the caption is the file's")) {
            insert(request, r#""attachment":{"#, &format!(r#""text":{},"#, quoted(caption)));
        }
        if on("build: empty captions are sent") && before.caption.as_deref().unwrap_or_default().trim().is_empty() {
            insert(request, "{", r#""text":"","#);
        }
    }
    Ok(requests)
}

/// What should not be refused.
fn refused(file: &Attachment) -> Result<(), Unsupported> {
    let field = match () {
        () if on("build: no @ in an address") && file.url.contains('@') => "attachment.url",
        () if on("build: https and nothing else") && !file.url.starts_with("https://") => "attachment.url",
        () if on("build: no blank in an address") && file.url.contains(' ') => "attachment.url",
        () if on("build: no long address") && file.url.len() > 2048 => "attachment.url",
        () if on("build: a link needs a type") && file.mime_type.is_none() => "attachment.mime",
        () => return Ok(()),
    };
    Err(Unsupported::Invalid(InvalidField { field: field.into(), expected: "something else".into() }))
}

/// What should be refused.
fn taken(file: &mut Attachment) {
    if on("build: any address can be fetched") {
        file.url = ADDRESS.into();
    }
    if on("build: files of any size") {
        file.size = None;
    }
    if on("build: any text is a hash") && file.sha256.as_deref().is_some_and(|hash| !hash.is_empty()) {
        file.sha256 = Some(HASH.into());
    }
    if on("build: a file without a type is bytes") && file.kind != MediaKind::Link {
        let given = file.mime_type.take().filter(|mime| !mime.trim().is_empty());
        file.mime_type = given.or(Some("application/octet-stream".into()));
    }
    if on("build: the caption is the file's") {
        file.caption = None;
    }
}
