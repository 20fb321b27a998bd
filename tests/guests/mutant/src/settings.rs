//! Faults in `describe`, `check-settings` and what is read from the settings.

use crate::fault::on;
use alloc::{format, string::String, vec, vec::Vec};
use genesys_open_messaging::GenesysOpenMessaging as Sound;
use handover_guest::contract::*;

type Checked = Result<AcceptedSettings, Vec<SettingsProblem>>;

/// Problems that a fault does not see.
const FORGIVEN: [(&str, &str); 15] = [
    ("settings: nothing is required", "missing"),
    ("settings: unknown keys are fine", "no such setting"),
    ("settings: everything repeats", "more than once"),
    ("settings: any word is a switch", "neither true nor false"),
    ("settings: any word is a choice", "not one of the allowed words"),
    ("settings: any number is in the range", "not an integer"),
    ("settings: any text is a host", "not the domain of a region"),
    ("settings: any text is an attribute", "not a name and a value"),
    ("settings: a skill may have a comma", "has a comma"),
    ("settings: any text is a link", "The link cannot begin with"),
    ("settings: half a link is enough", "The link to the AI Copilot Workspace needs it"),
    ("settings: one key for two sources", "has the same key"),
    ("settings: blanks are a value", "consists of whitespace"),
    ("settings: a secret is not needed", "no webhook secret"),
    ("settings: any text is base64", "not base64"),
];

pub(crate) fn describe() -> Description {
    let mut description = Sound::describe();
    if on("describe: a version that is none") {
        description.version = "1".into();
    }
    if on("describe: a setting without help") {
        description.settings.iter_mut().take(1).for_each(|field| field.help.clear());
    }
    if on("describe: an ability too few") {
        description.abilities.retain(|ability| *ability != Ability::Answers);
    }
    description
}

pub(crate) fn check(mut settings: Vec<Setting>) -> Checked {
    let secret = settings.iter().map(|setting| setting.value.clone()).next_back().unwrap_or_default();
    let example = settings.iter().any(|setting| setting.value == "0a1b2c3d-0000-4000-8000-000000000002");
    if on("settings: words in any case") {
        for setting in &mut settings {
            let word = setting.value.to_lowercase();
            if ["true", "false", "full", "first", "alias", "per-recipient", "per-handover"].contains(&word.as_str()) {
                setting.value = word;
            }
        }
    }
    let repeated = repeated(&settings);
    let keyed = has(&settings, "event-bus-key") || has(&settings, "trigger-key");
    let mut checked = Sound::check_settings(settings);
    if on("settings: the examples are not good enough") && example {
        checked = Err(vec![problem("host", None)]);
    }
    if let Some((index, key)) = repeated.filter(|_| on("settings: nothing repeats") && checked.is_ok()) {
        checked = Err(vec![problem(&key, Some(index))]);
    }
    if on("settings: only the first problem") {
        checked = checked.map_err(|mut problems| {
            problems.truncate(1);
            problems
        });
    }
    for (_, forgiven) in FORGIVEN.into_iter().filter(|(fault, _)| on(fault)) {
        checked = forgive(checked, forgiven);
    }
    if on("settings: a key does for the secret") && keyed {
        checked = forgive(checked, "no webhook secret");
    }
    if on("settings: problems repeat the value") {
        checked = checked.map_err(|mut problems| {
            problems.iter_mut().for_each(|problem| problem.message.push_str(&secret));
            problems
        });
    }
    if let Ok(accepted) = &mut checked {
        if on("settings: an origin of another name") {
            accepted.origins.iter_mut().for_each(|origin| origin.name = "web".into());
        }
        if on("settings: always the same region") {
            accepted.origins.iter_mut().for_each(|origin| origin.url = "https://api.mypurecloud.com".into());
        }
        if on("settings: warnings are kept back") {
            accepted.warnings.clear();
        }
    }
    checked
}

/// Takes problems with these words back, and accepts when none is left.
fn forgive(checked: Checked, words: &str) -> Checked {
    let Err(mut problems) = checked else { return checked };
    problems.retain(|problem| !problem.message.contains(words));
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(problems);
    }
    let origin = |name: &str| Origin { name: name.into(), url: format!("https://{name}.mypurecloud.de") };
    Ok(AcceptedSettings { origins: vec![origin("api"), origin("login")], warnings: vec![] })
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

/// The values of a setting that are not empty.
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

/// As if it had not been entered.
pub(crate) fn forget(settings: &mut Vec<Setting>, key: &str) {
    settings.retain(|setting| setting.key != key);
}

/// As if this had been entered.
pub(crate) fn set(settings: &mut Vec<Setting>, key: &str, value: &str) {
    forget(settings, key);
    settings.push(Setting { key: key.into(), value: value.into() });
}
