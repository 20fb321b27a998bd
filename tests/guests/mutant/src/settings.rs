//! Faults in `describe` and `check-settings`, and helpers to read and change settings.

use crate::Mutant;
use crate::fault::on;
use alloc::{format, string::String, vec, vec::Vec};
use genesys_open_messaging::GenesysOpenMessaging as Original;
use handover_guest::contract::*;
use handover_guest::prepared;
use handover_guest::provider::Configuration;

type Checked = Result<AcceptedSettings, Vec<SettingsProblem>>;

/// Faults that suppress a problem, with a part of the message of that problem.
const SUPPRESSED: [(&str, &str); 16] = [
    ("settings: no setting is required", "missing"),
    ("settings: unknown keys are accepted", "no such setting"),
    ("settings: every setting may repeat", "more than once"),
    ("settings: any text is accepted as a boolean", "neither true nor false"),
    ("settings: any text is accepted as a choice", "not one of the allowed words"),
    ("settings: any text is accepted as a number", "not an integer"),
    ("settings: any text is accepted as a host", "not the domain of a region"),
    ("settings: any text is accepted as an attribute", "not a name and a value"),
    ("settings: a skill may contain a comma", "has a comma"),
    ("settings: any text is accepted as a link", "The link cannot begin with"),
    ("settings: an incomplete link is accepted", "The link to the AI Copilot Workspace needs it"),
    ("settings: two sources may share a key", "has the same key"),
    ("settings: whitespace is accepted as a value", "consists of whitespace"),
    ("settings: the webhook secret is optional", "no webhook secret"),
    ("settings: a typed recipient may have a handover number", "is no telephone number"),
    ("settings: any text is accepted as base64", "not base64"),
];

pub(crate) fn describe() -> Description {
    let mut description = Original::describe();
    if on("describe: the version is not semantic") {
        description.version = "1".into();
    }
    if on("describe: a setting has no help") {
        description.settings.iter_mut().take(1).for_each(|field| field.help.clear());
    }
    if on("describe: an ability is missing") {
        description.abilities.retain(|ability| *ability != Ability::Answers);
    }
    description
}

pub(crate) fn check(mut settings: Vec<Setting>) -> Checked {
    let secret = settings.iter().map(|setting| setting.value.clone()).next_back().unwrap_or_default();
    let example = settings.iter().any(|setting| setting.value == "0a1b2c3d-0000-4000-8000-000000000002");
    if on("settings: keywords are case-insensitive") {
        for setting in &mut settings {
            let word = setting.value.to_lowercase();
            if ["true", "false", "full", "first", "alias", "per-recipient", "per-handover"].contains(&word.as_str()) {
                setting.value = word;
            }
        }
    }
    let repeated = repeated(&settings);
    let keyed = has(&settings, "event-bus-key") || has(&settings, "trigger-key");
    let entered: Vec<_> = settings.iter().map(|setting| (setting.key.clone(), setting.value.clone())).collect();
    let mut checked = Original::check_settings(&settings);
    if on("settings: the examples are refused") && example {
        checked = Err(vec![problem("host", None)]);
    }
    if let Some((index, key)) = repeated.filter(|_| on("settings: no setting may repeat") && checked.is_ok()) {
        checked = Err(vec![problem(&key, Some(index))]);
    }
    if on("settings: only the first problem is reported") {
        checked = checked.map_err(|mut problems| {
            problems.truncate(1);
            problems
        });
    }
    for (_, message) in SUPPRESSED.into_iter().filter(|(fault, _)| on(fault)) {
        checked = suppress(checked, message);
    }
    if on("settings: a key replaces the webhook secret") && keyed {
        checked = suppress(checked, "no webhook secret");
    }
    if on("settings: problems contain the value") {
        checked = checked.map_err(|mut problems| {
            problems.iter_mut().for_each(|problem| problem.message.push_str(&secret));
            problems
        });
    }
    if let Ok(accepted) = &mut checked {
        accepted.prepared = prepared::seal(Mutant::STAMP, &entered);
        if on("settings: an origin has another name") {
            accepted.origins.iter_mut().for_each(|origin| origin.name = "web".into());
        }
        if on("settings: the region is ignored") {
            accepted.origins.iter_mut().for_each(|origin| origin.url = "https://api.mypurecloud.com".into());
        }
        if on("settings: no header is named") {
            accepted.headers.clear();
        }
        if let Some(signature) = &mut accepted.signature {
            if on("settings: the signature has another header") {
                signature.header = "x-signature".into();
            }
            if on("settings: the signature has another prefix") {
                signature.prefix.clear();
            }
            if on("settings: the signature has another encoding") {
                signature.encoding = TextEncoding::Hexadecimal;
            }
            if on("settings: the signature has only the first secret") {
                signature.secrets.truncate(1);
            }
            if on("settings: the signature has the secrets in reverse") {
                signature.secrets.reverse();
            }
            if on("settings: a secret in base64 counts as text") {
                signature.secrets.iter_mut().for_each(|secret| secret.encoding = TextEncoding::Utf8);
            }
        }
        if on("settings: warnings are dropped") {
            accepted.warnings.clear();
        }
    }
    checked
}

/// Removes the problems whose message contains the text, and accepts the settings if no error remains.
fn suppress(checked: Checked, text: &str) -> Checked {
    let Err(mut problems) = checked else { return checked };
    problems.retain(|problem| !problem.message.contains(text));
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(problems);
    }
    let origin = |name: &str| Origin { name: name.into(), url: format!("https://{name}.mypurecloud.de") };
    Ok(AcceptedSettings {
        prepared: vec![],
        origins: vec![origin("api"), origin("login")],
        headers: vec![],
        signature: None,
        warnings: vec![],
    })
}

fn repeated(settings: &[Setting]) -> Option<(u32, String)> {
    let mut entries = (0..).zip(settings).filter(|(_, setting)| !setting.value.is_empty());
    let found = entries.find(|(index, setting)| {
        let before = settings.iter().take(usize::try_from(*index).unwrap_or(0));
        before.filter(|other| !other.value.is_empty()).any(|other| other.key == setting.key)
    });
    found.map(|(index, setting)| (index, setting.key.clone()))
}

fn problem(key: &str, index: Option<u32>) -> SettingsProblem {
    let (message, remedy) = ("no".into(), "no".into());
    SettingsProblem { severity: Severity::Error, key: key.into(), index, message, remedy }
}

/// Returns the values of a setting, without empty ones.
pub(crate) fn values<'a>(settings: &'a [Setting], key: &str) -> impl Iterator<Item = &'a str> {
    settings
        .iter()
        .filter(move |setting| setting.key == key)
        .map(|s| s.value.as_str())
        .filter(|value| !value.is_empty())
}

pub(crate) fn has(settings: &[Setting], key: &str) -> bool {
    values(settings, key).next().is_some()
}

pub(crate) fn is(settings: &[Setting], key: &str, value: &str) -> bool {
    values(settings, key).any(|other| other == value)
}

/// Removes all values of a setting.
pub(crate) fn forget(settings: &mut Vec<Setting>, key: &str) {
    settings.retain(|setting| setting.key != key);
}

/// Replaces all values of a setting with one value.
pub(crate) fn set(settings: &mut Vec<Setting>, key: &str, value: &str) {
    forget(settings, key);
    settings.push(Setting { key: key.into(), value: value.into() });
}
