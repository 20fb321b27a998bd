//! From the contact center: a webhook is verified, mapped and taken into the mailboxes; only then is it answered.

use crate::mailbox::{NoRoom, NotTaken, Origin, Refused, Source, Taken};
use crate::mailboxes::{ChangeError, now};
use crate::served::Served;
use crate::store::StoreError;
use handover_host::contract::{AgentEvent, Authenticity, EventKind, Malformed, OperatorSource, Rejection, Webhook};
use handover_host::{Believed, CallError};
use std::time::Instant;

/// What became of a webhook that was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Events that were never taken before.
    pub new: usize,
    /// Events that were.
    pub repeated: usize,
    /// Events that name nobody who was ever handed over.
    pub unknown: usize,
    /// Events of an operator's own source that are older than the replay window, and are dropped.
    pub replayed: usize,
    /// Events of an operator's own source that say something else than an event of the same id did, and are dropped.
    pub contradicting: usize,
}

/// Why a webhook was not taken.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// It is not to be believed.
    #[error("the webhook is not believed: {0:?}")]
    Rejected(Rejection),
    /// It is authentic, and no JSON object: sent again, it will not be either.
    #[error("the webhook cannot be read: {0:?}")]
    Malformed(Malformed),
    /// It is a replay, contradicts what was taken, or too much waits.
    #[error(transparent)]
    NotTaken(NotTaken),
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
    fn add(&mut self, taken: Option<Taken>, events: usize) {
        match taken {
            Some(taken) => {
                self.new += taken.new;
                self.repeated += taken.repeated;
            }
            None => self.unknown += events,
        }
    }
}

impl Served {
    /// Whether a webhook comes from whom it says, and what it tells.
    ///
    /// # Errors
    /// It is not to be believed.
    pub async fn believe(&self, webhook: &Webhook) -> Result<Believed, WebhookError> {
        let began = Instant::now();
        let judged = self.connection().receive_webhook(webhook).await;
        self.wire().webhook(self.name(), webhook, &judged, began.elapsed());
        judged?.map_err(WebhookError::Rejected)
    }

    /// Takes a webhook that is believed. What this has answered with `Ok` is durable; what it has not can be sent again,
    /// and what was taken of it all the same is not taken twice. The events that come of it bear this correlation.
    ///
    /// # Errors
    /// It cannot be read or cannot be taken now.
    pub async fn receive(
        &self,
        webhook: &Webhook,
        believed: Believed,
        correlation: &str,
    ) -> Result<Received, WebhookError> {
        if self.logs_bodies() {
            let body = String::from_utf8_lossy(&webhook.body);
            tracing::info!(connection = self.name(), %body, "a webhook");
        }
        let source = match believed.authenticity {
            Authenticity::Signed(_) | Authenticity::Unchecked => Source::Webhook,
            Authenticity::ApiKey(OperatorSource::EventBus) => Source::EventBus,
            Authenticity::ApiKey(OperatorSource::Trigger) => Source::Trigger,
        };
        let events = believed.events.map_err(WebhookError::Malformed)?;
        let origin = Origin::new(source, &webhook.body);
        let means_nothing = |event: &AgentEvent| {
            matches!(event.kind, EventKind::Ignored(_)) && event.recipient.is_none() && event.conversation_id.is_none()
        };
        let not_understood = events.iter().all(means_nothing);
        let mut received = Received::default();
        for (recipient, events) in self.by_recipient(events, &mut received).await? {
            let taken = self.take(&recipient, &events, &origin, correlation).await;
            match taken {
                // An operator's source sends several events at once and repeats a refused request for a day, so one refused
                // event must not hold up the others.
                Err(WebhookError::NotTaken(NotTaken::Refused(_) | NotTaken::NoRoom(NoRoom::TooLarge(_))))
                    if source != Source::Webhook =>
                {
                    for event in events {
                        self.take_one(&recipient, event, &origin, correlation, &mut received).await?;
                    }
                }
                taken => received.add(taken?, events.len()),
            }
        }
        if not_understood && self.may_complain() {
            tracing::warn!(
                connection = self.name(),
                "an authentic webhook names no user and no conversation, and means nothing to the provider: compare what \
                 is sent with the provider's documentation"
            );
        }
        Ok(received)
    }

    /// Takes one event of a list, or drops it if it can never be accepted.
    async fn take_one(
        &self,
        recipient: &str,
        event: AgentEvent,
        origin: &Origin,
        correlation: &str,
        received: &mut Received,
    ) -> Result<(), WebhookError> {
        match self.take(recipient, &[event], origin, correlation).await {
            Err(WebhookError::NotTaken(NotTaken::Refused(refused))) => {
                match refused {
                    Refused::Replayed => received.replayed += 1,
                    Refused::Contradicts => received.contradicting += 1,
                }
                if self.may_complain() {
                    tracing::warn!(connection = self.name(), why = %refused, "an event of the operator's own source is dropped");
                }
            }
            taken => received.add(taken?, 1),
        }
        Ok(())
    }

    /// The events of each recipient, in their order.
    async fn by_recipient(
        &self,
        events: Vec<AgentEvent>,
        received: &mut Received,
    ) -> Result<Vec<(String, Vec<AgentEvent>)>, StoreError> {
        let mut groups: Vec<(String, Vec<AgentEvent>)> = Vec::new();
        for event in events {
            let recipient = match (&event.recipient, &event.conversation_id) {
                (Some(recipient), Some(conversation)) if !self.has_mailbox(recipient).await? => {
                    // The address may be spelled in another way; the conversation is the same.
                    let other = self.mailboxes().recipient(self.name(), conversation).await?;
                    Some(other.unwrap_or_else(|| recipient.clone()))
                }
                (Some(recipient), _) => Some(recipient.clone()),
                (None, Some(conversation)) => self.mailboxes().recipient(self.name(), conversation).await?,
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

    async fn has_mailbox(&self, recipient: &str) -> Result<bool, StoreError> {
        Ok(self.mailboxes().load(&self.address(recipient)).await?.is_some())
    }

    async fn take(
        &self,
        recipient: &str,
        events: &[AgentEvent],
        origin: &Origin,
        correlation: &str,
    ) -> Result<Option<Taken>, WebhookError> {
        let address = self.address(recipient);
        let Some(mailbox) = self.mailboxes().load(&address).await? else { return Ok(None) };
        // First whose conversation it is: what comes after this may name nothing else.
        for conversation in events.iter().filter_map(|event| event.conversation_id.as_ref()) {
            if !mailbox.conversations().contains(conversation) {
                self.mailboxes().remember(&address, conversation, self.rules().keep).await?;
            }
        }
        let taken = self
            .mailboxes()
            .change(&address, self.rules(), |mailbox| {
                mailbox.correlate(Some(correlation.to_owned()));
                let taken = mailbox.take_in(events, origin, now(), self.rules());
                mailbox.correlate(None);
                taken
            })
            .await;
        taken.map_err(|error| match error {
            ChangeError::Refused(why) => WebhookError::NotTaken(why),
            ChangeError::Contended => WebhookError::Contended,
            ChangeError::Store(error) => WebhookError::Store(error),
        })
    }
}
