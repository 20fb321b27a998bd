//! `deliver`, `find-delivery`, `observe-conversation`, `check-connection` and `provision`.

use crate::case::{Verdict, ensure};
use crate::driver::{Answer, NoAnswer};
use crate::inputs::{conversation, outbound};
use crate::json_form::Base64;
use crate::neutral::describe::is_kebab;
use crate::session::{Session, Subject};
use handover_host::contract::{
    Ability, CheckOutcome, DeliveryStatus, Failure, OutboundMessage, ProviderRequest, ProvisioningMode, RetryAdvice,
    RetryCause, Setting, SettingKind, StepOutcome,
};
use serde_json::json;
use std::collections::BTreeSet;

const CANARY: &str = "canary-5c0d1ce2b1f4";

/// Returns the example settings with the canary as every secret for which `check-settings` accepts it.
async fn settings(subject: &Subject) -> Vec<Setting> {
    let mut settings = subject.examples();
    for field in subject.description().settings.iter().filter(|field| field.kind == SettingKind::Secret) {
        let mut tried = settings.clone();
        tried.iter_mut().filter(|setting| setting.key == field.key).for_each(|setting| setting.value = CANARY.into());
        if matches!(subject.check_settings(&tried).await, Ok(Ok(_))) {
            settings = tried;
        }
    }
    settings
}

/// Returns calls during which the contact center answers every request with `answer`.
async fn session(subject: &Subject, answer: Answer) -> Session<'_> {
    subject.session(&settings(subject).await).always_answered(answer)
}

async fn text(connection: &Session<'_>) -> Result<ProviderRequest, String> {
    let message = outbound("m-1", OutboundMessage::Text("Hello".into()));
    let built = connection.build_outbound_message(&conversation(), &message).await?;
    let mut requests = built.map_err(|error| format!("a text is refused: {error:?}"))?;
    ensure!(requests.len() == 1, "a short text: built {} requests instead of 1", requests.len());
    requests.pop().ok_or_else(|| "a short text: built no request".into())
}

fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    Answer::Response { status, headers, body: Base64(body.into()) }
}

fn no_answer(error: NoAnswer) -> Answer {
    Answer::Error { error }
}

/// Calls `deliver`, `find-delivery` and `observe-conversation` while the contact center answers every request with
/// `answer`, and returns their failures.
async fn failures(subject: &Subject, answer: Answer) -> Result<[Option<Failure>; 3], String> {
    let connection = session(subject, answer).await;
    let text = text(&connection).await?;
    let delivered = connection.deliver(&text).await?;
    let found = connection.find_delivery(&conversation(), &text).await?;
    let observed = connection.observe_conversation(&conversation()).await?;
    Ok([delivered.err(), found.err(), observed.err()])
}

fn retry(failure: Option<Failure>) -> Result<RetryAdvice, String> {
    match failure {
        Some(Failure::Retry(advice)) => Ok(advice),
        other => Err(format!("expected retry, got {other:?}")),
    }
}

pub(super) async fn unreachable(subject: &Subject) -> Verdict {
    for failure in failures(subject, no_answer(NoAnswer::Unreachable)).await? {
        let advice = retry(failure)?;
        ensure!(advice.cause == RetryCause::Network, "expected the cause network, got {:?}", advice.cause);
        ensure!(!advice.may_have_arrived, "`may-have-arrived` is true, but nothing was sent");
    }
    Ok(())
}

pub(super) async fn timed_out(subject: &Subject) -> Verdict {
    for failure in failures(subject, no_answer(NoAnswer::TimedOut)).await? {
        let advice = retry(failure)?;
        ensure!(advice.cause == RetryCause::TimedOut, "expected the cause timed-out, got {:?}", advice.cause);
    }
    for failure in failures(subject, no_answer(NoAnswer::Interrupted)).await? {
        retry(failure)?;
    }
    Ok(())
}

pub(super) async fn rate_limited(subject: &Subject) -> Verdict {
    for failure in failures(subject, answer(429, &[("retry-after", "42")], "{}")).await? {
        let advice = retry(failure)?;
        ensure!(advice.cause == RetryCause::RateLimited, "expected the cause rate-limited, got {:?}", advice.cause);
        ensure!(advice.after_seconds == Some(42), "Retry-After: 42: `after-seconds` is {:?}", advice.after_seconds);
        ensure!(!advice.may_have_arrived, "`may-have-arrived` is true, but the response was 429");
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

/// Verifies that unexpected responses never count as a delivery, and that the number of requests is bounded.
pub(super) async fn garbage(subject: &Subject) -> Verdict {
    const MAX_REQUESTS_PER_CALL: usize = 40;
    for status in [200, 201, 204, 301, 302, 400, 401, 403, 404, 409, 413, 418, 500, 599] {
        for body in ["", "{}", "[]", "null", "\u{0}", r#"{"entities":[{}],"pageCount":1e9,"access_token":5}"#] {
            let connection = session(subject, answer(status, &[("location", "https://evil.example")], body)).await;
            let delivered = connection.deliver(&text(&connection).await?).await?;
            ensure!(delivered.is_err(), "{status} {body:?}: `deliver` reports a delivery");
            let found = connection.find_delivery(&conversation(), &text(&connection).await?).await?;
            ensure!(
                !matches!(found, Ok(DeliveryStatus::Delivered(_))),
                "{status} {body:?}: `find-delivery` reports a delivery"
            );
            connection.observe_conversation(&conversation()).await?.ok();
            connection.check_connection(None).await?.ok();
            let (requests, allowed) = (connection.requests().len(), 4 * MAX_REQUESTS_PER_CALL);
            ensure!(
                requests <= allowed,
                "{status} {body:?}: four calls made {requests} requests instead of at most {allowed}"
            );
        }
    }
    Ok(())
}

pub(super) async fn secrets(subject: &Subject) -> Verdict {
    let echo = format!(r#"{{"message":"{CANARY}","error":"{CANARY}","code":"x"}}"#);
    let answers = [no_answer(NoAnswer::Unreachable), answer(401, &[], "{}"), answer(500, &[], &echo)];
    for answer in answers {
        let connection = session(subject, answer).await;
        let text = text(&connection).await?;
        // As JSON, because the `Debug` output of message texts omits their content.
        let results = json!([
            connection.deliver(&text).await?,
            connection.find_delivery(&conversation(), &text).await?,
            connection.observe_conversation(&conversation()).await?,
            connection.check_connection(None).await?,
        ]);
        let results = results.to_string();
        ensure!(!results.contains(CANARY), "a result contains a secret: {}", results.replace(CANARY, "…"));
        ensure!(!results.contains("Hello"), "a result contains the text of the message");
    }
    Ok(())
}

pub(super) async fn foreign(subject: &Subject) -> Verdict {
    let connection = session(subject, answer(200, &[], "{}")).await;
    let foreign = ProviderRequest {
        idempotency_key: "m-1".into(),
        recipient: "user-1".into(),
        operation: "no/such/operation".into(),
        ttl_ms: None,
        body: b"{}".to_vec(),
    };
    let delivered = connection.deliver(&foreign).await?;
    ensure!(matches!(delivered, Err(Failure::Permanent(_))), "`deliver`: expected permanent, got {delivered:?}");
    let found = connection.find_delivery(&conversation(), &foreign).await?;
    ensure!(
        matches!(found, Err(Failure::Permanent(_)) | Ok(DeliveryStatus::Unknown)),
        "`find-delivery`: expected permanent or unknown, got {found:?}"
    );
    Ok(())
}

pub(super) async fn doctor(subject: &Subject) -> Verdict {
    let answers =
        [no_answer(NoAnswer::Unreachable), answer(401, &[], "{}"), answer(404, &[], "{}"), answer(200, &[], "{}")];
    for answer in answers {
        let connection = session(subject, answer).await;
        let checks = connection.check_connection(None).await?;
        let checks = checks.map_err(|failure| format!("`check-connection` fails: {failure:?}"))?;
        let mut names = BTreeSet::new();
        for check in &checks {
            ensure!(is_kebab(&check.name), "the check {:?} is not kebab-case", check.name);
            ensure!(names.insert(&check.name), "the check {} is reported twice", check.name);
            ensure!(!check.message.trim().is_empty(), "the check {} has no message", check.name);
            let has_remedy =
                check.outcome != CheckOutcome::Error || check.remedy.as_ref().is_some_and(|r| !r.trim().is_empty());
            ensure!(has_remedy, "the failed check {} has no remedy", check.name);
        }
        let failed = checks.iter().any(|check| check.outcome == CheckOutcome::Error);
        ensure!(failed, "the contact center is not usable, but no check failed");
    }
    Ok(())
}

pub(super) async fn provisioning(subject: &Subject) -> Verdict {
    let able = subject.description().abilities.contains(&Ability::Provisioning);
    for answer in [no_answer(NoAnswer::Unreachable), answer(401, &[], "{}"), answer(500, &[], "<html>")] {
        for mode in [ProvisioningMode::Plan, ProvisioningMode::Apply] {
            let connection = session(subject, answer.clone()).await;
            let steps = connection.provision("https://bot.example.com/webhook", mode).await?;
            let steps = steps.map_err(|failure| format!("`provision` fails: {failure:?}"))?;
            if !able {
                ensure!(steps.is_empty(), "`provision` returns steps, but the description does not list the ability");
                let requests = connection.requests();
                ensure!(
                    requests.is_empty(),
                    "`provision` sends requests, but the description does not list the ability"
                );
                continue;
            }
            let mut names = BTreeSet::new();
            for step in &steps {
                ensure!(is_kebab(&step.name), "the step {:?} is not kebab-case", step.name);
                ensure!(names.insert(&step.name), "the step {} is reported twice", step.name);
                ensure!(!step.message.trim().is_empty(), "the step {} has no message", step.name);
                ensure!(
                    step.outcome != StepOutcome::Applied,
                    "the step {} is applied, but every request failed",
                    step.name
                );
            }
            let reported = json!(steps).to_string();
            ensure!(!reported.contains(CANARY), "a step contains a secret: {}", reported.replace(CANARY, "…"));
            ensure!(
                steps.iter().any(|step| step.outcome == StepOutcome::Failed),
                "every request failed, but no step failed"
            );
        }
    }
    Ok(())
}
