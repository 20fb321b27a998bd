//! `deliver`, `find-delivery`, `observe-conversation`, `check-connection` and `provision`.

use crate::case::{Subject, Verdict, answered, ensure, failed};
use crate::inputs::{conversation, outbound};
use crate::neutral::describe::is_kebab;
use crate::script::{Answer, Script, Scripted};
use handover_host::contract::{
    Ability, CheckOutcome, DeliveryStatus, Failure, OutboundMessage, ProviderRequest, ProvisioningMode, RetryAdvice,
    RetryCause, Setting, SettingKind, StepOutcome,
};
use handover_host::{Connection, TransportError};
use std::collections::BTreeSet;

const CANARY: &str = "canary-5c0d1ce2b1f4";

/// The example settings, with a canary for each secret that may be any text.
async fn settings(subject: &Subject) -> Vec<Setting> {
    let mut settings = subject.examples();
    for field in subject.description().settings.iter().filter(|field| field.kind == SettingKind::Secret) {
        let mut tried = settings.clone();
        tried.iter_mut().filter(|setting| setting.key == field.key).for_each(|setting| setting.value = CANARY.into());
        if subject.provider().check_settings(&tried).await.is_ok() {
            settings = tried;
        }
    }
    settings
}

async fn connect(subject: &Subject, answer: Answer) -> Result<(Connection, Scripted), String> {
    subject.scripted(settings(subject).await, Script::Always(answer)).await
}

async fn text(connection: &Connection) -> Result<ProviderRequest, String> {
    let message = outbound("m-1", OutboundMessage::Text("Hello".into()));
    let built = answered(connection.build_outbound_message(&conversation(), &message).await)?;
    let mut requests = built.map_err(|refused| format!("a text is refused: {refused:?}"))?;
    ensure!(requests.len() == 1, "a short text becomes {} requests", requests.len());
    requests.pop().ok_or_else(|| "a text becomes no request".into())
}

fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
    let mut response = http::Response::new(body.as_bytes().to_vec());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    for (name, value) in headers {
        response.headers_mut().append(*name, http::HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Delivers a text, looks for it and observes a conversation while the contact center gives this answer to everything.
async fn failures(subject: &Subject, answer: Answer) -> Result<[Option<Failure>; 3], String> {
    let (connection, _) = connect(subject, answer).await?;
    let text = text(&connection).await?;
    let delivered = answered(connection.deliver(&text).await)?;
    let found = answered(connection.find_delivery(&conversation(), &text).await)?;
    let observed = answered(connection.observe_conversation(&conversation()).await)?;
    Ok([delivered.err(), found.err(), observed.err()])
}

fn retry(failure: Option<Failure>) -> Result<RetryAdvice, String> {
    match failure {
        Some(Failure::Retry(advice)) => Ok(advice),
        other => Err(format!("{other:?} instead of retry")),
    }
}

pub(super) async fn unreachable(subject: &Subject) -> Verdict {
    for failure in failures(subject, Err(TransportError::Unreachable)).await? {
        let advice = retry(failure)?;
        ensure!(advice.cause == RetryCause::Network, "the cause is {:?} instead of network", advice.cause);
        ensure!(!advice.may_have_arrived, "it may have arrived, although nothing was sent");
    }
    Ok(())
}

pub(super) async fn timed_out(subject: &Subject) -> Verdict {
    for failure in failures(subject, Err(TransportError::TimedOut)).await? {
        let advice = retry(failure)?;
        ensure!(advice.cause == RetryCause::TimedOut, "the cause is {:?} instead of timed-out", advice.cause);
    }
    for failure in failures(subject, Err(TransportError::Interrupted)).await? {
        retry(failure)?;
    }
    Ok(())
}

pub(super) async fn rate_limited(subject: &Subject) -> Verdict {
    for failure in failures(subject, answer(429, &[("retry-after", "42")], "{}")).await? {
        let advice = retry(failure)?;
        ensure!(advice.cause == RetryCause::RateLimited, "the cause is {:?} instead of rate-limited", advice.cause);
        ensure!(advice.after_seconds == Some(42), "Retry-After: 42 became {:?}", advice.after_seconds);
        ensure!(!advice.may_have_arrived, "it may have arrived, although it was turned away");
    }
    Ok(())
}

pub(super) async fn server_error(subject: &Subject) -> Verdict {
    for status in [500, 502, 503, 504] {
        for failure in failures(subject, answer(status, &[], "<html>")).await? {
            retry(failure).map_err(|error| format!("{status}: {error}"))?;
        }
    }
    Ok(())
}

/// Answers that no contact center should give. Nothing is delivered by accident, and nobody goes round in circles.
pub(super) async fn garbage(subject: &Subject) -> Verdict {
    const ENOUGH: usize = 40;
    for status in [200, 201, 204, 301, 302, 400, 401, 403, 404, 409, 413, 418, 500, 599] {
        for body in ["", "{}", "[]", "null", "\u{0}", r#"{"entities":[{}],"pageCount":1e9,"access_token":5}"#] {
            let (connection, scripted) =
                connect(subject, answer(status, &[("location", "https://evil.example")], body)).await?;
            let delivered = answered(connection.deliver(&text(&connection).await?).await)?;
            ensure!(delivered.is_err(), "a text counts as delivered after nothing but {status} {body:?}");
            let found = answered(connection.find_delivery(&conversation(), &text(&connection).await?).await)?;
            ensure!(
                !matches!(found, Ok(DeliveryStatus::Delivered(_))),
                "a text counts as arrived after nothing but {status} {body:?}"
            );
            answered(connection.observe_conversation(&conversation()).await)?.ok();
            connection.check_connection(None).await.map_err(failed)?;
            let asked = scripted.asked().len();
            ensure!(asked <= 4 * ENOUGH, "{asked} requests for four calls, each answered with {status} {body:?}");
        }
    }
    Ok(())
}

pub(super) async fn secrets(subject: &Subject) -> Verdict {
    let repeated = format!(r#"{{"message":"{CANARY}","error":"{CANARY}","code":"x"}}"#);
    let answers = [Err(TransportError::Unreachable), answer(401, &[], "{}"), answer(500, &[], &repeated)];
    for answer in answers {
        let (connection, _) = connect(subject, answer).await?;
        let told = format!(
            "{:?} {:?} {:?} {:?}",
            connection.deliver(&text(&connection).await?).await,
            connection.find_delivery(&conversation(), &text(&connection).await?).await,
            connection.observe_conversation(&conversation()).await,
            connection.check_connection(None).await
        );
        ensure!(!told.contains(CANARY), "a failure repeats a secret: {}", told.replace(CANARY, "…"));
        ensure!(!told.contains("Hello"), "a failure repeats a message's text");
    }
    Ok(())
}

pub(super) async fn foreign(subject: &Subject) -> Verdict {
    let (connection, _) = connect(subject, answer(200, &[], "{}")).await?;
    let foreign = ProviderRequest {
        idempotency_key: "m-1".into(),
        recipient: "user-1".into(),
        operation: "no/such/operation".into(),
        ttl_ms: None,
        body: b"{}".to_vec(),
    };
    let delivered = answered(connection.deliver(&foreign).await)?;
    ensure!(matches!(delivered, Err(Failure::Permanent(_))), "{delivered:?} instead of never");
    let found = answered(connection.find_delivery(&conversation(), &foreign).await)?;
    ensure!(
        matches!(found, Err(Failure::Permanent(_)) | Ok(DeliveryStatus::Unknown)),
        "{found:?} instead of never or unknown"
    );
    Ok(())
}

pub(super) async fn doctor(subject: &Subject) -> Verdict {
    let answers =
        [Err(TransportError::Unreachable), answer(401, &[], "{}"), answer(404, &[], "{}"), answer(200, &[], "{}")];
    for answer in answers {
        let (connection, _) = connect(subject, answer).await?;
        let checks = connection.check_connection(None).await.map_err(failed)?;
        let mut names = BTreeSet::new();
        for check in &checks {
            ensure!(is_kebab(&check.name), "the check {:?} is not kebab-case", check.name);
            ensure!(names.insert(&check.name), "the check {} is there twice", check.name);
            ensure!(!check.message.trim().is_empty(), "the check {} says nothing", check.name);
            let mended =
                check.outcome != CheckOutcome::Error || check.remedy.as_ref().is_some_and(|r| !r.trim().is_empty());
            ensure!(mended, "the failed check {} has no remedy", check.name);
        }
        let failed = checks.iter().any(|check| check.outcome == CheckOutcome::Error);
        ensure!(failed, "nothing works, and no check failed");
    }
    Ok(())
}

pub(super) async fn provisioning(subject: &Subject) -> Verdict {
    let able = subject.description().abilities.contains(&Ability::Provisioning);
    for answer in [Err(TransportError::Unreachable), answer(401, &[], "{}"), answer(500, &[], "<html>")] {
        for mode in [ProvisioningMode::Plan, ProvisioningMode::Apply] {
            let (connection, scripted) = connect(subject, answer.clone()).await?;
            let steps = connection.provision("https://bot.example.com/webhook", mode).await.map_err(failed)?;
            if !able {
                ensure!(steps.is_empty(), "it provisions, although it does not name the ability");
                ensure!(scripted.asked().is_empty(), "it asks, although it does not name the ability");
                continue;
            }
            let mut names = BTreeSet::new();
            for step in &steps {
                ensure!(is_kebab(&step.name), "the step {:?} is not kebab-case", step.name);
                ensure!(names.insert(&step.name), "the step {} is there twice", step.name);
                ensure!(!step.message.trim().is_empty(), "the step {} says nothing", step.name);
                ensure!(step.outcome != StepOutcome::Applied, "the step {} is done, although nothing works", step.name);
            }
            let told = format!("{steps:?}");
            ensure!(!told.contains(CANARY), "a step repeats a secret: {}", told.replace(CANARY, "…"));
            ensure!(steps.iter().any(|step| step.outcome == StepOutcome::Failed), "nothing works, and no step failed");
        }
    }
    Ok(())
}
