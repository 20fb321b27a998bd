//! Tests of a session, without I/O.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

mod examples;
mod random_runs;

use handover_gateway::mailbox::{CallbackRules, Retries};
use handover_gateway::session::{Session, SessionEvent, SessionRules, TurnKey};
use handover_host::contract::{
    BotAnswer, BotHandover, BotMessage, BotResult, NextStep, ProviderRequest, Timestamp, Turn, TurnInput,
};
use std::time::Duration;

/// A time in 2026.
const NOW: Timestamp = 1_790_000_000_000;
/// The time for an answer.
const ANSWER_MS: u64 = 7_000;

fn rules() -> SessionRules {
    SessionRules {
        callback: CallbackRules {
            has_callback: true,
            retries: Retries {
                initial_delay: Duration::from_secs(1),
                max_delay: Duration::from_secs(60),
                give_up_after: Duration::from_secs(3_600),
            },
        },
        follows_handovers: true,
        answer_within: Duration::from_millis(ANSWER_MS),
        timeout_answer: answer("One moment.", NextStep::Handover(BotHandover::default())),
    }
}

fn answer(text: &str, next: NextStep) -> BotAnswer {
    BotAnswer {
        messages: vec![BotMessage { text: Some(text.to_owned()), content: Vec::new() }],
        next,
        parameters: Vec::new(),
    }
}

fn says(text: &str) -> BotAnswer {
    answer(text, NextStep::Wait)
}

fn done(text: &str) -> BotAnswer {
    answer(text, NextStep::Complete(BotResult { intent: "finished".to_owned(), slots: Vec::new() }))
}

/// A turn of a contact center that permits late answers and has ids of messages, as the Digital Bot Connector.
fn turn(message: &str) -> Turn {
    Turn {
        session_id: "s-1".to_owned(),
        message_id: Some(message.to_owned()),
        conversation_id: Some("c-1".to_owned()),
        bot: "acme-support".to_owned(),
        version: Some("1".to_owned()),
        language: Some("en-us".to_owned()),
        input: TurnInput { text: message.to_owned(), payload: None },
        parameters: Vec::new(),
        session_seconds: Some(43_200),
        permits_late_answer: true,
    }
}

/// A turn of a contact center without both, as the Bot Connector.
fn turn_without_id(text: &str) -> Turn {
    Turn { message_id: None, permits_late_answer: false, ..turn(text) }
}

fn ask(session: &mut Session, turn: &Turn, now: Timestamp) -> u32 {
    let key = TurnKey::of(turn, turn.input.text.as_bytes());
    session.ask(turn, key, now, &rules()).expect("the session takes the turn")
}

fn request(body: &str) -> ProviderRequest {
    ProviderRequest {
        idempotency_key: body.to_owned(),
        recipient: "s-1".to_owned(),
        operation: "late-answer".to_owned(),
        ttl_ms: None,
        body: body.as_bytes().to_vec(),
    }
}

/// Returns the types of the queued events, and publishes them.
fn events(session: &mut Session) -> Vec<&'static str> {
    let kind = |event: &SessionEvent| match event {
        SessionEvent::Turn(_) => "turn",
        SessionEvent::TurnTimedOut(_) => "turn-timed-out",
        SessionEvent::AnswerRefused(_) => "answer-refused",
        SessionEvent::Ended(_) => "ended",
    };
    let events = session.unpublished().map(|queued| serde_json::from_str(queued.event.get()).expect("an event"));
    let events: Vec<_> = events.map(|event: SessionEvent| kind(&event)).collect();
    session.published(u64::MAX, &rules());
    events
}
