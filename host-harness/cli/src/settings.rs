//! Settings from a TOML file, with the line of each setting for error messages.

use crate::secret_source::SecretSource;
use anyhow::{Context, bail};
use handover_host::contract::{Setting, SettingsProblem, Severity};
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// The settings of a file, in the order of the file.
pub(crate) struct SettingsFile {
    name: String,
    pub(crate) settings: Vec<Setting>,
    /// The line number of each setting.
    lines: Vec<usize>,
}

impl SettingsFile {
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("{name}: the settings cannot be read"))?;
        Self::parse(name, &text, path.parent().unwrap_or(Path::new("")))
    }

    /// Parses settings. Relative paths in them are resolved against `folder`.
    fn parse(name: String, text: &str, folder: &Path) -> anyhow::Result<Self> {
        let line = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(1, |span| line(span.start));
            anyhow::anyhow!("{name}:{at}: {}; expected TOML: key = \"value\"", error.message())
        })?;
        let mut entries = Vec::new();
        for (key, value) in table.get_ref() {
            let at = line(key.span().start);
            match value.get_ref() {
                DeValue::Array(values) => {
                    for value in values {
                        let read = read_value(value.get_ref(), folder);
                        entries.push((
                            value.span().start,
                            key,
                            read.with_context(|| format!("{name}:{at}: {}", key.get_ref()))?,
                            at,
                        ));
                    }
                }
                value => {
                    let read = read_value(value, folder);
                    entries.push((
                        key.span().start,
                        key,
                        read.with_context(|| format!("{name}:{at}: {}", key.get_ref()))?,
                        at,
                    ));
                }
            }
        }
        entries.sort_by_key(|(offset, ..)| *offset);
        let (mut settings, mut lines) = (Vec::new(), Vec::new());
        for (offset, key, value, at) in entries {
            let key = key.get_ref().to_string();
            let Some(value) = value else {
                bail!(
                    "{name}:{at}: {key} is neither text nor true or false; expected {key} = \"value\", {key} = [\"value\", \"value\"], {key} = {{ env = \"NAME\" }} or {key} = {{ file = \"PATH\" }}"
                );
            };
            settings.push(Setting { key, value });
            lines.push(line(offset));
        }
        Ok(Self { name, settings, lines })
    }

    /// Returns a problem with its position and remedy: `FILE:LINE: KEY: MESSAGE REMEDY`.
    pub(crate) fn describe(&self, problem: &SettingsProblem) -> String {
        let line = problem.index.and_then(|index| self.lines.get(usize::try_from(index).ok()?));
        let position = line.map_or_else(|| self.name.clone(), |line| format!("{}:{line}", self.name));
        let prefix = if problem.severity == Severity::Warning { "warning: " } else { "" };
        format!("{position}: {prefix}{}: {} {}", problem.key, problem.message, problem.remedy)
    }
}

/// Returns the value, or reads it from its secret source. Returns `None` for other types.
fn read_value(value: &DeValue<'_>, folder: &Path) -> anyhow::Result<Option<String>> {
    let DeValue::Table(table) = value else { return Ok(scalar(value)) };
    let mut members = table.iter().map(|(key, value)| (key.get_ref().as_ref(), scalar(value.get_ref())));
    let (Some(member), None) = (members.next(), members.next()) else { return Ok(None) };
    match member {
        ("env", Some(env)) => SecretSource::Env(env).read(folder).map(Some),
        ("file", Some(file)) => SecretSource::File(file.into()).read(folder).map(Some),
        _ => Ok(None),
    }
}

/// Returns a value as text. Numbers keep their spelling, because ids may look like numbers.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(switch) => Some(switch.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> anyhow::Result<SettingsFile> {
        SettingsFile::parse("acme.toml".into(), text, Path::new(""))
    }

    #[test]
    fn reads_values_lists_booleans_and_numbers_in_file_order() {
        let file = parse("z = \"1\"\na = [\"2\",\n  \"3\"]\nb = true\nc = 42\n").expect("valid settings");
        let settings: Vec<_> = file.settings.iter().map(|s| (s.key.as_str(), s.value.as_str())).collect();
        assert_eq!(settings, [("z", "1"), ("a", "2"), ("a", "3"), ("b", "true"), ("c", "42")]);
        assert_eq!(file.lines, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn errors_contain_file_line_and_expected_form() {
        for (text, expected) in [
            ("a = 1\nb = \n", "acme.toml:2: "),
            ("a = 1\n[b]\nc = 1\n", "acme.toml:2: b is neither text nor true or false"),
            ("a = 1\n\na = 2\n", "acme.toml:3: "),
            ("a = 1.5\n", "acme.toml:1: a is neither"),
        ] {
            let error = parse(text).err().expect(text).to_string();
            assert!(error.starts_with(expected), "{error}");
            assert!(error.contains("expected"), "{error}");
        }
    }
}
