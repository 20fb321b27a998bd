//! Supported content profiles: which media types may pass ("Resource Center: supported content profiles").

/// Whether one of `patterns` (`*/*`, `image/*`, `image/png`) covers `mime`.
pub(crate) fn allows(patterns: &[String], mime: &str) -> bool {
    let essence = mime.split(';').next().unwrap_or("").trim().to_lowercase();
    patterns.iter().any(|pattern| match pattern.to_lowercase().split_once('/') {
        Some(("*", "*")) => true,
        Some((family, "*")) => essence.split_once('/').is_some_and(|(actual, _)| actual == family),
        _ => pattern.to_lowercase() == essence,
    })
}

/// The `mediaType` of an attachment, by its MIME type.
pub(crate) fn media_type(mime: &str) -> &'static str {
    match mime.split('/').next().unwrap_or("").to_lowercase().as_str() {
        "image" => "Image",
        "video" => "Video",
        "audio" => "Audio",
        _ => "File",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_types() {
        let of =
            |patterns: &[&str], mime: &str| allows(&patterns.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>(), mime);
        assert!(of(&["*/*"], "application/pdf"));
        assert!(of(&["image/*"], "image/PNG"));
        assert!(of(&["image/png"], "image/png; q=1"));
        assert!(!of(&["image/*"], "imagery/png"));
        assert!(!of(&["image/png"], "image/jpeg"));
        assert!(!of(&[], "image/jpeg"));
    }
}
