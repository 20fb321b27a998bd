//! `verify-webhook`.

use crate::case::{Subject, Verdict, answered, ensure};
use crate::inputs::unsigned_webhooks;
use handover_host::contract::Setting;

pub(super) async fn unsigned(subject: &Subject) -> Verdict {
    let connection = subject.connection().await?;
    for (number, webhook) in unsigned_webhooks().iter().enumerate() {
        let verdict = answered(connection.verify_webhook(webhook).await)?;
        ensure!(verdict.is_err(), "the unsigned webhook {number} is accepted");
    }
    Ok(())
}

/// Verifies that the required settings alone are refused, or accept no unsigned webhook.
pub(super) async fn no_secret(subject: &Subject) -> Verdict {
    let is_required = |setting: &Setting| {
        subject.description().settings.iter().any(|field| field.key == setting.key && field.required)
    };
    let settings = subject.examples().into_iter().filter(is_required).collect();
    let Ok(connection) = subject.provider().connect_offline(settings).await else { return Ok(()) };
    for webhook in unsigned_webhooks() {
        let verdict = answered(connection.verify_webhook(&webhook).await)?;
        ensure!(verdict.is_err(), "a webhook is accepted without any secret: {verdict:?}");
    }
    Ok(())
}

/// Verifies that `receive-webhook` agrees with `verify-webhook`.
pub(super) async fn received(subject: &Subject) -> Verdict {
    let connection = subject.connection().await?;
    for (number, webhook) in unsigned_webhooks().iter().enumerate() {
        let verified = answered(connection.verify_webhook(webhook).await)?;
        for connection in [connection.clone(), connection.verified_by_provider()] {
            let received = answered(connection.receive_webhook(webhook).await)?;
            let received = received.map(|received| received.authenticity);
            ensure!(verified == received, "webhook {number}: verified {verified:?}, received {received:?}");
        }
    }
    Ok(())
}
