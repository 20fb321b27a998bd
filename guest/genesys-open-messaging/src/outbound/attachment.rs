//! Converts a file of the user to an attachment that Genesys fetches.

use super::fields::given;
use super::media_type;
use crate::public_url::fetchable;
use crate::wire::inbound as wire;
use handover_guest::contract::*;
use handover_guest::outbound::invalid;

/// The maximum size of a file that Genesys accepts, in bytes ("Supported content profiles" of the Resource Center: 25
/// MB).
const MAX_BYTES: u64 = 25_000_000;

pub(super) fn attachment(file: &Attachment) -> Result<wire::Attachment<'_>, Unsupported> {
    let url = fetchable(&file.url).ok_or_else(|| {
        let expected = "an http or https address without user name, of at most 8192 bytes, with a host in ASCII";
        invalid("attachment.url", expected)
    })?;
    if file.size.is_some_and(|size| size > MAX_BYTES) {
        return Err(invalid("attachment.size", "at most 25 000 000 bytes"));
    }
    let sha256 = given(&file.sha256);
    if sha256.is_some_and(|hash| hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(invalid("attachment.sha256", "64 hexadecimal digits"));
    }
    let filename = given(&file.filename);
    // Genesys requires a MIME type (`OpenContentAttachment`).
    let mime = given(&file.mime_type).filter(|mime| media_type::is_media_type(mime));
    let mime = mime.unwrap_or_else(|| media_type::guess(file.kind, filename, file.url.trim()));
    let media_type = if file.kind == MediaKind::Link { "Link" } else { kind_of(mime) };
    Ok(wire::Attachment { media_type, url, mime, filename, sha256 })
}

fn kind_of(mime: &str) -> &'static str {
    let kind = |prefix: &str| mime.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    match () {
        () if kind("image/") => "Image",
        () if kind("video/") => "Video",
        () if kind("audio/") => "Audio",
        () => "File",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derives_the_kind_from_the_mime_type() {
        assert_eq!(
            ["image/png", "Video/mp4", "audio/ogg", "application/pdf", "image"].map(kind_of),
            ["Image", "Video", "Audio", "File", "File"]
        );
    }
}
