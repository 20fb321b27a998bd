//! Media type patterns of supported content profiles ("Resource Center: supported content profiles").

/// Whether one of `patterns` (`*/*`, `image/*`, `image/png`) matches `mime`.
pub(crate) fn allows(patterns: &[String], mime: &str) -> bool {
    let essence = mime.split(';').next().unwrap_or("").trim().to_lowercase();
    patterns.iter().any(|pattern| match pattern.to_lowercase().split_once('/') {
        Some(("*", "*")) => true,
        Some((family, "*")) => essence.split_once('/').is_some_and(|(actual, _)| actual == family),
        _ => pattern.to_lowercase() == essence,
    })
}

/// Returns the `mediaType` of an attachment with this MIME type.
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
    fn matches_media_type_patterns() {
        let matches =
            |patterns: &[&str], mime: &str| allows(&patterns.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>(), mime);
        assert!(matches(&["*/*"], "application/pdf"));
        assert!(matches(&["image/*"], "image/PNG"));
        assert!(matches(&["image/png"], "image/png; q=1"));
        assert!(!matches(&["image/*"], "imagery/png"));
        assert!(!matches(&["image/png"], "image/jpeg"));
        assert!(!matches(&[], "image/jpeg"));
    }
}
