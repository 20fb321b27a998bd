//! The settings of a connection: the fields of the form, and the problems that can occur in every form.

use crate::clip::clip;
use crate::contract::{IntegerRange, Setting, SettingField, SettingKind, SettingsProblem, Severity};
use alloc::{format, string::String, vec::Vec};

/// Creates an optional field without a default.
#[must_use]
pub fn field(kind: SettingKind, key: &str, label: &str, help: &str, example: &str) -> SettingField {
    SettingField {
        key: key.into(),
        label: label.into(),
        help: help.into(),
        kind,
        required: false,
        repeatable: false,
        default_value: None,
        example: example.into(),
    }
}

/// Makes a field required.
#[must_use]
pub fn required(field: SettingField) -> SettingField {
    SettingField { required: true, ..field }
}

/// Makes a field repeatable.
#[must_use]
pub fn repeatable(field: SettingField) -> SettingField {
    SettingField { repeatable: true, ..field }
}

/// Adds a default to a field.
#[must_use]
pub fn with_default(default: &str, field: SettingField) -> SettingField {
    SettingField { default_value: Some(default.into()), ..field }
}

/// Returns the kind of a field whose value is one of these words.
#[must_use]
pub fn choice(words: &[&str]) -> SettingKind {
    SettingKind::Choice(words.iter().map(|word| (*word).into()).collect())
}

/// Returns the first nonempty value of a key, trimmed.
#[must_use]
pub fn value<'a>(settings: &'a [Setting], key: &str) -> Option<&'a str> {
    values(settings, key).next()
}

/// Returns the nonempty values of a key, trimmed.
pub fn values<'a>(settings: &'a [Setting], key: &str) -> impl Iterator<Item = &'a str> {
    settings.iter().filter(move |setting| setting.key == key).map(|s| s.value.trim()).filter(|value| !value.is_empty())
}

/// Returns the first value of a key that is not blank, exactly as entered: for secrets.
#[must_use]
pub fn entered<'a>(settings: &'a [Setting], key: &str) -> Option<&'a str> {
    let mut values = settings.iter().filter(|setting| setting.key == key).map(|setting| setting.value.as_str());
    values.find(|value| !value.trim().is_empty())
}

/// Reads an integer in decimal digits, within a range.
#[must_use]
pub fn integer(digits: &str, range: IntegerRange) -> Option<i64> {
    let number = digits.parse().ok()?;
    ((range.minimum..=range.maximum).contains(&number) && !digits.starts_with('+')).then_some(number)
}

/// Returns the problems that the form alone reveals: missing, unknown or repeated keys, and values of the wrong kind.
#[must_use]
pub fn problems(form: &[SettingField], settings: &[Setting]) -> Vec<SettingsProblem> {
    let mut problems = Vec::new();
    let is_given = |key: &str| settings.iter().any(|setting| setting.key == key && !setting.value.is_empty());
    for field in form.iter().filter(|field| field.required && !is_given(&field.key)) {
        let empty = (0..).zip(settings).find(|(_, setting)| setting.key == field.key).map(|(index, _)| index);
        problems.push(error(&field.key, empty, &format!("{} is missing.", field.label), &field.help));
    }
    for (index, setting) in (0..).zip(settings) {
        let key = setting.key.as_str();
        let Some(field) = form.iter().find(|field| field.key == key) else {
            let keys: Vec<_> = form.iter().map(|field| field.key.as_str()).collect();
            let remedy = format!("Use one of: {}.", keys.join(", "));
            problems.push(error(&clip(key), Some(index), "There is no such setting.", &remedy));
            continue;
        };
        // Forms send empty fields, which count as absent.
        if setting.value.is_empty() {
            continue;
        }
        let first = settings.iter().position(|other| other.key == setting.key && !other.value.is_empty());
        if !field.repeatable && first != usize::try_from(index).ok() {
            problems.push(error(key, Some(index), "This setting occurs more than once.", "Remove all but one."));
        }
        if let Some((message, remedy)) = problem_of_value(field, &setting.value) {
            problems.push(error(key, Some(index), message, &remedy));
        }
    }
    problems
}

/// Returns the problem with a nonempty value and its remedy, if any.
fn problem_of_value(field: &SettingField, value: &str) -> Option<(&'static str, String)> {
    let trimmed = value.trim();
    match &field.kind {
        SettingKind::Boolean => (!matches!(value, "true" | "false"))
            .then(|| ("This is neither true nor false.", "Enter true or false.".into())),
        _ if trimmed.is_empty() => {
            let remedy = if field.required { "Enter a value." } else { "Enter a value, or leave it empty." };
            Some(("The value consists of whitespace.", remedy.into()))
        }
        SettingKind::Integer(range) => integer(trimmed, *range).is_none().then(|| {
            let remedy = format!("Enter digits, from {} to {}.", range.minimum, range.maximum);
            ("This is not an integer in the range.", remedy)
        }),
        SettingKind::Choice(words) => (!words.iter().any(|word| word == trimmed))
            .then(|| ("This is not one of the allowed words.", format!("Enter one of: {}.", words.join(", ")))),
        SettingKind::Text | SettingKind::Secret => None,
    }
}

/// Creates a problem that prevents the settings from being used.
#[must_use]
pub fn error(key: &str, index: Option<u32>, message: &str, remedy: &str) -> SettingsProblem {
    let (message, remedy) = (message.into(), remedy.into());
    SettingsProblem { severity: Severity::Error, key: key.into(), index, message, remedy }
}

/// Creates a problem that an operator should look at.
#[must_use]
pub fn warning(key: &str, index: u32, message: &str, remedy: &str) -> SettingsProblem {
    SettingsProblem { severity: Severity::Warning, ..error(key, Some(index), message, remedy) }
}
