//! `verify-webhook`.

use crate::case::{Subject, Verdict, answered, ensure};
use crate::inputs::unsigned_webhooks;
use handover_host::contract::{Rejection, SettingKind};

pub(super) async fn unsigned(subject: &Subject) -> Verdict {
    let connection = subject.provider().connect_unchecked(subject.examples());
    for (number, webhook) in unsigned_webhooks().iter().enumerate() {
        let verdict = answered(connection.verify_webhook(webhook).await)?;
        ensure!(verdict.is_err(), "the unsigned webhook {number} is accepted");
    }
    Ok(())
}

pub(super) async fn no_secret(subject: &Subject) -> Verdict {
    let is_secret = |key: &str| {
        subject.description().settings.iter().any(|field| field.key == key && field.kind == SettingKind::Secret)
    };
    let settings: Vec<_> = subject.examples().into_iter().filter(|setting| !is_secret(&setting.key)).collect();
    for settings in [settings, Vec::new()] {
        let connection = subject.provider().connect_unchecked(settings);
        for webhook in unsigned_webhooks() {
            match answered(connection.verify_webhook(&webhook).await)? {
                Err(Rejection::NoSecret | Rejection::InvalidSettings) => {}
                Err(other) => return Err(format!("expected no-secret or invalid-settings, got {other:?}")),
                Ok(authenticity) => {
                    return Err(format!("a webhook is accepted without any secret: {authenticity:?}"));
                }
            }
        }
    }
    Ok(())
}
