//! `build-outbound-message`.

use crate::case::{Verdict, ensure};
use crate::inputs::{conversation, messages, outbound};
use crate::session::Subject;
use handover_host::contract::{
    Ability, Annotation, Conversation, Outbound, OutboundMessage, ProviderRequest, Unsupported,
};
use std::collections::BTreeSet;

async fn build(subject: &Subject, message: &Outbound) -> Result<Result<Vec<ProviderRequest>, Unsupported>, String> {
    let connection = subject.example_session();
    connection.build_outbound_message(&conversation(), message).await
}

/// Verifies that a provider builds exactly the kinds of messages that its abilities include.
pub(super) async fn abilities(subject: &Subject) -> Verdict {
    for (kind, message) in messages() {
        let ability = match message {
            OutboundMessage::Start(_) | OutboundMessage::Text(_) => None,
            OutboundMessage::Attachment(_) => Some(Ability::OutboundAttachments),
            OutboundMessage::Typing => Some(Ability::OutboundTyping),
            OutboundMessage::Answer(_) => Some(Ability::Answers),
            OutboundMessage::Receipt(_) => Some(Ability::OutboundReceipts),
            OutboundMessage::Leave(_) => Some(Ability::Leave),
            OutboundMessage::Reroute(_) => Some(Ability::Rerouting),
            OutboundMessage::Annotate(Annotation { reference: Some(_), .. }) => Some(Ability::Reference),
            OutboundMessage::Annotate(_) => Some(Ability::ConfidentialAttributes),
            OutboundMessage::Callback(_) => Some(Ability::Callbacks),
            OutboundMessage::ProactiveText(_) => Some(Ability::ProactiveMessages),
            OutboundMessage::RequestSurvey | OutboundMessage::SurveyScore(_) => Some(Ability::Surveys),
        };
        let expected = ability.is_none_or(|ability| subject.description().abilities.contains(&ability));
        match (build(subject, &outbound("m-1", message)).await?, expected) {
            (Ok(requests), true) => ensure!(!requests.is_empty(), "{kind}: built no request"),
            (Err(Unsupported::Kind(_)), false) => {}
            (Ok(_), false) => return Err(format!("{kind}: built, but the description does not list the ability")),
            (Err(error), _) => return Err(format!("{kind}: refused with {error:?}")),
        }
    }
    Ok(())
}

pub(super) async fn keys(subject: &Subject) -> Verdict {
    let mut seen = BTreeSet::new();
    for (kind, message) in messages() {
        let first = build(subject, &outbound(&format!("{kind}-1"), message.clone())).await?;
        let again = build(subject, &outbound(&format!("{kind}-1"), message.clone())).await?;
        ensure!(first == again, "{kind}: building it twice returns different requests");
        let other = build(subject, &outbound(&format!("{kind}-2"), message)).await?;
        for request in first.unwrap_or_default().into_iter().chain(other.unwrap_or_default()) {
            let key = request.idempotency_key;
            ensure!(seen.insert(key.clone()), "{kind}: the idempotency key {key:?} is not unique");
            ensure!(!key.is_empty(), "{kind}: a request has an empty idempotency key");
            ensure!(request.recipient == conversation().recipient, "{kind}: a request has another recipient");
        }
    }
    Ok(())
}

pub(super) async fn ids(subject: &Subject) -> Verdict {
    for id in ["", "a#b", "a b", "a\n", "\u{e4}", &"a".repeat(101)] {
        let built = build(subject, &outbound(id, OutboundMessage::Text("hello".into()))).await?;
        ensure!(matches!(built, Err(Unsupported::Invalid(_))), "the id {id:?} is not refused as invalid");
    }
    let longest = build(subject, &outbound(&"a".repeat(100), OutboundMessage::Text("hello".into()))).await?;
    ensure!(longest.is_ok(), "an id of 100 characters is refused");
    Ok(())
}

pub(super) async fn handover_number(subject: &Subject) -> Verdict {
    let connection = subject.example_session();
    let none = Conversation { handover: 0, ..conversation() };
    let message = outbound("m-1", OutboundMessage::Text("hello".into()));
    let built = connection.build_outbound_message(&none, &message).await?;
    ensure!(matches!(built, Err(Unsupported::Invalid(_))), "a handover of 0 is not refused as invalid");
    Ok(())
}

pub(super) async fn empty(subject: &Subject) -> Verdict {
    for text in ["", " ", "\n\t"] {
        let built = build(subject, &outbound("m-1", OutboundMessage::Text(text.into()))).await?;
        ensure!(matches!(built, Err(Unsupported::Invalid(_))), "the text {text:?} is not refused as invalid");
    }
    Ok(())
}

/// Verifies that the requests contain every word of a long text, in order.
pub(super) async fn long(subject: &Subject) -> Verdict {
    let words: Vec<String> = (0..20_000).map(|number| format!("w{number}e")).collect();
    let built = build(subject, &outbound("m-1", OutboundMessage::Text(words.join(" ")))).await?;
    let requests = built.map_err(|error| format!("a long text is refused: {error:?}"))?;
    let bodies: String = requests.iter().map(|request| String::from_utf8_lossy(&request.body)).collect();
    let mut rest = bodies.as_str();
    for word in &words {
        let after = rest.split_once(word.as_str()).map(|(_, after)| after);
        rest = after.ok_or_else(|| format!("a long text: the word {word} is missing or out of order"))?;
    }
    Ok(())
}

pub(super) async fn operations(subject: &Subject) -> Verdict {
    for (kind, message) in messages() {
        for request in build(subject, &outbound("m-1", message)).await?.unwrap_or_default() {
            let operation = request.operation;
            for personal in ["Ada", "Hello", "example.com", "user-1"] {
                ensure!(!operation.contains(personal), "{kind}: the operation contains personal data");
            }
            ensure!(
                (1..=64).contains(&operation.len()),
                "{kind}: the operation has {} bytes instead of 1 to 64",
                operation.len()
            );
        }
    }
    Ok(())
}
