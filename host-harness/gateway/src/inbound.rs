//! From the contact center: a webhook is verified, mapped and taken into the mailboxes; only then is it answered.

use crate::clock::now;
use crate::connection_service::ConnectionService;
use crate::mailbox::{Accepted, EventOrigin, NoRoom, NotAccepted, Refused, Source};
use crate::mailboxes::ChangeError;
use crate::store::StoreError;
use handover_host::contract::{AgentEvent, Authenticity, EventKind, Malformed, OperatorSource, Rejection, Webhook};
use handover_host::{CallError, VerifiedWebhook};
use std::time::Instant;

/// What became of a webhook that was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// Events that were never taken before.
    pub new: usize,
    /// Events that were.
    pub duplicates: usize,
    /// Events that name nobody who was ever handed over.
    pub unknown: usize,
    /// Events of an operator's own source that are older than the replay window, and are dropped.
    pub replayed: usize,
    /// Events of an operator's own source that say something else than an event of the same id did, and are dropped.
    pub contradicting: usize,
}

/// Why a webhook was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookError {
    /// It is not to be believed.
    #[error("the webhook is not verified: {0:?}")]
    Rejected(Rejection),
    /// No connection of the path accepts it; the rejection of each.
    #[error("{0}")]
    RejectedByAll(String),
    /// It is authentic, and no JSON object: sent again, it will not be either.
    #[error("the webhook cannot be read: {0:?}")]
    Malformed(Malformed),
    /// It is a replay, contradicts what was taken, or too much waits.
    #[error(transparent)]
    NotAccepted(NotAccepted),
    /// The plugin failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others were always faster.
    #[error("others change the same mailbox all the time")]
    Contended,
}

impl Received {
    fn add(&mut self, accepted: Option<Accepted>, events: usize) {
        match accepted {
            Some(accepted) => {
                self.new += accepted.new;
                self.duplicates += accepted.duplicates;
            }
            None => self.unknown += events,
        }
    }
}

/// Whether a webhook comes from whom it says, and what it tells.
///
/// # Errors
/// It is not to be believed.
pub(crate) async fn verify(service: &ConnectionService, webhook: &Webhook) -> Result<VerifiedWebhook, WebhookError> {
    let began = Instant::now();
    let judged = service.connection().receive_webhook(webhook).await;
    service.trace().webhook(service.name(), webhook, &judged, began.elapsed());
    judged?.map_err(WebhookError::Rejected)
}

/// Takes a webhook that is believed. What this has answered with `Ok` is durable; what it has not can be sent again,
/// and what was taken of it all the same is not taken twice. The events that come of it bear this correlation.
///
/// # Errors
/// It cannot be read or cannot be taken now.
pub(crate) async fn receive(
    service: &ConnectionService,
    webhook: &Webhook,
    verified: VerifiedWebhook,
    correlation: &str,
) -> Result<Received, WebhookError> {
    if service.logs_bodies() {
        let body = String::from_utf8_lossy(&webhook.body);
        tracing::info!(connection = service.name(), %body, "a webhook");
    }
    let source = match verified.authenticity {
        Authenticity::Signed(_) | Authenticity::Unchecked => Source::Webhook,
        Authenticity::ApiKey(OperatorSource::EventBus) => Source::EventBus,
        Authenticity::ApiKey(OperatorSource::Trigger) => Source::Trigger,
    };
    let events = verified.events.map_err(WebhookError::Malformed)?;
    let origin = EventOrigin::new(source, &webhook.body);
    let has_no_meaning = |event: &AgentEvent| {
        matches!(event.kind, EventKind::Ignored(_)) && event.recipient.is_none() && event.conversation_id.is_none()
    };
    let is_meaningless = events.iter().all(has_no_meaning);
    let mut received = Received::default();
    for (recipient, events) in by_recipient(service, events, &mut received).await? {
        let accepted = accept(service, &recipient, &events, &origin, correlation).await;
        match accepted {
            // An operator's source sends several events at once and repeats a refused request for a day, so one refused
            // event must not hold up the others.
            Err(WebhookError::NotAccepted(NotAccepted::Refused(_) | NotAccepted::NoRoom(NoRoom::TooLarge(_))))
                if source != Source::Webhook =>
            {
                for event in events {
                    accept_one(service, &recipient, event, &origin, correlation, &mut received).await?;
                }
            }
            accepted => received.add(accepted?, events.len()),
        }
    }
    if is_meaningless && service.may_warn() {
        tracing::warn!(
            connection = service.name(),
            "an authentic webhook names no user and no conversation, and means nothing to the provider: compare what \
             is sent with the provider's documentation"
        );
    }
    Ok(received)
}

/// Takes one event of a list, or drops it if it can never be accepted.
async fn accept_one(
    service: &ConnectionService,
    recipient: &str,
    event: AgentEvent,
    origin: &EventOrigin,
    correlation: &str,
    received: &mut Received,
) -> Result<(), WebhookError> {
    match accept(service, recipient, &[event], origin, correlation).await {
        Err(WebhookError::NotAccepted(NotAccepted::Refused(refused))) => {
            match refused {
                Refused::Replayed => received.replayed += 1,
                Refused::Contradicts => received.contradicting += 1,
            }
            if service.may_warn() {
                tracing::warn!(connection = service.name(), why = %refused, "an event of the operator's own source is dropped");
            }
        }
        accepted => received.add(accepted?, 1),
    }
    Ok(())
}

/// The events of each recipient, in their order.
async fn by_recipient(
    service: &ConnectionService,
    events: Vec<AgentEvent>,
    received: &mut Received,
) -> Result<Vec<(String, Vec<AgentEvent>)>, StoreError> {
    let mut groups: Vec<(String, Vec<AgentEvent>)> = Vec::new();
    for event in events {
        let recipient = match (&event.recipient, &event.conversation_id) {
            (Some(recipient), Some(conversation)) if !has_mailbox(service, recipient).await? => {
                // The address may be spelled in another way; the conversation is the same.
                let other = service.mailboxes().recipient(service.name(), conversation).await?;
                Some(other.unwrap_or_else(|| recipient.clone()))
            }
            (Some(recipient), _) => Some(recipient.clone()),
            (None, Some(conversation)) => service.mailboxes().recipient(service.name(), conversation).await?,
            (None, None) => None,
        };
        match (recipient, &event.kind) {
            (None, EventKind::Ignored(_)) => {}
            (None, _) => received.unknown += 1,
            (Some(recipient), _) => match groups.iter_mut().find(|(known, _)| *known == recipient) {
                Some((_, events)) => events.push(event),
                None => groups.push((recipient, vec![event])),
            },
        }
    }
    Ok(groups)
}

async fn has_mailbox(service: &ConnectionService, recipient: &str) -> Result<bool, StoreError> {
    Ok(service.mailboxes().load(&service.address(recipient)).await?.is_some())
}

async fn accept(
    service: &ConnectionService,
    recipient: &str,
    events: &[AgentEvent],
    origin: &EventOrigin,
    correlation: &str,
) -> Result<Option<Accepted>, WebhookError> {
    let address = service.address(recipient);
    let Some(mailbox) = service.mailboxes().load(&address).await? else { return Ok(None) };
    // First whose conversation it is: what comes after this may name nothing else.
    for conversation in events.iter().filter_map(|event| event.conversation_id.as_ref()) {
        if !mailbox.conversations().contains(conversation) {
            service.mailboxes().store_conversation(&address, conversation, service.rules().retention).await?;
        }
    }
    let accepted = service
        .mailboxes()
        .change(&address, service.rules(), |mailbox| {
            mailbox.correlate(Some(correlation.to_owned()));
            let accepted = mailbox.accept(events, origin, now(), service.rules());
            mailbox.correlate(None);
            accepted
        })
        .await;
    accepted.map_err(|error| match error {
        ChangeError::Refused(why) => WebhookError::NotAccepted(why),
        ChangeError::Contended => WebhookError::Contended,
        ChangeError::Store(error) => WebhookError::Store(error),
    })
}
