//! Reads single settings.

use handover_guest::contract::*;
use handover_guest::settings;

/// Returns the first nonempty value of a key, trimmed, and its index.
pub(super) fn find<'a>(settings: &'a [Setting], key: &str) -> Option<(u32, &'a str)> {
    let (index, setting) = (0..).zip(settings).find(|(_, setting)| setting.key == key && !setting.value.is_empty())?;
    Some((index, setting.value.trim()))
}

pub(super) fn text<'a>(settings: &'a [Setting], key: &str) -> Option<&'a str> {
    find(settings, key).map(|(_, value)| value).filter(|value| !value.is_empty())
}

/// Reads a boolean. Several values or any other word are an error.
pub(super) fn switch(settings: &[Setting], key: &str) -> Result<Option<bool>, Unusable> {
    let mut values = settings.iter().filter(|setting| setting.key == key && !setting.value.is_empty());
    match (values.next().map(|setting| setting.value.as_str()), values.next()) {
        (None, _) => Ok(None),
        (Some("false"), None) => Ok(Some(false)),
        (Some("true"), None) => Ok(Some(true)),
        _ => Err(Unusable),
    }
}

pub(super) fn number(entered: &[Setting], key: &str, range: IntegerRange) -> Result<Option<i64>, Unusable> {
    text(entered, key).map(|digits| settings::integer(digits, range).ok_or(Unusable)).transpose()
}

/// Splits `name=value`. The value may be empty or contain further equals signs.
pub(super) fn split_attribute(entry: &str) -> Option<(&str, &str)> {
    let (name, value) = entry.split_once('=')?;
    Some((name.trim(), value.trim())).filter(|(name, _)| !name.is_empty())
}

/// Returns whether the parameters of the AI Copilot link can be appended to a URL.
pub(super) fn is_copilot_url(url: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split('/').next());
    host.is_some_and(|host| !host.is_empty() && !host.contains('@'))
        && url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'\\'))
}

/// The settings cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusable;
