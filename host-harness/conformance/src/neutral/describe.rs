//! `describe`.

use crate::case::{Verdict, ensure};
use crate::session::Subject;
use std::collections::BTreeSet;

/// Verifies that names are kebab-case and that the version is semantic.
pub(super) async fn names(subject: &Subject) -> Verdict {
    let description = subject.description();
    ensure!(is_kebab(&description.name), "the name {:?} is not kebab-case", description.name);
    ensure!(
        semver::Version::parse(&description.version).is_ok(),
        "the version {:?} is not a semantic version",
        description.version
    );
    for origin in &description.origins {
        ensure!(is_kebab(origin), "the origin {origin:?} is not kebab-case");
    }
    for field in &description.settings {
        ensure!(is_kebab(&field.key), "the setting {:?} is not kebab-case", field.key);
    }
    Ok(())
}

/// Verifies that the description is sufficient for a settings form: texts are present, keys are unique.
pub(super) async fn form(subject: &Subject) -> Verdict {
    let description = subject.description();
    ensure!(!description.title.trim().is_empty(), "the title is empty");
    let mut keys = BTreeSet::new();
    for field in &description.settings {
        let key = &field.key;
        ensure!(keys.insert(key), "the setting {key} is described twice");
        ensure!(!field.label.trim().is_empty(), "the setting {key} has no label");
        ensure!(!field.help.trim().is_empty(), "the setting {key} has no help");
        ensure!(!field.example.is_empty(), "the setting {key} has no example");
        ensure!(!(field.required && field.default_value.is_some()), "the setting {key} is required and has a default");
    }
    Ok(())
}

pub(super) fn is_kebab(name: &str) -> bool {
    name.split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
        && name.starts_with(|first: char| first.is_ascii_lowercase())
}
