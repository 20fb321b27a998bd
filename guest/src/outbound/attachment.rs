//! A file of the user's, as Genesys fetches it.

use super::{given, invalid, media_type};
use crate::contract::*;
use crate::public_url::{self, PublicUrl};
use crate::wire::inbound as wire;

/// Bytes of a file that Genesys takes ("Supported content profiles" of the Resource Center: 25 MB).
const LARGEST: u64 = 25_000_000;
/// Bytes of an address, as it is sent. Genesys documents no limit; presigned addresses have several thousand.
const LONGEST_URL: usize = 8192;

pub(super) fn attachment(file: &Attachment) -> Result<wire::Attachment<'_>, Unsupported> {
    let given_url = Some(file.url.trim()).filter(|url| !url.chars().any(char::is_control));
    let url = given_url.map(public_url::encoded).filter(|url| is_fetchable(url)).ok_or_else(|| {
        invalid("attachment.url", "an http or https address without user name, of at most 8192 bytes")
    })?;
    if file.size.is_some_and(|size| size > LARGEST) {
        return Err(invalid("attachment.size", "at most 25 000 000 bytes"));
    }
    let sha256 = given(&file.sha256);
    if sha256.is_some_and(|hash| hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(invalid("attachment.sha256", "64 hexadecimal digits"));
    }
    let filename = given(&file.filename);
    // Genesys requires one (`OpenContentAttachment`).
    let mime = given(&file.mime).unwrap_or_else(|| media_type::guess(file.kind, filename, file.url.trim()));
    let media_type = match (file.kind, given(&file.mime)) {
        (MediaKind::Link, _) => "Link",
        (kind, None) => media_kind(kind),
        (_, Some(mime)) => kind_of(mime),
    };
    Ok(wire::Attachment { media_type, url, mime, filename, sha256 })
}

fn media_kind(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "Image",
        MediaKind::Video => "Video",
        MediaKind::Audio => "Audio",
        MediaKind::File => "File",
        MediaKind::Link => "Link",
    }
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

/// Genesys fetches it itself, without credentials.
fn is_fetchable(url: &str) -> bool {
    url.len() <= LONGEST_URL
        && PublicUrl::parse(url).is_some()
        && !url.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_anybody_can_fetch_is_sent() {
        for url in ["https://files.example.com/a.pdf", "HTTP://files.example.com:8080?x=1", "https://[::1]/ä"] {
            assert!(is_fetchable(url), "{url}");
        }
        for url in [
            "",
            "files.example.com",
            "file:///etc/passwd",
            "data:text/plain,hi",
            "https://",
            "https:///a",
            "https://ada:secret@example.com/",
            "https://example.com/a b",
            "ftp://example.com/",
            "https://example.com\\a",
            "https://exam ple.com/",
        ] {
            assert!(!is_fetchable(url), "{url}");
        }
    }

    #[test]
    fn the_kind_follows_from_the_mime_type() {
        assert_eq!(
            ["image/png", "Video/mp4", "audio/ogg", "application/pdf", "image"].map(kind_of),
            ["Image", "Video", "Audio", "File", "File"]
        );
    }
}
