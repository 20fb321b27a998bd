//! The interface `bot-connector`.

use crate::case::{Verdict, ensure};
use crate::driver::{Answer, NoAnswer};
use crate::inputs::{non_objects, odd_objects, unsigned_webhooks};
use crate::session::{Answered, Session, Subject};
use crate::vectors::{as_json, response_as_json};
use handover_host::contract::{
    Attribute, Bot, BotAnswer, BotHandover, BotMessage, BotRequest, BotResult, BotVersion, Button, ButtonAction,
    Content, Failure, Intent, MappingError, NextStep, ProviderRequest, Rejection, RetryCause, Slot, SlotType,
    SlotValue, Turn, TurnInput, Unsupported, Webhook,
};
use serde::Serialize;

fn turn(permits_late_answer: bool) -> Turn {
    Turn {
        session_id: "s-1".into(),
        message_id: Some("m-1".into()),
        conversation_id: Some("c-1".into()),
        bot: "bot-1".into(),
        version: Some("1".into()),
        language: Some("en-us".into()),
        input: TurnInput { text: "Hello".into(), payload: None },
        parameters: Vec::new(),
        session_seconds: Some(3_600),
        permits_late_answer,
    }
}

/// An answer for each next step, with a description for failure reports.
fn bot_answers() -> Vec<(&'static str, BotAnswer)> {
    let text = |text: &str| BotMessage { text: Some(text.into()), content: Vec::new() };
    let button = Button { text: "Yes".into(), action: ButtonAction::Answer("yes".into()), image: None };
    let question = BotMessage { text: Some("Sure?".into()), content: vec![Content::QuickReply(button)] };
    let attribute = Attribute { key: "tier".into(), value: "gold".into(), confidential: false };
    let slot = Slot { name: "count".into(), kind: SlotType::Integer, is_collection: false };
    let result = BotResult { intent: "finished".into(), slots: vec![SlotValue { slot, values: vec!["12".into()] }] };
    let handover = BotHandover {
        queue: Some("support".into()),
        summary: Some("Wants to change the plan".into()),
        attributes: vec![attribute.clone()],
    };
    let answer = |messages, next| BotAnswer { messages, next, parameters: vec![attribute.clone()] };
    vec![
        ("a text", answer(vec![text("Hello")], NextStep::Wait)),
        ("no message", answer(Vec::new(), NextStep::Wait)),
        ("two messages", answer(vec![text("One"), question], NextStep::Wait)),
        ("a result", answer(vec![text("Done")], NextStep::Complete(result))),
        ("a handover", answer(vec![text("One moment")], NextStep::Handover(handover))),
        ("a handover without details", answer(Vec::new(), NextStep::Handover(BotHandover::default()))),
        ("a failure", answer(Vec::new(), NextStep::Fail("the bot is not available".into()))),
    ]
}

fn bots() -> Vec<Bot> {
    let intent = Intent { name: "finished".into(), slots: Vec::new() };
    let version = BotVersion { version: "1".into(), languages: vec!["en-us".into()], intents: vec![intent] };
    vec![Bot { id: "bot-1".into(), name: "Front desk".into(), description: None, versions: vec![version] }]
}

fn request(path: &str, body: &[u8]) -> Webhook {
    Webhook { method: "POST".into(), path: path.into(), headers: Vec::new(), body: body.to_vec() }
}

fn late(operation: &str) -> ProviderRequest {
    ProviderRequest {
        idempotency_key: "k-1".into(),
        recipient: "s-1".into(),
        operation: operation.into(),
        ttl_ms: None,
        body: b"{}".to_vec(),
    }
}

/// Verifies that every call refuses prepared settings that are not the provider's.
pub(super) async fn foreign(subject: &Subject) -> Verdict {
    for prepared in [Vec::new(), vec![0; 64], b"another-provider 1.0.0".to_vec()] {
        let connection = subject.prepared_session(prepared);
        let verified = connection.verify_bot_request(&request("/", b"{}")).await?;
        ensure!(verified == Err(Rejection::StaleSettings), "verify-bot-request answers {verified:?}");
        let mapped = connection.map_bot_request(&request("/", b"{}")).await?;
        ensure!(mapped == Err(MappingError::StaleSettings), "map-bot-request answers {mapped:?}");
        for (what, answer) in bot_answers() {
            let refused = [
                connection.build_bot_response(&turn(false), 1, &answer).await?.err(),
                connection.build_late_answer(&turn(true), &answer, 1).await?.err(),
                connection.build_bot_list(&bots(), None).await?.err(),
            ];
            for error in refused {
                ensure!(error == Some(Unsupported::StaleSettings), "{what}: the answer is {error:?}");
            }
        }
        let failures = [
            connection.deliver_late_answer(&late("late-answer")).await?.err(),
            connection.register_bots(&bots()).await?.err(),
        ];
        for failure in failures {
            ensure!(failure == Some(Failure::StaleSettings), "an effect answers {failure:?}");
        }
    }
    Ok(())
}

pub(super) async fn unsigned(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    for (number, webhook) in unsigned_webhooks().iter().enumerate() {
        let verdict = connection.verify_bot_request(webhook).await?;
        ensure!(verdict.is_err(), "the request {number}, which has no secret, is accepted");
    }
    Ok(())
}

pub(super) async fn malformed(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    for (what, body, expected) in non_objects() {
        let mapped = connection.map_bot_request(&request("/", &body)).await?;
        let found = match &mapped {
            Ok(_) => "a request",
            Err(MappingError::Empty) => "empty",
            Err(MappingError::NotUtf8(_)) => "not-utf8",
            Err(MappingError::NotJson(_)) => "not-json",
            Err(MappingError::NotAnObject) => "not-an-object",
            Err(_) => "another error",
        };
        ensure!(found == expected, "{what}: expected {expected}, got {found}");
    }
    for (what, body) in odd_objects() {
        let mapped = connection.map_bot_request(&request("/", body.as_bytes())).await?;
        ensure!(mapped.is_ok(), "{what}: the answer is {mapped:?}");
    }
    Ok(())
}

pub(super) async fn unknown(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    for path in ["/no-such-path", "/bots/a/b/c", "/%"] {
        let mapped = connection.map_bot_request(&request(path, b"{}")).await?;
        ensure!(mapped == Ok(BotRequest::Unknown), "{path}: expected unknown, got {mapped:?}");
    }
    Ok(())
}

/// Verifies that every answer becomes a response, and that the turns of a session do not all have the same one.
pub(super) async fn answers(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    for permits_late_answer in [false, true] {
        for (what, answer) in bot_answers() {
            let built = connection.build_bot_response(&turn(permits_late_answer), 1, &answer).await?;
            let response = built.map_err(|error| format!("{what}: refused: {error:?}"))?;
            ensure!(response.status == 200, "{what}: the status is {}", response.status);
            ensure!(!response.body.is_empty(), "{what}: the response is empty");
        }
    }
    let listed = connection.build_bot_list(&bots(), None).await?;
    ensure!(listed.is_ok(), "the bots are refused: {:?}", listed.err());
    let missing = connection.build_bot_list(&bots(), Some("no-such-bot")).await?.map(|response| response.status);
    ensure!(missing == Ok(404), "an unknown bot: expected the status 404, got {missing:?}");
    Ok(())
}

/// Verifies that a turn that permits no late answer gets none, and that different answers have different keys.
pub(super) async fn late_answers(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    let mut keys: Vec<String> = Vec::new();
    for (what, answer) in bot_answers() {
        let refused = connection.build_late_answer(&turn(false), &answer, 1).await?;
        ensure!(refused.is_err(), "{what}: a late answer to a turn that permits none");
        for time in [1, 2] {
            let built = connection.build_late_answer(&turn(true), &answer, time).await?;
            let Ok(request) = built else {
                // A provider may have no late answers at all.
                ensure!(matches!(built, Err(Unsupported::Kind(_))), "{what}: the answer is {built:?}");
                return Ok(());
            };
            let again = connection.build_late_answer(&turn(true), &answer, time).await?;
            ensure!(again.as_ref() == Ok(&request), "{what}: built again, the request is another one");
            ensure!(!keys.contains(&request.idempotency_key), "{what}: another answer has the same key");
            keys.push(request.idempotency_key);
        }
    }
    Ok(())
}

/// Calls every pure function with every kind of input, and returns each result or the error of the call.
async fn results(connection: &Session<'_>) -> Vec<(String, Result<String, String>)> {
    // As JSON, because the `Debug` output of message texts omits their content.
    fn json<T: Serialize, E: Serialize>(answered: Answered<T, E>) -> Result<String, String> {
        serde_json::to_string(&answered?).map_err(|error| error.to_string())
    }
    let mut results = Vec::new();
    for webhook in unsigned_webhooks() {
        results.push(("verify-bot-request".into(), json(connection.verify_bot_request(&webhook).await)));
    }
    for (what, body) in odd_objects() {
        let mapped = connection.map_bot_request(&request("/", body.as_bytes())).await;
        results.push((format!("map-bot-request of {what}"), json(mapped)));
    }
    for (what, answer) in bot_answers() {
        for number in [1, 2] {
            let built = connection.build_bot_response(&turn(false), number, &answer).await;
            let built = built.map(|answer| answer.map(|response| response_as_json(&response)));
            results.push((format!("build-bot-response of {what}"), json(built)));
        }
        let built = connection.build_late_answer(&turn(true), &answer, 1).await;
        let built = built.map(|answer| answer.map(|request| as_json(&request)));
        results.push((format!("build-late-answer of {what}"), json(built)));
    }
    let listed = connection.build_bot_list(&bots(), None).await;
    let listed = listed.map(|answer| answer.map(|response| response_as_json(&response)));
    results.push(("build-bot-list".into(), json(listed)));
    results
}

pub(super) async fn no_imports(subject: &Subject) -> Verdict {
    // The host traps every import that a pure function calls.
    for (call, result) in results(&subject.example_session()).await {
        if let Err(error) = result {
            return Err(format!("{call}: {error}"));
        }
    }
    Ok(())
}

pub(super) async fn warm(subject: &Subject) -> Verdict {
    let fresh = results(&subject.example_session()).await;
    // The second round detects state from the first one.
    for round in 1..=2 {
        let kept = results(&subject.example_session().in_a_kept_instance()).await;
        for ((call, one), (_, other)) in fresh.iter().zip(&kept) {
            ensure!(one == other, "{call}: the result differs in a reused instance (round {round})");
        }
    }
    Ok(())
}

pub(super) async fn unreachable(subject: &Subject) -> Verdict {
    let connection = subject.example_session().always_answered(Answer::Error { error: NoAnswer::Unreachable });
    let (_, answer) = bot_answers().swap_remove(0);
    if let Ok(request) = connection.build_late_answer(&turn(true), &answer, 1).await? {
        match connection.deliver_late_answer(&request).await? {
            Err(Failure::Retry(advice)) => {
                ensure!(advice.cause == RetryCause::Network, "expected the cause network, got {:?}", advice.cause);
                ensure!(!advice.may_have_arrived, "`may-have-arrived` is true, but nothing was sent");
            }
            other => return Err(format!("deliver-late-answer: expected retry, got {other:?}")),
        }
    }
    Ok(())
}

pub(super) async fn operations(subject: &Subject) -> Verdict {
    let connection = subject.example_session().always_answered(Answer::Error { error: NoAnswer::Unreachable });
    let failure = connection.deliver_late_answer(&late("no-such-operation")).await?.err();
    let is_final = matches!(failure, Some(Failure::Permanent(_) | Failure::Unsupported));
    ensure!(is_final, "an operation that the provider did not build: {failure:?}");
    ensure!(connection.requests().is_empty(), "a request for an operation that the provider did not build");
    Ok(())
}
