//! Prepared settings: every call refuses those of another provider or version, and damaged ones.

use crate::case::{Verdict, ensure};
use crate::inputs::{conversation, outbound, webhook};
use crate::session::{Session, Subject};
use handover_host::contract::{
    EventSource, Failure, MappingError, OutboundMessage, ProviderRequest, ProvisioningMode, Rejection, Routing,
    Unsupported,
};

/// Verifies that every call answers with `stale-settings`.
async fn is_refused(connection: &Session<'_>, what: &str) -> Verdict {
    let webhook = webhook(&[], b"{}");
    let verified = connection.verify_webhook(&webhook).await?;
    ensure!(verified == Err(Rejection::StaleSettings), "{what}: verify-webhook answers {verified:?}");
    let received = connection.receive_webhook(&webhook).await?.map(|received| received.authenticity);
    ensure!(received == Err(Rejection::StaleSettings), "{what}: receive-webhook answers {received:?}");
    let mapped = connection.map_agent_events(&EventSource::Webhook(b"{}".to_vec())).await?;
    ensure!(mapped == Err(MappingError::StaleSettings), "{what}: map-agent-events answers {mapped:?}");
    let (to, message) = (conversation(), outbound("m-1", OutboundMessage::Text("hello".into())));
    let built = connection.build_outbound_message(&to, &message).await?.map(|requests| requests.len());
    ensure!(built == Err(Unsupported::StaleSettings), "{what}: build-outbound-message answers {built:?}");
    let request = ProviderRequest {
        idempotency_key: "m-1".into(),
        recipient: to.recipient.clone(),
        operation: "message".into(),
        ttl_ms: None,
        body: b"{}".to_vec(),
    };
    let failures = [
        ("deliver", connection.deliver(&request).await?.err()),
        ("find-delivery", connection.find_delivery(&to, &request).await?.err()),
        ("observe-conversation", connection.observe_conversation(&to).await?.err()),
        ("fetch-agent-messages", connection.fetch_agent_messages(&to).await?.err()),
        ("check-availability", connection.check_availability(&Routing::default()).await?.err()),
        ("check-connection", connection.check_connection(None).await?.err()),
        ("provision", connection.provision("https://bot.example.com/webhook", ProvisioningMode::Plan).await?.err()),
    ];
    for (call, failure) in failures {
        ensure!(failure == Some(Failure::StaleSettings), "{what}: {call} answers {failure:?}");
    }
    Ok(())
}

async fn prepared(subject: &Subject) -> Result<Vec<u8>, String> {
    let accepted = subject.check_settings(&subject.examples()).await?;
    Ok(accepted.map_err(|problems| format!("the example settings are refused: {problems:?}"))?.prepared)
}

pub(super) async fn foreign(subject: &Subject) -> Verdict {
    for (what, prepared) in [
        ("no bytes", Vec::new()),
        ("zeros", vec![0; 64]),
        ("ones", vec![0xff; 64]),
        ("a text", b"another-provider 1.0.0".to_vec()),
        ("a long text", vec![b'a'; 100_000]),
    ] {
        is_refused(&subject.prepared_session(prepared), what).await?;
    }
    Ok(())
}

pub(super) async fn cut(subject: &Subject) -> Verdict {
    let prepared = prepared(subject).await?;
    let length = prepared.len();
    let lengths = [1, 2, length / 4, length / 2, length - length / 4, length.saturating_sub(1)];
    for length in lengths.into_iter().filter(|cut| *cut < length) {
        let cut = prepared.get(..length).unwrap_or_default().to_vec();
        is_refused(&subject.prepared_session(cut), &format!("the first {length} bytes")).await?;
    }
    let longer = [prepared.as_slice(), &[0]].concat();
    is_refused(&subject.prepared_session(longer), "one more byte").await
}

/// Verifies that the version of the provider is part of the prepared settings.
pub(super) async fn version(subject: &Subject) -> Verdict {
    let mut prepared = prepared(subject).await?;
    let version = subject.description().version.as_bytes().to_vec();
    ensure!(!version.is_empty(), "the description has no version");
    let found = prepared.windows(version.len()).position(|window| window == version);
    let found = found.ok_or("the prepared settings do not contain the version of the provider")?;
    if let Some(digit) = prepared.get_mut(found) {
        *digit = if *digit == b'9' { b'8' } else { b'9' };
    }
    is_refused(&subject.prepared_session(prepared), "another version").await
}
