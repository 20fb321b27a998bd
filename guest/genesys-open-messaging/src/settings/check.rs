//! Checks the settings.

use super::form::form;
use super::keys::*;
use super::prepared::prepare;
use super::values::*;
use crate::wire::{AUTHORIZATION, SIGNATURE, SIGNATURE_PREFIX};
use alloc::{format, vec, vec::Vec};
use base64::{Engine, engine::general_purpose::STANDARD};
use genesys_cloud::account;
use genesys_cloud::ids::is_uuid;
use handover_guest::contract::*;
use handover_guest::invisible::is_invisible;
use handover_guest::settings::{error, problems, values, warning};
use handover_guest::signature::declare_hmac_sha256;

/// Checks settings. Returns all problems, or the origins and warnings of settings that can be used.
pub fn check(settings: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
    let form = form();
    let mut problems = problems(&form, settings);
    let region = account::check_region(settings, &mut problems);
    check_secrets(settings, &mut problems);
    check_keys(settings, &mut problems);
    check_copilot(settings, &mut problems);
    check_recipient_type(settings, &mut problems);
    for (index, setting) in (0..).zip(settings) {
        check_value(settings, index, setting, &mut problems);
    }
    // Problems are in the order of the form, with unknown keys last.
    let place = |key: &str| form.iter().position(|field| field.key == key).unwrap_or(form.len());
    problems.sort_by_key(|problem| (place(&problem.key), problem.index));

    let has_errors = problems.iter().any(|problem| problem.severity == Severity::Error);
    match (region, prepare(settings, &problems)) {
        (Some(region), Ok(prepared)) if !has_errors => Ok(AcceptedSettings {
            prepared,
            origins: account::origins(region),
            headers: vec![SIGNATURE.into(), AUTHORIZATION.into()],
            signature: signature(settings),
            warnings: problems,
        }),
        _ => Err(problems),
    }
}

/// Declares Genesys's signature. Returns `None` if there is no secret.
fn signature(settings: &[Setting]) -> Option<WebhookSignature> {
    let secrets = [(WEBHOOK_SECRET, TextEncoding::Utf8), (WEBHOOK_SECRET_BASE64, TextEncoding::Base64)];
    declare_hmac_sha256(SIGNATURE, SIGNATURE_PREFIX, settings, &secrets)
}

fn check_secrets(settings: &[Setting], problems: &mut Vec<SettingsProblem>) {
    let has_secret = settings.iter().any(|setting| {
        matches!(setting.key.as_str(), WEBHOOK_SECRET | WEBHOOK_SECRET_BASE64) && !setting.value.trim().is_empty()
    });
    let allowed = find(settings, ALLOW_UNSIGNED_WEBHOOKS);
    match (has_secret, allowed) {
        (false, Some((index, "true"))) => problems.push(warning(
            ALLOW_UNSIGNED_WEBHOOKS,
            index,
            "There is no webhook secret, so anyone who knows the URL of the webhook can write as the agent.",
            "Enter the integration's Outbound Notification Webhook Signature Secret Token as webhook-secret.",
        )),
        (true, Some((index, "true"))) => problems.push(warning(
            ALLOW_UNSIGNED_WEBHOOKS,
            index,
            "Unsigned webhooks are rejected nevertheless, because a webhook secret is configured.",
            "Remove one of the two.",
        )),
        (true, _) => {}
        (false, _) => problems.push(error(
            WEBHOOK_SECRET,
            None,
            "There is no webhook secret, so every webhook would be refused.",
            "Enter the integration's Outbound Notification Webhook Signature Secret Token, or set \
             allow-unsigned-webhooks to true if anyone may write as the agent.",
        )),
    }
}

/// Checks that the keys of the sources differ, because only the key identifies the source.
fn check_keys(settings: &[Setting], problems: &mut Vec<SettingsProblem>) {
    for (index, trigger) in (0..).zip(settings).filter(|(_, setting)| setting.key == TRIGGER_KEY) {
        let key = trigger.value.trim();
        if !key.is_empty() && values(settings, EVENT_BUS_KEY).any(|other| other == key) {
            problems.push(error(
                TRIGGER_KEY,
                Some(index),
                "The event bus has the same key, so the source of an event would be ambiguous.",
                "Use different keys.",
            ));
        }
    }
}

fn check_copilot(settings: &[Setting], problems: &mut Vec<SettingsProblem>) {
    let parts = [COPILOT_URL, COPILOT_TOKEN, COPILOT_ORGANIZATION, COPILOT_CONFIG];
    let entered = |key: &str| text(settings, key).is_some();
    if parts.into_iter().chain([COPILOT_PROJECT]).any(entered) {
        for key in parts.into_iter().filter(|key| !entered(key)) {
            problems.push(error(
                key,
                None,
                "The link to the AI Copilot Workspace needs it.",
                "Enter it, or leave all the AI Copilot settings empty.",
            ));
        }
    }
}

/// Checks that addresses of a type are not extended by the number of the handover.
fn check_recipient_type(settings: &[Setting], problems: &mut Vec<SettingsProblem>) {
    let Some((index, PHONE | EMAIL)) = find(settings, RECIPIENT_TYPE) else { return };
    if text(settings, THREAD) == Some(PER_HANDOVER) {
        problems.push(error(
            RECIPIENT_TYPE,
            Some(index),
            "With thread per-handover, an address is no telephone number and no email address.",
            "Use the recipient type opaque or the thread per-recipient.",
        ));
    }
}

/// Checks the constraints on a value that the form does not contain.
fn check_value(settings: &[Setting], index: u32, setting: &Setting, problems: &mut Vec<SettingsProblem>) {
    let (key, value) = (setting.key.as_str(), setting.value.trim());
    if value.is_empty() {
        return;
    }
    if key == WEBHOOK_SECRET && value != setting.value {
        problems.push(warning(
            key,
            index,
            "The secret begins or ends with whitespace.",
            "Remove the whitespace if it came with copying; it counts as part of the secret.",
        ));
    }
    match key {
        WEBHOOK_SECRET => check_length(key, index, setting.value.len(), problems),
        WEBHOOK_SECRET_BASE64 => match STANDARD.decode(&setting.value) {
            Ok(secret) => check_length(key, index, secret.len(), problems),
            Err(_) => problems.push(error(
                key,
                Some(index),
                "This is not base64.",
                "Enter the standard alphabet with padding, or use webhook-secret for text.",
            )),
        },
        EVENT_BUS_KEY | TRIGGER_KEY if value.len() < MIN_SECRET_BYTES => problems.push(warning(
            key,
            index,
            "The key is short and could be guessed.",
            "Use at least 16 random characters, here and in the source that sends it.",
        )),
        ATTRIBUTE if split_attribute(value).is_none() => {
            problems.push(error(key, Some(index), "This is not a name and a value.", "Enter name=value."))
        }
        SKILL if value.contains(',') => problems.push(error(
            key,
            Some(index),
            "A skill has a comma, which separates skills in mySkills.",
            "Enter each skill as a setting of its own.",
        )),
        START_TEXT | LEAVE_TEXT if value.chars().all(is_invisible) => {
            problems.push(error(key, Some(index), "This shows nothing.", "Enter visible text, or leave it empty."))
        }
        LEAVE_TEXT if value.chars().count() > text_limit(settings) => problems.push(error(
            key,
            Some(index),
            "This is longer than one message.",
            &format!("Enter at most {} characters, as text-limit says.", text_limit(settings)),
        )),
        SURVEY_FORM | EXTERNAL_SOURCE if !is_uuid(value) => problems.push(warning(
            key,
            index,
            "This does not look like an id of Genesys's.",
            "Enter the id, not the name, such as 0a1b2c3d-0000-4000-8000-000000000003.",
        )),
        COPILOT_URL if !is_copilot_url(value) => problems.push(error(
            key,
            Some(index),
            "The link cannot begin with this URL.",
            "Enter an https URL without a query or fragment, such as https://agent-assist.example.com/.",
        )),
        _ => {}
    }
}

/// Returns the configured limit of characters, or the default if it is not valid.
fn text_limit(settings: &[Setting]) -> usize {
    let limit = number(settings, TEXT_LIMIT, TEXT_LIMIT_RANGE).ok().flatten();
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_TEXT_LIMIT)
}

fn check_length(key: &str, index: u32, length: usize, problems: &mut Vec<SettingsProblem>) {
    if length < MIN_SECRET_BYTES {
        problems.push(warning(
            key,
            index,
            "The secret is shorter than Genesys allows for an integration (16 characters).",
            "Compare it with the integration's.",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(entries: &[(&str, &str)]) -> Vec<Setting> {
        entries.iter().map(|(key, value)| Setting { key: (*key).into(), value: (*value).into() }).collect()
    }

    const VALID: [(&str, &str); 5] = [
        (HOST, "mypurecloud.de"),
        (DEPLOYMENT_NAME, "BotHandover"),
        (WEBHOOK_SECRET, "a-secret-of-16-or-more-chars"),
        (CLIENT_ID, "id"),
        (CLIENT_SECRET, "secret"),
    ];

    fn problems(entries: &[(&str, &str)]) -> Vec<(Severity, String, Option<u32>)> {
        let problems = match check(&settings(entries)) {
            Ok(accepted) => accepted.warnings,
            Err(problems) => problems,
        };
        problems.into_iter().map(|problem| (problem.severity, problem.key, problem.index)).collect()
    }

    #[test]
    fn valid_settings_yield_the_origins() {
        let accepted = check(&settings(&VALID)).expect("valid settings");
        let origins: Vec<_> = accepted.origins.iter().map(|o| (o.name.as_str(), o.url.as_str())).collect();
        assert_eq!(origins, [("api", "https://api.mypurecloud.de"), ("login", "https://login.mypurecloud.de")]);
        assert_eq!(accepted.warnings, []);
    }

    #[test]
    fn reports_every_problem() {
        let invalid = [
            (HOST, "no host"),
            (WEBHOOK_SECRET, "a-secret-of-16-or-more-chars"),
            (CLIENT_ID, "id"),
            ("sned-profile", "true"),
        ];
        let keys: Vec<_> = problems(&invalid).into_iter().map(|(_, key, index)| (key, index)).collect();
        assert_eq!(
            keys,
            [
                (HOST.into(), Some(0)),
                (DEPLOYMENT_NAME.into(), None),
                (CLIENT_SECRET.into(), None),
                ("sned-profile".into(), Some(3))
            ]
        );
    }

    #[test]
    fn requires_a_secret_or_an_explicit_exception() {
        let without: Vec<_> = VALID.into_iter().filter(|(key, _)| *key != WEBHOOK_SECRET).collect();
        assert_eq!(problems(&without), [(Severity::Error, WEBHOOK_SECRET.into(), None)]);
        let empty = [&without[..], &[(WEBHOOK_SECRET, "")]].concat();
        assert_eq!(problems(&empty), [(Severity::Error, WEBHOOK_SECRET.into(), None)]);
        let allowed = [&without[..], &[(ALLOW_UNSIGNED_WEBHOOKS, "true")]].concat();
        assert_eq!(problems(&allowed), [(Severity::Warning, ALLOW_UNSIGNED_WEBHOOKS.into(), Some(4))]);
        let both = [&VALID[..], &[(ALLOW_UNSIGNED_WEBHOOKS, "true")]].concat();
        assert_eq!(problems(&both), [(Severity::Warning, ALLOW_UNSIGNED_WEBHOOKS.into(), Some(5))]);
    }

    #[test]
    fn only_secrets_may_repeat() {
        let two = [&VALID[..], &[(WEBHOOK_SECRET, "another-secret-of-16-chars")]].concat();
        assert_eq!(problems(&two), []);
        let two = [&VALID[..], &[(CLIENT_ID, "other")]].concat();
        assert_eq!(problems(&two), [(Severity::Error, CLIENT_ID.into(), Some(5))]);
    }

    #[test]
    fn treats_empty_optional_fields_as_absent() {
        assert_eq!(problems(&[&VALID[..], &[(QUEUE, ""), (SEND_PROFILE, "")]].concat()), []);
    }

    #[test]
    fn the_examples_of_the_form_are_valid() {
        let examples: Vec<_> = form().into_iter().map(|f| Setting { key: f.key, value: f.example }).collect();
        assert!(check(&examples).expect("the examples are valid").warnings.is_empty());
    }

    #[test]
    fn texts_for_the_agent_are_visible_and_fit_into_one_message() {
        for (key, value) in [(START_TEXT, "\u{200b}"), (LEAVE_TEXT, "\u{200b} \u{2060}")] {
            assert_eq!(problems(&[&VALID[..], &[(key, value)]].concat()), [(Severity::Error, key.into(), Some(5))]);
        }
        let (fits, too_long) = ("x".repeat(100), "x".repeat(101));
        let with = |text| problems(&[&VALID[..], &[(TEXT_LIMIT, "100"), (LEAVE_TEXT, text)]].concat());
        assert_eq!(with(fits.as_str()), []);
        assert_eq!(with(too_long.as_str()), [(Severity::Error, LEAVE_TEXT.into(), Some(6))]);
    }

    #[test]
    fn no_problem_repeats_a_secret() {
        let canary = " canary-4711 ";
        let entries = [
            (WEBHOOK_SECRET, canary),
            (WEBHOOK_SECRET_BASE64, canary),
            (CLIENT_SECRET, canary),
            (CLIENT_SECRET, canary),
        ];
        for problem in check(&settings(&entries)).expect_err("invalid settings") {
            assert!(!problem.message.contains("4711") && !problem.remedy.contains("4711"));
        }
    }
}
