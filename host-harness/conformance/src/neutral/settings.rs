//! `check-settings`.

use crate::case::{Verdict, ensure};
use crate::session::Subject;
use handover_host::contract::{AcceptedSettings, Setting, SettingKind, SettingsProblem, Severity};

type Checked = Result<AcceptedSettings, Vec<SettingsProblem>>;

async fn check(subject: &Subject, settings: &[Setting]) -> Result<Checked, String> {
    let checked = subject.check_settings(settings).await?;
    let problems = match &checked {
        Ok(accepted) => &accepted.warnings,
        Err(problems) => problems,
    };
    for problem in problems {
        let SettingsProblem { key, index, message, remedy, .. } = problem;
        ensure!(
            !message.trim().is_empty() && !remedy.trim().is_empty(),
            "the problem with {key} has no message or no remedy"
        );
        if let Some(index) = index {
            let named = settings.get(usize::try_from(*index).unwrap_or(usize::MAX));
            let fits = named.is_some_and(|setting| setting.key == *key || setting.key.starts_with(key.as_str()));
            ensure!(fits, "the problem with {key} has the index {index}, which belongs to another setting");
        }
    }
    match &checked {
        Ok(accepted) => {
            let errors = accepted.warnings.iter().any(|problem| problem.severity == Severity::Error);
            ensure!(!errors, "settings are accepted despite an error");
        }
        Err(problems) => {
            let errors = problems.iter().any(|problem| problem.severity == Severity::Error);
            ensure!(errors, "settings are refused without an error");
        }
    }
    Ok(checked)
}

/// Verifies that the settings are refused, and returns the problems.
async fn refused(subject: &Subject, settings: &[Setting], what: &str) -> Result<Vec<SettingsProblem>, String> {
    check(subject, settings).await?.err().ok_or_else(|| format!("{what}: the settings are accepted"))
}

fn has_error(problems: &[SettingsProblem], key: &str) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error && problem.key == key)
}

pub(super) async fn examples(subject: &Subject) -> Verdict {
    match check(subject, &subject.examples()).await? {
        Ok(_) => Ok(()),
        Err(problems) => Err(format!("the example settings are refused: {problems:?}")),
    }
}

pub(super) async fn required(subject: &Subject) -> Verdict {
    for field in subject.description().settings.iter().filter(|field| field.required) {
        let without: Vec<_> = subject.examples().into_iter().filter(|setting| setting.key != field.key).collect();
        let problems = refused(subject, &without, &format!("without {}", field.key)).await?;
        ensure!(has_error(&problems, &field.key), "without {}: no error has this key", field.key);
        // A form submits an empty field as an empty value.
        let empty = Setting { key: field.key.clone(), value: String::new() };
        let problems = refused(subject, &[&without[..], &[empty]].concat(), &format!("{} empty", field.key)).await?;
        ensure!(has_error(&problems, &field.key), "{} empty: no error has this key", field.key);
    }
    Ok(())
}

pub(super) async fn all_at_once(subject: &Subject) -> Verdict {
    let required = subject.description().settings.iter().filter(|field| field.required).count();
    let unknown = Setting { key: "no-such-setting".into(), value: "x".into() };
    let problems = refused(subject, &[unknown], "with only an unknown key").await?;
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error).count();
    ensure!(
        errors > required,
        "{required} missing required settings and an unknown key: reported only {errors} errors"
    );
    Ok(())
}

pub(super) async fn unknown(subject: &Subject) -> Verdict {
    let unknown = Setting { key: "no-such-setting".into(), value: "x".into() };
    let settings = [&subject.examples()[..], &[unknown]].concat();
    let problems = refused(subject, &settings, "with an unknown key").await?;
    ensure!(has_error(&problems, "no-such-setting"), "with an unknown key: no error has this key");
    Ok(())
}

pub(super) async fn repeated(subject: &Subject) -> Verdict {
    for field in &subject.description().settings {
        let again = Setting { key: field.key.clone(), value: field.example.clone() };
        let settings = [&subject.examples()[..], &[again]].concat();
        match (check(subject, &settings).await?, field.repeatable) {
            (Ok(_), true) => {}
            (Err(problems), false) if has_error(&problems, &field.key) => {}
            (Ok(_), false) => return Err(format!("{} twice: the settings are accepted", field.key)),
            (Err(_), _) => return Err(format!("{} twice: the problems do not match", field.key)),
        }
    }
    Ok(())
}

pub(super) async fn booleans(subject: &Subject) -> Verdict {
    for field in subject.description().settings.iter().filter(|field| field.kind == SettingKind::Boolean) {
        for value in ["yes", "1", "TRUE", "on"] {
            let mut settings = subject.examples();
            settings
                .iter_mut()
                .filter(|setting| setting.key == field.key)
                .for_each(|setting| setting.value = value.into());
            let problems = refused(subject, &settings, &format!("{} is {value}", field.key)).await?;
            ensure!(has_error(&problems, &field.key), "{} is {value}: no error has this key", field.key);
        }
    }
    Ok(())
}

pub(super) async fn secrets(subject: &Subject) -> Verdict {
    const CANARY: &str = "canary-2bb80d537b1da3e3";
    let secret_fields: Vec<_> =
        subject.description().settings.iter().filter(|field| field.kind == SettingKind::Secret).collect();
    // A plausible secret, one with surrounding spaces, and one with a line break. Each is sent twice, even if the
    // setting is not repeatable.
    for value in [CANARY.to_owned(), format!(" {CANARY} "), format!("{CANARY}\n{CANARY}")] {
        let settings: Vec<_> = secret_fields
            .iter()
            .chain(&secret_fields)
            .map(|field| Setting { key: field.key.clone(), value: value.clone() })
            .collect();
        let problems = match check(subject, &settings).await? {
            Ok(accepted) => accepted.warnings,
            Err(problems) => problems,
        };
        for problem in problems {
            let text = format!("{}{}{}", problem.key, problem.message, problem.remedy);
            ensure!(!text.contains(CANARY), "the problem with {} contains the secret", problem.key);
        }
    }
    Ok(())
}

pub(super) async fn origins(subject: &Subject) -> Verdict {
    let Ok(accepted) = check(subject, &subject.examples()).await? else {
        return Err("the example settings are refused".into());
    };
    let described = &subject.description().origins;
    for origin in &accepted.origins {
        ensure!(described.contains(&origin.name), "the description does not list the origin {}", origin.name);
        ensure!(
            origin.url.starts_with("https://"),
            "the origin {} of the example settings does not use https",
            origin.name
        );
    }
    ensure!(
        accepted.origins.len() == described.len(),
        "the description lists {} origins, `check-settings` returns {}",
        described.len(),
        accepted.origins.len()
    );
    Ok(())
}
