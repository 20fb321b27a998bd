//! Guesses the MIME type of a file that has none.

use handover_guest::contract::MediaKind;

/// File name extensions and their types (IANA media types). Any other file has the default type of its kind.
const TYPES: &[(&str, &str)] = &[
    ("aac", "audio/aac"),
    ("amr", "audio/amr"),
    ("avi", "video/x-msvideo"),
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("m4a", "audio/mp4"),
    ("m4v", "video/mp4"),
    ("md", "text/markdown"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("mpg", "video/mpeg"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("ogv", "video/ogg"),
    ("opus", "audio/ogg"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("rtf", "application/rtf"),
    ("svg", "image/svg+xml"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("txt", "text/plain"),
    ("vcf", "text/vcard"),
    ("wav", "audio/wav"),
    ("weba", "audio/webm"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
    ("3gp", "video/3gpp"),
];

/// Guesses the type of a file from its name, otherwise from the last segment of its URL, otherwise from its kind.
pub(super) fn guess(kind: MediaKind, filename: Option<&str>, url: &str) -> &'static str {
    if kind == MediaKind::Link {
        // A link leads to a web page, whatever its URL looks like.
        return "text/html";
    }
    filename.and_then(by_ending).or_else(|| by_ending(path(url))).unwrap_or(match kind {
        MediaKind::Image => "image/jpeg",
        MediaKind::Video => "video/mp4",
        MediaKind::Audio => "audio/mpeg",
        MediaKind::File | MediaKind::Link => "application/octet-stream",
    })
}

/// Returns whether a text is a MIME type: a type and a subtype (RFC 6838, section 4.2), optionally with parameters.
/// File extensions such as `jpg` and ranges such as `image/*` are not MIME types.
pub(super) fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or("").trim();
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    essence.split_once('/').is_some_and(|(top, sub)| is_name(top) && is_name(sub))
}

fn by_ending(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    TYPES.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)).map(|(_, media_type)| *media_type)
}

/// Returns the last segment of a URL's path, without query and fragment.
fn path(url: &str) -> &str {
    let path = url.split(['?', '#']).next().unwrap_or("");
    let behind_scheme = path.split_once("://").map_or(path, |(_, rest)| rest);
    behind_scheme.rsplit_once('/').map_or("", |(_, segment)| segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_file_extensions_and_media_ranges() {
        for text in ["image/png", "application/vnd.ms-excel", "text/plain; charset=utf-8", "image/svg+xml"] {
            assert!(is_media_type(text), "{text}");
        }
        for text in ["", "jpg", ".jpg", "image", "image/", "/png", "image/*", "*/*", "image/p ng", "a/b/c"] {
            assert!(!is_media_type(text), "{text}");
        }
    }

    #[test]
    fn guesses_from_the_name_then_the_url_then_the_kind() {
        let url = "https://files.example.com/x.png?name=y.pdf";
        assert_eq!(guess(MediaKind::File, Some("Invoice.PDF"), url), "application/pdf");
        assert_eq!(guess(MediaKind::File, None, url), "image/png");
        assert_eq!(guess(MediaKind::File, Some("README"), "https://files.example.com/1"), "application/octet-stream");
        assert_eq!(guess(MediaKind::Image, Some("x.unheard-of"), "https://files.example.com"), "image/jpeg");
        assert_eq!(guess(MediaKind::Video, None, "https://files.example.com/"), "video/mp4");
        assert_eq!(guess(MediaKind::Audio, None, "https://files.mp3"), "audio/mpeg");
        assert_eq!(guess(MediaKind::Link, None, "https://example.com/a.png"), "text/html");
    }
}
