//! The settings of a connection: the form, what is wrong with what was entered, and what it means.

use crate::clip::clip;
use crate::contract::*;
use crate::region::{self, Region};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use base64::{Engine, engine::general_purpose::STANDARD};

/// The region.
pub const HOST: &str = "host";
/// The name of the Open Messaging integration.
pub const DEPLOYMENT_NAME: &str = "deployment-name";
/// The queue that the flow should transfer to.
pub const QUEUE: &str = "queue";
/// The secret that webhooks are signed with, as text.
pub const WEBHOOK_SECRET: &str = "webhook-secret";
/// The same, for bytes that are no text.
pub const WEBHOOK_SECRET_BASE64: &str = "webhook-secret-base64";
/// The id of the OAuth client.
pub const CLIENT_ID: &str = "client-id";
/// The secret of the OAuth client.
pub const CLIENT_SECRET: &str = "client-secret";
/// Whether the agent sees who the user is.
pub const SEND_PROFILE: &str = "send-profile";
/// Whether webhooks are believed without a secret.
pub const ALLOW_UNSIGNED_WEBHOOKS: &str = "allow-unsigned-webhooks";
/// The first message when the platform gives none.
pub const START_TEXT: &str = "start-text";
/// What the agent reads when the user left and the conversation cannot be closed.
pub const LEAVE_TEXT: &str = "leave-text";

const DEFAULT_START_TEXT: &str = "The user asks for a person.";
const DEFAULT_LEAVE_TEXT: &str = "The user has left the chat.";

/// The origin of the API.
pub const API: &str = "api";
/// The origin of OAuth.
pub const LOGIN: &str = "login";

/// Genesys refuses to create an integration with a shorter secret.
const SHORTEST_SECRET: usize = 16;

/// What this provider is.
#[must_use]
pub fn description() -> Description {
    Description {
        name: env!("CARGO_PKG_NAME").into(),
        title: "Genesys Cloud Open Messaging".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        settings: form(),
        origins: vec![API.into(), LOGIN.into()],
        abilities: vec![
            Ability::Transcript,
            Ability::AttachmentsIn,
            Ability::TypingOut,
            Ability::TypingIn,
            Ability::ReceiptsIn,
            Ability::Leave,
            Ability::Observation,
        ],
    }
}

fn form() -> Vec<SettingField> {
    fn field(kind: SettingKind, key: &str, label: &str, help: &str, example: &str) -> SettingField {
        SettingField {
            key: key.into(),
            label: label.into(),
            help: help.into(),
            kind,
            required: false,
            repeats: false,
            default: None,
            example: example.into(),
        }
    }
    use SettingKind::{Secret, Switch, Text};
    vec![
        SettingField {
            required: true,
            ..field(
                Text,
                HOST,
                "Host",
                "The region's domain, such as mypurecloud.de or cac1.pure.cloud. The address of the login page or an AWS \
                 region (eu-central-1) does as well; for a local Genesys Cloud, its address with the port.",
                "mypurecloud.de",
            )
        },
        SettingField {
            required: true,
            ..field(
                Text,
                DEPLOYMENT_NAME,
                "Deployment Name",
                "The name of the Open Messaging integration, under Admin > Message > Platforms.",
                "BotHandover",
            )
        },
        field(
            Text,
            QUEUE,
            "Queue",
            "The queue for this connection: its id, or its name where the inbound message flow looks it up by name. Given \
             to the flow as the participant data queueId (and queueName for a name). Leave empty where the flow decides.",
            "d59d0280-0000-4000-8000-000000000001",
        ),
        SettingField {
            repeats: true,
            ..field(
                Secret,
                WEBHOOK_SECRET,
                "Webhook Secret",
                "The integration's Outbound Notification Webhook Signature Secret Token. While it is being changed, enter \
                 the old one and the new one.",
                "an-example-of-a-secret",
            )
        },
        SettingField {
            repeats: true,
            ..field(
                Secret,
                WEBHOOK_SECRET_BASE64,
                "Webhook Secret (base64)",
                "A webhook secret whose bytes are no text, in base64.",
                "YW4tZXhhbXBsZS1vZi1hLXNlY3JldA==",
            )
        },
        SettingField {
            required: true,
            ..field(
                Text,
                CLIENT_ID,
                "Client ID",
                "The OAuth client of the grant type Client Credentials, under Admin > Integrations > OAuth.",
                "0a1b2c3d-0000-4000-8000-000000000002",
            )
        },
        SettingField {
            required: true,
            ..field(
                Secret,
                CLIENT_SECRET,
                "Client Secret",
                "The secret of that OAuth client.",
                "an-example-of-a-secret",
            )
        },
        SettingField {
            default: Some("false".into()),
            ..field(
                Switch,
                SEND_PROFILE,
                "Send Profile information",
                "Send the user's name, e-mail address and picture to the agent.",
                "true",
            )
        },
        SettingField {
            default: Some("false".into()),
            ..field(
                Switch,
                ALLOW_UNSIGNED_WEBHOOKS,
                "Allow unsigned webhooks",
                "Believe webhooks although no secret is entered: then anybody who knows the address can speak as the \
                 agent. Has no effect once there is a secret.",
                "false",
            )
        },
        SettingField {
            default: Some(DEFAULT_START_TEXT.into()),
            ..field(
                Text,
                START_TEXT,
                "First message",
                "What the agent reads first when the platform hands over without words.",
                DEFAULT_START_TEXT,
            )
        },
        SettingField {
            default: Some(DEFAULT_LEAVE_TEXT.into()),
            ..field(
                Text,
                LEAVE_TEXT,
                "Leave message",
                "What the agent reads when the user leaves and the OAuth client may not close the conversation \
                 (permission conversation:communication:disconnect).",
                DEFAULT_LEAVE_TEXT,
            )
        },
    ]
}

/// All that is wrong, or what follows from settings that can be used.
pub fn check(settings: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
    let mut problems = Vec::new();
    let form = form();
    let region = check_region(settings, &mut problems);
    for field in form.iter().filter(|field| field.required && find(settings, &field.key).is_none()) {
        problems.push(missing(settings, field));
    }
    check_secrets(settings, &mut problems);
    for (index, setting) in (0..).zip(settings) {
        check_entry(&form, settings, index, setting, &mut problems);
    }
    // In the order of the form, what is unknown last.
    let place = |key: &str| form.iter().position(|field| field.key == key).unwrap_or(form.len());
    problems.sort_by_key(|problem| (place(&problem.key), problem.index));

    match region {
        Some(region) if problems.iter().all(|problem| problem.severity == Severity::Warning) => Ok(AcceptedSettings {
            origins: vec![
                Origin { name: API.into(), url: region.api },
                Origin { name: LOGIN.into(), url: region.login },
            ],
            warnings: problems,
        }),
        _ => Err(problems),
    }
}

fn check_region(settings: &[Setting], problems: &mut Vec<SettingsProblem>) -> Option<Region> {
    const EXPECTED: &str = "Enter the region's domain, such as mypurecloud.de or cac1.pure.cloud.";
    let (index, host) = find(settings, HOST).filter(|(_, host)| !host.is_empty())?;
    let region = region::normalise(host);
    match &region {
        None => problems.push(error(HOST, Some(index), "This is no host name.", EXPECTED)),
        Some(region) if !region.known => problems.push(warning(
            HOST,
            index,
            "This is no region that Genesys lists.",
            "Compare it with the address of your login page; a new region works all the same.",
        )),
        Some(_) => {}
    }
    region
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
            "There is no webhook secret, so anybody who knows the address can speak as the agent.",
            "Enter the integration's Outbound Notification Webhook Signature Secret Token as webhook-secret.",
        )),
        (true, Some((index, "true"))) => problems.push(warning(
            ALLOW_UNSIGNED_WEBHOOKS,
            index,
            "Unsigned webhooks are refused all the same, because a webhook secret is entered.",
            "Remove one of the two.",
        )),
        (true, _) => {}
        (false, _) => problems.push(error(
            WEBHOOK_SECRET,
            None,
            "There is no webhook secret, so every webhook would be refused.",
            "Enter the integration's Outbound Notification Webhook Signature Secret Token, or set \
             allow-unsigned-webhooks to true if anybody may speak as the agent.",
        )),
    }
}

fn check_entry(
    form: &[SettingField],
    settings: &[Setting],
    index: u32,
    setting: &Setting,
    problems: &mut Vec<SettingsProblem>,
) {
    let key = setting.key.as_str();
    let Some(field) = form.iter().find(|field| field.key == key) else {
        let keys: Vec<_> = form.iter().map(|field| field.key.as_str()).collect();
        problems.push(error(
            &clip(key),
            Some(index),
            "There is no such setting.",
            &format!("Use one of: {}.", keys.join(", ")),
        ));
        return;
    };
    if setting.value.is_empty() {
        return; // As good as absent: forms send empty fields.
    }
    let first = settings.iter().position(|other| other.key == setting.key && !other.value.is_empty());
    if !field.repeats && first != usize::try_from(index).ok() {
        problems.push(error(key, Some(index), "This setting is entered more than once.", "Leave one of them."));
    }
    match field.kind {
        SettingKind::Switch if setting.value != "true" && setting.value != "false" => {
            problems.push(error(key, Some(index), "This is neither on nor off.", "Enter true or false."));
        }
        SettingKind::Text | SettingKind::Secret if setting.value.trim().is_empty() => {
            let remedy = if field.required { "Enter a value." } else { "Enter a value, or leave it empty." };
            problems.push(error(key, Some(index), "There are only blanks.", remedy));
        }
        SettingKind::Secret if key == WEBHOOK_SECRET && setting.value.trim() != setting.value => {
            problems.push(warning(
                key,
                index,
                "The secret begins or ends with a blank.",
                "Remove the blank if it came with copying; it counts as part of the secret.",
            ))
        }
        _ => {}
    }
    match key {
        WEBHOOK_SECRET | WEBHOOK_SECRET_BASE64 if setting.value.trim().is_empty() => {}
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
        _ => {}
    }
}

fn check_length(key: &str, index: u32, length: usize, problems: &mut Vec<SettingsProblem>) {
    if length < SHORTEST_SECRET {
        problems.push(warning(
            key,
            index,
            "The secret is shorter than Genesys allows for an integration (16 characters).",
            "Compare it with the integration's.",
        ));
    }
}

/// A field that is not there, or left empty.
fn missing(settings: &[Setting], field: &SettingField) -> SettingsProblem {
    let empty = (0..).zip(settings).find(|(_, setting)| setting.key == field.key).map(|(index, _)| index);
    error(&field.key, empty, &format!("{} is missing.", field.label), &field.help)
}

fn error(key: &str, index: Option<u32>, message: &str, remedy: &str) -> SettingsProblem {
    let (message, remedy) = (message.into(), remedy.into());
    SettingsProblem { severity: Severity::Error, key: key.into(), index, message, remedy }
}

fn warning(key: &str, index: u32, message: &str, remedy: &str) -> SettingsProblem {
    SettingsProblem { severity: Severity::Warning, ..error(key, Some(index), message, remedy) }
}

/// The first value that is not empty, without the blanks around it, and its place.
fn find<'a>(settings: &'a [Setting], key: &str) -> Option<(u32, &'a str)> {
    let (index, setting) = (0..).zip(settings).find(|(_, setting)| setting.key == key && !setting.value.is_empty())?;
    Some((index, setting.value.trim()))
}

fn text(settings: &[Setting], key: &str) -> Option<String> {
    find(settings, key).map(|(_, value)| value.to_string()).filter(|value| !value.is_empty())
}

/// Off where it is absent. On and off at once, or another word, is neither.
fn switch(settings: &[Setting], key: &str) -> Result<bool, Unusable> {
    let mut values = settings.iter().filter(|setting| setting.key == key && !setting.value.is_empty());
    match (values.next().map(|setting| setting.value.as_str()), values.next()) {
        (None | Some("false"), None) => Ok(false),
        (Some("true"), None) => Ok(true),
        _ => Err(Unusable),
    }
}

/// The settings cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusable;

/// What verifying needs.
#[derive(Debug)]
pub struct WebhookPolicy<'a> {
    secrets: Vec<Secret<'a>>,
    /// Believe webhooks although there is no secret.
    pub unsigned_allowed: bool,
}

/// The bytes of a secret; prints as nothing.
pub struct Secret<'a>(alloc::borrow::Cow<'a, [u8]>);

impl core::fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret")
    }
}

impl<'a> WebhookPolicy<'a> {
    /// Looks at no other settings: a webhook is verified even where sending would not work.
    pub fn of(settings: &'a [Setting]) -> Result<Self, Unusable> {
        let mut secrets = Vec::new();
        // What is made of blanks is no secret, but a field that somebody meant to leave empty.
        for setting in settings.iter().filter(|setting| !setting.value.trim().is_empty()) {
            match setting.key.as_str() {
                WEBHOOK_SECRET => secrets.push(Secret(setting.value.as_bytes().into())),
                WEBHOOK_SECRET_BASE64 => {
                    secrets.push(Secret(STANDARD.decode(&setting.value).map_err(|_| Unusable)?.into()));
                }
                _ => {}
            }
        }
        // A switch that says something else than yes does not say yes.
        let unsigned_allowed = switch(settings, ALLOW_UNSIGNED_WEBHOOKS).unwrap_or(false);
        Ok(Self { secrets, unsigned_allowed })
    }

    /// The live secrets in the order of the settings.
    pub fn secrets(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.secrets.iter().map(|secret| secret.0.as_ref())
    }
}

/// What building messages needs.
#[derive(Debug)]
pub struct MessagePolicy {
    /// The queue for the flow.
    pub queue: Option<String>,
    /// Whether the profile is sent.
    pub send_profile: bool,
    /// The first message when the platform gives none.
    pub start_text: String,
    /// For the agent when the conversation cannot be closed.
    pub leave_text: String,
}

impl MessagePolicy {
    /// Fails where it is not clear whether the profile may be sent.
    pub fn of(settings: &[Setting]) -> Result<Self, Unusable> {
        Ok(Self {
            queue: text(settings, QUEUE),
            send_profile: switch(settings, SEND_PROFILE)?,
            start_text: text(settings, START_TEXT).unwrap_or_else(|| DEFAULT_START_TEXT.into()),
            leave_text: text(settings, LEAVE_TEXT).unwrap_or_else(|| DEFAULT_LEAVE_TEXT.into()),
        })
    }
}

/// What calling the API needs.
pub struct Account {
    /// The OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The integration's name.
    pub deployment_name: String,
    /// The queue, as entered.
    pub queue: Option<String>,
}

impl Account {
    /// Fails where something is missing; the host has been told by `check-settings`.
    pub fn of(settings: &[Setting]) -> Result<Self, Unusable> {
        Ok(Self {
            client_id: text(settings, CLIENT_ID).ok_or(Unusable)?,
            client_secret: text(settings, CLIENT_SECRET).ok_or(Unusable)?,
            deployment_name: text(settings, DEPLOYMENT_NAME).ok_or(Unusable)?,
            queue: text(settings, QUEUE),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(entries: &[(&str, &str)]) -> Vec<Setting> {
        entries.iter().map(|(key, value)| Setting { key: (*key).into(), value: (*value).into() }).collect()
    }

    const GOOD: [(&str, &str); 5] = [
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
    fn good_settings_name_the_origins() {
        let accepted = check(&settings(&GOOD)).expect("good");
        let origins: Vec<_> = accepted.origins.iter().map(|o| (o.name.as_str(), o.url.as_str())).collect();
        assert_eq!(origins, [("api", "https://api.mypurecloud.de"), ("login", "https://login.mypurecloud.de")]);
        assert_eq!(accepted.warnings, []);
    }

    #[test]
    fn wrong_in_three_places_names_three() {
        let wrong = [
            (HOST, "no host"),
            (WEBHOOK_SECRET, "a-secret-of-16-or-more-chars"),
            (CLIENT_ID, "id"),
            ("sned-profile", "true"),
        ];
        let keys: Vec<_> = problems(&wrong).into_iter().map(|(_, key, index)| (key, index)).collect();
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
    fn a_connection_without_a_secret_is_never_an_accident() {
        let without: Vec<_> = GOOD.into_iter().filter(|(key, _)| *key != WEBHOOK_SECRET).collect();
        assert_eq!(problems(&without), [(Severity::Error, WEBHOOK_SECRET.into(), None)]);
        let empty = [&without[..], &[(WEBHOOK_SECRET, "")]].concat();
        assert_eq!(problems(&empty), [(Severity::Error, WEBHOOK_SECRET.into(), None)]);
        let allowed = [&without[..], &[(ALLOW_UNSIGNED_WEBHOOKS, "true")]].concat();
        assert_eq!(problems(&allowed), [(Severity::Warning, ALLOW_UNSIGNED_WEBHOOKS.into(), Some(4))]);
        let both = [&GOOD[..], &[(ALLOW_UNSIGNED_WEBHOOKS, "true")]].concat();
        assert_eq!(problems(&both), [(Severity::Warning, ALLOW_UNSIGNED_WEBHOOKS.into(), Some(5))]);
    }

    #[test]
    fn secrets_repeat_and_nothing_else_does() {
        let two = [&GOOD[..], &[(WEBHOOK_SECRET, "another-secret-of-16-chars")]].concat();
        assert_eq!(problems(&two), []);
        let two = [&GOOD[..], &[(CLIENT_ID, "other")]].concat();
        assert_eq!(problems(&two), [(Severity::Error, CLIENT_ID.into(), Some(5))]);
    }

    #[test]
    fn empty_optional_fields_are_absent_ones() {
        assert_eq!(problems(&[&GOOD[..], &[(QUEUE, ""), (SEND_PROFILE, "")]].concat()), []);
    }

    #[test]
    fn the_examples_of_the_form_are_good() {
        let examples: Vec<_> = form().into_iter().map(|f| Setting { key: f.key, value: f.example }).collect();
        assert!(check(&examples).expect("examples pass").warnings.is_empty());
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
        for problem in check(&settings(&entries)).expect_err("wrong") {
            assert!(!problem.message.contains("4711") && !problem.remedy.contains("4711"));
        }
    }
}
