//! Checks the settings.

use super::form::form;
use super::keys::*;
use super::prepared::Prepared;
use alloc::{vec, vec::Vec};
use genesys_cloud::account::{self, CLIENT_ID, CLIENT_SECRET};
use handover_guest::contract::*;
use handover_guest::settings::{error, problems, value, warning};

/// The shortest secret without a warning. Genesys sends it in every request, and nothing else proves the sender.
const MIN_SECRET_CHARACTERS: usize = 16;
/// The longest name of an intent (Integrations API, `BotIntent.name`).
const MAX_NAME_CHARACTERS: usize = 100;

/// Checks settings. Returns all problems, or the origins and warnings of settings that can be used.
///
/// # Errors
/// All problems.
pub fn check(settings: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
    let form = form();
    let mut problems = problems(&form, settings);
    let region = account::check_region(settings, &mut problems);
    check_client(settings, &mut problems);
    for (index, setting) in (0..).zip(settings) {
        check_value(index, &setting.key, setting.value.trim(), &mut problems);
    }
    check_intents(settings, &mut problems);
    // Problems are in the order of the form, with unknown keys last.
    let place = |key: &str| form.iter().position(|field| field.key == key).unwrap_or(form.len());
    problems.sort_by_key(|problem| (place(&problem.key), problem.index));
    match region {
        Some(region) if problems.iter().all(|problem| problem.severity == Severity::Warning) => {
            let prepared = Prepared::of(settings);
            Ok(AcceptedSettings {
                prepared: prepared.seal(),
                origins: account::origins(region),
                headers: vec![prepared.header.to_ascii_lowercase()],
                signature: None,
                warnings: problems,
            })
        }
        _ => Err(problems),
    }
}

/// An OAuth client has an id and a secret.
fn check_client(settings: &[Setting], problems: &mut Vec<SettingsProblem>) {
    for (key, other) in [(CLIENT_ID, CLIENT_SECRET), (CLIENT_SECRET, CLIENT_ID)] {
        if value(settings, key).is_none() && value(settings, other).is_some() {
            problems.push(error(key, None, "The OAuth client needs it.", "Enter it, or leave both settings empty."));
        }
    }
}

fn check_value(index: u32, key: &str, value: &str, problems: &mut Vec<SettingsProblem>) {
    match key {
        _ if value.is_empty() => {}
        HEADER if !is_token(value) => problems.push(error(
            key,
            Some(index),
            "This is not the name of a header.",
            "Enter letters, digits and hyphens: the field name in the integration's credentials.",
        )),
        SECRET if value.bytes().any(|byte| !matches!(byte, b' '..=b'~')) => problems.push(error(
            key,
            Some(index),
            "The secret has characters that a header cannot have.",
            "Use visible ASCII characters, here and in the integration's credentials.",
        )),
        SECRET if value.len() < MIN_SECRET_CHARACTERS => problems.push(warning(
            key,
            index,
            "The secret is short and could be guessed.",
            "Use at least 16 random characters, here and in the integration's credentials.",
        )),
        HANDOVER_INTENT | TALKING_INTENT if value.chars().count() > MAX_NAME_CHARACTERS => {
            problems.push(error(key, Some(index), "The name is too long.", "Enter at most 100 characters."));
        }
        PLATFORM if value.chars().count() > MAX_NAME_CHARACTERS => {
            problems.push(error(key, Some(index), "The name is too long.", "Enter at most 100 characters."));
        }
        _ => {}
    }
}

/// The two intents must differ, because the flow has a path for each.
fn check_intents(settings: &[Setting], problems: &mut Vec<SettingsProblem>) {
    let prepared = Prepared::of(settings);
    if prepared.handover_intent == prepared.talking_intent {
        problems.push(error(
            TALKING_INTENT,
            (0..).zip(settings).find(|(_, setting)| setting.key == TALKING_INTENT).map(|(index, _)| index),
            "The intent of a handover has the same name.",
            "Enter another name.",
        ));
    }
}

/// Returns whether a text is a token (RFC 9110, section 5.6.2).
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use genesys_cloud::account::HOST;

    fn problems(entries: &[(&str, &str)]) -> Vec<(Severity, &'static str, Option<u32>)> {
        let settings: Vec<_> =
            entries.iter().map(|(key, value)| Setting { key: (*key).into(), value: (*value).into() }).collect();
        let problems = check(&settings).map_or_else(|problems| problems, |accepted| accepted.warnings);
        let known = [HOST, SECRET, HEADER, CLIENT_ID, CLIENT_SECRET, TALKING_INTENT, PLATFORM];
        let key = |key: &str| known.into_iter().find(|known| *known == key).expect("a known key");
        problems.into_iter().map(|problem| (problem.severity, key(&problem.key), problem.index)).collect()
    }

    const VALID: [(&str, &str); 2] = [(HOST, "mypurecloud.de"), (SECRET, "a-secret-of-16-or-more-chars")];

    #[test]
    fn the_examples_of_the_form_are_valid() {
        let examples: Vec<_> = form().into_iter().map(|f| Setting { key: f.key, value: f.example }).collect();
        let accepted = check(&examples).expect("the examples are valid");
        assert_eq!((accepted.warnings, accepted.headers), (vec![], vec!["verify-token".into()]));
    }

    #[test]
    fn a_region_and_a_secret_are_enough() {
        assert_eq!(problems(&VALID), []);
        assert_eq!(problems(&[]), [(Severity::Error, HOST, None), (Severity::Error, SECRET, None)]);
    }

    #[test]
    fn reports_every_problem() {
        let with = |more: &[(&str, &str)]| problems(&[&VALID[..], more].concat());
        assert_eq!(with(&[(SECRET, "another-secret-of-16")]), [], "a second secret, for a rotation");
        assert_eq!(with(&[(SECRET, "short")]), [(Severity::Warning, SECRET, Some(2))]);
        assert_eq!(with(&[(SECRET, "a-secret-with-an-\u{e4}")]), [(Severity::Error, SECRET, Some(2))]);
        assert_eq!(with(&[(HEADER, "a b")]), [(Severity::Error, HEADER, Some(2))]);
        assert_eq!(with(&[(CLIENT_ID, "id")]), [(Severity::Error, CLIENT_SECRET, None)]);
        assert_eq!(with(&[(CLIENT_SECRET, "secret")]), [(Severity::Error, CLIENT_ID, None)]);
        assert_eq!(with(&[(TALKING_INTENT, "handover")]), [(Severity::Error, TALKING_INTENT, Some(2))]);
        assert_eq!(with(&[(PLATFORM, &"x".repeat(101))]), [(Severity::Error, PLATFORM, Some(2))]);
    }
}
