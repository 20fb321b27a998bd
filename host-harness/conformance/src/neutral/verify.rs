//! `verify-webhook`.

use crate::case::{Verdict, ensure};
use crate::inputs::unsigned_webhooks;
use crate::session::Subject;
use handover_host::contract::Setting;

pub(super) async fn unsigned(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    for (number, webhook) in unsigned_webhooks().iter().enumerate() {
        let verdict = connection.verify_webhook(webhook).await?;
        ensure!(verdict.is_err(), "the unsigned webhook {number} is accepted");
    }
    Ok(())
}

/// Verifies that the required settings alone are refused, or accept no unsigned webhook.
pub(super) async fn no_secret(subject: &Subject) -> Verdict {
    let is_required = |setting: &Setting| {
        subject.description().settings.iter().any(|field| field.key == setting.key && field.required)
    };
    let settings: Vec<_> = subject.examples().into_iter().filter(is_required).collect();
    if subject.check_settings(&settings).await?.is_err() {
        return Ok(());
    }
    let session = subject.session(&settings);
    for webhook in unsigned_webhooks() {
        let verdict = session.verify_webhook(&webhook).await?;
        ensure!(verdict.is_err(), "a webhook is accepted without any secret: {verdict:?}");
    }
    Ok(())
}

/// Verifies that `receive-webhook` agrees with `verify-webhook`.
pub(super) async fn received(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    for (number, webhook) in unsigned_webhooks().iter().enumerate() {
        let verified = connection.verify_webhook(webhook).await?;
        for connection in [connection.clone(), connection.verified_by_provider()] {
            let received = connection.receive_webhook(webhook).await?;
            let received = received.map(|received| received.authenticity);
            ensure!(verified == received, "webhook {number}: verified {verified:?}, received {received:?}");
        }
    }
    Ok(())
}
