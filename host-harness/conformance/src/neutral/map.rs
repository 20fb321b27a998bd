//! `map-agent-events`.

use crate::case::{Verdict, ensure};
use crate::inputs::{non_objects, odd_objects, sources};
use crate::session::{Session, Subject};
use handover_host::contract::{AgentEvent, EventKind, EventSource, MappingError};

async fn events(connection: &Session<'_>, source: &EventSource, what: &str) -> Result<Vec<AgentEvent>, String> {
    let mapped = connection.map_agent_events(source).await.map_err(|error| format!("{what}: {error}"))?;
    mapped.map_err(|malformed| format!("{what}: a JSON object is reported as malformed: {malformed:?}"))
}

pub(super) async fn total(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    for (what, body) in odd_objects() {
        for source in sources(body.as_bytes()) {
            let events = events(&connection, &source, what).await?;
            ensure!(!events.is_empty(), "{what}: no events, not even `ignored`");
            for event in &events {
                ensure!(
                    (1..=512).contains(&event.id.len()),
                    "{what}: an event id has {} bytes instead of 1 to 512",
                    event.id.len()
                );
            }
        }
    }
    Ok(())
}

pub(super) async fn malformed(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    for (what, body, expected) in non_objects() {
        for source in sources(&body) {
            let mapped = connection.map_agent_events(&source).await?;
            let name = match &mapped {
                Ok(_) => "events",
                Err(MappingError::Empty) => "empty",
                Err(MappingError::NotUtf8(_)) => "not-utf8",
                Err(MappingError::NotJson(_)) => "not-json",
                Err(MappingError::NotAnObject) => "not-an-object",
                Err(_) => "another error",
            };
            ensure!(name == expected, "{what}: expected {expected}, got {name}");
            if let Err(MappingError::NotUtf8(offset) | MappingError::NotJson(offset)) = mapped {
                ensure!(offset <= body.len() as u64, "{what}: the offset {offset} is past the end");
            }
        }
    }
    Ok(())
}

pub(super) async fn unknown(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    for body in ["{}", r#"{"type":"No-Such-Type","kind":"no-such-kind","event":"no-such-event"}"#] {
        for source in sources(body.as_bytes()) {
            let events = events(&connection, &source, body).await?;
            let ignored = events.iter().all(|event| matches!(event.kind, EventKind::Ignored(_)));
            ensure!(ignored, "{body}: expected only ignored events, got {events:?}");
        }
    }
    Ok(())
}

pub(super) async fn reasons(subject: &Subject) -> Verdict {
    const CANARY: &str = "canary-77c1f1d2e1a9";
    let connection = subject.example_session();
    for body in [
        format!(r#"{{"type":"No-Such-Type","text":"{CANARY}","body":"{CANARY}","message":{{"text":"{CANARY}"}}}}"#),
        format!(r#"{{"type":"Text","text":"{CANARY}","text":"{CANARY}"}}"#),
    ] {
        for source in sources(body.as_bytes()) {
            for event in events(&connection, &source, "a canary").await? {
                if let EventKind::Ignored(why) = event.kind {
                    ensure!(!why.contains(CANARY), "the reason of an ignored event contains the text");
                    ensure!(!why.trim().is_empty(), "an ignored event has no reason");
                }
                ensure!(!event.id.contains(CANARY), "an event id contains the text");
            }
        }
    }
    Ok(())
}

pub(super) async fn ids(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    for source in [EventSource::Webhook, EventSource::EventBus, EventSource::Trigger, EventSource::Notification] {
        let once = events(&connection, &source(br#"{"id":"1","a":1}"#.to_vec()), "one").await?;
        let again = events(&connection, &source(br#"{"id":"1","a":1}"#.to_vec()), "the same").await?;
        let other = events(&connection, &source(br#"{"id":"2","a":2}"#.to_vec()), "another").await?;
        let ids = |events: &[AgentEvent]| events.iter().map(|event| event.id.clone()).collect::<Vec<_>>();
        ensure!(ids(&once) == ids(&again), "the same body yields different event ids the second time");
        ensure!(ids(&once).iter().all(|id| !ids(&other).contains(id)), "different bodies yield the same event id");
    }
    Ok(())
}
