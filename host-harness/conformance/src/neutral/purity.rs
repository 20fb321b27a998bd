//! Purity: the result of a pure function depends only on its arguments.
//!
//! A pure function calls no import and keeps no state for later calls. A fresh WebAssembly instance has no other source
//! of variation.

use crate::case::{Verdict, ensure};
use crate::inputs::{conversation, messages, odd_objects, outbound, sources, unsigned_webhooks};
use crate::session::{Answered, Session, Subject};
use crate::vectors::as_json;
use handover_host::contract::EventSource;
use serde::Serialize;

/// Calls every pure function with every kind of input, and returns each result or the error of the call.
async fn answers(sessions: [Session<'_>; 2]) -> Vec<(String, Result<String, String>)> {
    // As JSON, because the `Debug` output of message texts omits their content.
    fn json<T: Serialize, E: Serialize>(answered: Answered<T, E>) -> Result<String, String> {
        serde_json::to_string(&answered?).map_err(|error| error.to_string())
    }
    let mut answers = Vec::new();
    for connection in sessions {
        for webhook in unsigned_webhooks() {
            answers.push(("verify-webhook".into(), json(connection.verify_webhook(&webhook).await)));
            // The events of an authentic webhook are those of `map-agent-events`, which is called below.
            let received = connection.verified_by_provider().receive_webhook(&webhook).await;
            let received = received.map(|answer| answer.map(|received| received.authenticity));
            answers.push(("receive-webhook".into(), json(received)));
        }
        for (what, body) in odd_objects() {
            for source in sources(body.as_bytes()) {
                let answer = json(connection.map_agent_events(&source).await);
                answers.push((format!("map-agent-events of {what}"), answer));
            }
        }
        let text = br#"{"id":"1","type":"Text","text":"hi","channel":{"to":{"id":"u"},"time":"2026-03-01T10:00:00Z"}}"#;
        let answer = json(connection.map_agent_events(&EventSource::Webhook(text.to_vec())).await);
        answers.push(("map-agent-events of a text".into(), answer));
        for (kind, message) in messages() {
            let built = connection.build_outbound_message(&conversation(), &outbound("m-1", message)).await;
            let built = built.map(|answer| answer.map(|requests| requests.iter().map(as_json).collect::<Vec<_>>()));
            answers.push((format!("build-outbound-message of {kind}"), json(built)));
        }
    }
    answers
}

/// Returns calls with the example settings, and calls with prepared settings that are not the provider's.
fn sessions(subject: &Subject) -> [Session<'_>; 2] {
    [subject.example_session(), subject.prepared_session(Vec::new())]
}

pub(super) async fn no_imports(subject: &Subject) -> Verdict {
    // The host traps every import that a pure function calls.
    for settings in [subject.examples(), Vec::new()] {
        subject.check_settings(&settings).await.map_err(|error| format!("check-settings: {error}"))?.ok();
    }
    for (call, answer) in answers(sessions(subject)).await {
        if let Err(error) = answer {
            return Err(format!("{call}: {error}"));
        }
    }
    Ok(())
}

pub(super) async fn warm(subject: &Subject) -> Verdict {
    let fresh = answers(sessions(subject)).await;
    // The second round detects state from the first one.
    for round in 1..=2 {
        let kept = answers(sessions(subject).map(Session::in_a_kept_instance)).await;
        for ((call, one), (_, other)) in fresh.iter().zip(&kept) {
            ensure!(one == other, "{call}: the result differs in a reused instance (round {round})");
        }
    }
    Ok(())
}
