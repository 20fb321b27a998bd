//! `build-outbound-message`.

use crate::case::{Subject, Verdict, answered, ensure};
use crate::inputs::{conversation, messages, outbound};
use handover_host::contract::{Ability, Outbound, OutboundMessage, ProviderRequest, Unsupported};
use std::collections::BTreeSet;

async fn build(subject: &Subject, message: &Outbound) -> Result<Result<Vec<ProviderRequest>, Unsupported>, String> {
    let connection = subject.provider().connect_unchecked(subject.examples());
    answered(connection.build_outbound_message(&conversation(), message).await)
}

/// What is promised can be built, and nothing else can.
pub(super) async fn abilities(subject: &Subject) -> Verdict {
    for (kind, message) in messages() {
        let ability = match message {
            OutboundMessage::Start(_) | OutboundMessage::Text(_) => None,
            OutboundMessage::Attachment(_) => Some(Ability::OutboundAttachments),
            OutboundMessage::Typing => Some(Ability::OutboundTyping),
            OutboundMessage::Answer(_) => Some(Ability::Answers),
            OutboundMessage::Receipt(_) => Some(Ability::OutboundReceipts),
            OutboundMessage::Leave(_) => Some(Ability::Leave),
        };
        let promised = ability.is_none_or(|ability| subject.description().abilities.contains(&ability));
        match (build(subject, &outbound("m-1", message)).await?, promised) {
            (Ok(requests), true) => ensure!(!requests.is_empty(), "{kind} becomes no request"),
            (Err(Unsupported::Kind(_)), false) => {}
            (Ok(_), false) => return Err(format!("{kind} can be built, and the description does not say so")),
            (Err(refused), _) => return Err(format!("{kind} is refused: {refused:?}")),
        }
    }
    Ok(())
}

pub(super) async fn keys(subject: &Subject) -> Verdict {
    let mut seen = BTreeSet::new();
    for (kind, message) in messages() {
        let first = build(subject, &outbound(&format!("{kind}-1"), message.clone())).await?;
        let again = build(subject, &outbound(&format!("{kind}-1"), message.clone())).await?;
        ensure!(first == again, "{kind} built twice is not the same");
        let other = build(subject, &outbound(&format!("{kind}-2"), message)).await?;
        for request in first.unwrap_or_default().into_iter().chain(other.unwrap_or_default()) {
            let key = request.idempotency_key;
            ensure!(seen.insert(key.clone()), "two requests have the key {key:?} ({kind})");
            ensure!(!key.is_empty(), "a request has no key ({kind})");
            ensure!(request.recipient == conversation().recipient, "a request is for another recipient ({kind})");
        }
    }
    Ok(())
}

pub(super) async fn ids(subject: &Subject) -> Verdict {
    for id in ["", "a#b", "a b", "a\n", "\u{e4}", &"a".repeat(101)] {
        let built = build(subject, &outbound(id, OutboundMessage::Text("hello".into()))).await?;
        ensure!(matches!(built, Err(Unsupported::Invalid(_))), "the id {id:?} is not refused");
    }
    let longest = build(subject, &outbound(&"a".repeat(100), OutboundMessage::Text("hello".into()))).await?;
    ensure!(longest.is_ok(), "an id of 100 characters is refused");
    Ok(())
}

pub(super) async fn empty(subject: &Subject) -> Verdict {
    for text in ["", " ", "\n\t"] {
        let built = build(subject, &outbound("m-1", OutboundMessage::Text(text.into()))).await?;
        ensure!(matches!(built, Err(Unsupported::Invalid(_))), "the text {text:?} is not refused");
    }
    Ok(())
}

/// Every word of a long text is in one of the requests, in order.
pub(super) async fn long(subject: &Subject) -> Verdict {
    let words: Vec<String> = (0..20_000).map(|number| format!("w{number}e")).collect();
    let built = build(subject, &outbound("m-1", OutboundMessage::Text(words.join(" ")))).await?;
    let requests = built.map_err(|refused| format!("a long text is refused: {refused:?}"))?;
    let bodies: String = requests.iter().map(|request| String::from_utf8_lossy(&request.body)).collect();
    let mut rest = bodies.as_str();
    for word in &words {
        rest =
            rest.split_once(word.as_str()).ok_or_else(|| format!("{word} of a long text is lost or out of order"))?.1;
    }
    Ok(())
}

pub(super) async fn operations(subject: &Subject) -> Verdict {
    for (kind, message) in messages() {
        for request in build(subject, &outbound("m-1", message)).await?.unwrap_or_default() {
            let operation = request.operation;
            for personal in ["Ada", "Hello", "example.com", "user-1"] {
                ensure!(!operation.contains(personal), "the operation of {kind} holds personal data");
            }
            ensure!((1..=64).contains(&operation.len()), "the operation of {kind} has {} bytes", operation.len());
        }
    }
    Ok(())
}
