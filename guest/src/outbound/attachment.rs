//! A file of the user's, as Genesys fetches it.

use super::{given, invalid};
use crate::contract::*;
use crate::wire::inbound as wire;

/// Bytes of a file that Genesys takes ("Supported content profiles" of the Resource Center: 25 MB).
const LARGEST: u64 = 25_000_000;
/// Bytes of an address; Genesys documents no limit, and nothing needs more.
const LONGEST_URL: usize = 2048;

pub(super) fn attachment(file: &Attachment) -> Result<wire::Attachment<'_>, Unsupported> {
    if !is_fetchable(&file.url) {
        return Err(invalid("attachment.url", "an http or https address without user name, of at most 2048 bytes"));
    }
    if file.size.is_some_and(|size| size > LARGEST) {
        return Err(invalid("attachment.size", "at most 25 000 000 bytes"));
    }
    let sha256 = given(&file.sha256);
    if sha256.is_some_and(|hash| hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(invalid("attachment.sha256", "64 hexadecimal digits"));
    }
    let (media_type, mime) = match (file.kind, given(&file.mime)) {
        (MediaKind::Link, mime) => ("Link", mime.unwrap_or("text/html")),
        (_, Some(mime)) => (media_type(mime), mime),
        (_, None) => return Err(invalid("attachment.mime", "a MIME type; Genesys requires one")),
    };
    Ok(wire::Attachment { media_type, url: &file.url, mime, filename: given(&file.filename), sha256 })
}

fn media_type(mime: &str) -> &'static str {
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
    let scheme = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let rest = ["https://", "http://"].into_iter().find(|known| scheme(known)).and_then(|known| url.get(known.len()..));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("");
    url.len() <= LONGEST_URL
        && !host.is_empty()
        && !host.contains('@')
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
        ] {
            assert!(!is_fetchable(url), "{url}");
        }
    }

    #[test]
    fn the_kind_follows_from_the_mime_type() {
        assert_eq!(
            ["image/png", "Video/mp4", "audio/ogg", "application/pdf", "image"].map(media_type),
            ["Image", "Video", "Audio", "File", "File"]
        );
    }
}
