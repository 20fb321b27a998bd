//! From the contact center: verifies and maps a webhook, and stores its events before the webhook is answered.

use crate::clock::now;
use crate::connection_service::ConnectionService;
use crate::mailbox::{Accepted, EventOrigin, NoRoom, NotAccepted, Refused, Source};
use crate::mailboxes::LoadedMailbox;
use crate::repository::ChangeError;
use crate::store::StoreError;
use handover_host::contract::{
    AgentEvent, Authenticity, Author, EventKind, MappingError, OperatorSource, ReceivedWebhook, Rejection, Webhook,
};
use handover_host::{CallError, Error};
use std::time::Instant;

/// The result of an accepted webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// Events not accepted before.
    pub new: usize,
    /// Events accepted before.
    pub duplicates: usize,
    /// Events of recipients without a handover.
    pub unknown: usize,
    /// Events of an operator-built source that are older than the replay window and are dropped.
    pub replayed: usize,
    /// Events of an operator-built source that contradict an accepted event and are dropped.
    pub contradicting: usize,
    /// Events of an operator-built source that no queue has room for and that are dropped.
    pub too_large: usize,
}

/// Why a webhook was not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebhookError {
    /// It is not authentic.
    #[error("the webhook is not verified: {0:?}")]
    Rejected(Rejection),
    /// No connection of the path accepts it. Contains the rejection of each connection.
    #[error("{0}")]
    RejectedByAll(String),
    /// It is authentic but not a JSON object. Another attempt would have the same result.
    #[error("the webhook is not readable: {0:?}")]
    Unreadable(MappingError),
    /// It is a replay, contradicts an accepted event, or a queue is full.
    #[error(transparent)]
    NotAccepted(NotAccepted),
    /// The plugin failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Every attempt conflicted with another change.
    #[error("the mailbox is changed by others all the time")]
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

/// Verifies a webhook and maps its events.
///
/// # Errors
/// It is not authentic.
pub(crate) async fn verify(service: &ConnectionService, webhook: &Webhook) -> Result<ReceivedWebhook, WebhookError> {
    let began = Instant::now();
    let verified = service.connection().receive_webhook(webhook).await;
    service.trace().webhook(service.name(), webhook, &verified, began.elapsed());
    verified.map_err(|error| match error {
        Error::Provider(rejection) => WebhookError::Rejected(rejection),
        Error::Call(error) => WebhookError::Call(error),
    })
}

/// Accepts a verified webhook. After `Ok`, its events are durable. After an error, the webhook can be sent again;
/// events that were accepted before are not accepted twice. The resulting events have this correlation id.
///
/// # Errors
/// The webhook is unreadable, or cannot be accepted now.
pub(crate) async fn receive(
    service: &ConnectionService,
    webhook: &Webhook,
    verified: ReceivedWebhook,
    correlation: &str,
) -> Result<Received, WebhookError> {
    if service.logs_bodies() {
        let body = String::from_utf8_lossy(&webhook.body);
        tracing::info!(connection = service.name(), %body, "webhook");
    }
    let source = match verified.authenticity {
        Authenticity::Signed(_) | Authenticity::Unchecked => Source::Webhook,
        Authenticity::ApiKey(OperatorSource::EventBus) => Source::EventBus,
        Authenticity::ApiKey(OperatorSource::Trigger) => Source::Trigger,
    };
    let events = verified.events.map_err(WebhookError::Unreadable)?;
    let origin = EventOrigin::new(source, &webhook.body);
    let has_no_meaning = |event: &AgentEvent| {
        matches!(event.kind, EventKind::Ignored(_)) && event.recipient.is_none() && event.conversation_id.is_none()
    };
    let is_meaningless = events.iter().all(has_no_meaning);
    let mut received = Received::default();
    for Group { recipient, mailbox, events } in by_recipient(service, events, &mut received).await? {
        match accept(service, &recipient, mailbox, &events, &origin, correlation).await {
            // An operator-built source sends several events at once and repeats a refused request for a day, so one
            // refused event must not block the others.
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
            "an authentic webhook names neither a user nor a conversation and has no meaning for the provider; compare it \
             with the provider's documentation"
        );
    }
    Ok(received)
}

/// Accepts one event of a list, or drops it if it can never be accepted.
async fn accept_one(
    service: &ConnectionService,
    recipient: &str,
    event: AgentEvent,
    origin: &EventOrigin,
    correlation: &str,
    received: &mut Received,
) -> Result<(), WebhookError> {
    let mailbox = service.mailboxes().loaded(&service.address(recipient)).await?;
    match accept(service, recipient, mailbox, &[event], origin, correlation).await {
        Err(WebhookError::NotAccepted(why @ (NotAccepted::Refused(_) | NotAccepted::NoRoom(NoRoom::TooLarge(_))))) => {
            match why {
                NotAccepted::Refused(Refused::Replayed) => received.replayed += 1,
                NotAccepted::Refused(Refused::Contradicts) => received.contradicting += 1,
                NotAccepted::NoRoom(_) => received.too_large += 1,
            }
            if service.may_warn() {
                tracing::warn!(connection = service.name(), %why, "an event of an operator-built source was dropped");
            }
        }
        accepted => received.add(accepted?, 1),
    }
    Ok(())
}

/// Events of one recipient.
struct Group {
    recipient: String,
    /// Absent if the recipient never had a handover.
    mailbox: Option<LoadedMailbox>,
    events: Vec<AgentEvent>,
}

/// Groups events by recipient, in order.
async fn by_recipient(
    service: &ConnectionService,
    events: Vec<AgentEvent>,
    received: &mut Received,
) -> Result<Vec<Group>, StoreError> {
    let mailboxes = service.mailboxes();
    let mut groups: Vec<Group> = Vec::new();
    for event in events {
        let mut index = match &event.recipient {
            Some(recipient) => Some(group_of(service, &mut groups, recipient).await?),
            None => None,
        };
        let has_mailbox = index.and_then(|index| groups.get(index)).is_some_and(|group| group.mailbox.is_some());
        // The recipient may be missing, or spelled differently, but the conversation is the same.
        if let (false, Some(conversation)) = (has_mailbox, &event.conversation_id)
            && let Some(recipient) = mailboxes.recipient(service.name(), conversation).await?
        {
            index = Some(group_of(service, &mut groups, &recipient).await?);
        }
        match (index.and_then(|index| groups.get_mut(index)), &event.kind) {
            (Some(group), _) => group.events.push(event),
            (None, EventKind::Ignored(_)) => {}
            (None, _) => received.unknown += 1,
        }
    }
    Ok(groups)
}

/// Returns the index of a recipient's group, which is created if there is none.
async fn group_of(service: &ConnectionService, groups: &mut Vec<Group>, recipient: &str) -> Result<usize, StoreError> {
    if let Some(index) = groups.iter().position(|group| group.recipient == recipient) {
        return Ok(index);
    }
    let mailbox = service.mailboxes().loaded(&service.address(recipient)).await?;
    groups.push(Group { recipient: recipient.to_owned(), mailbox, events: Vec::new() });
    Ok(groups.len() - 1)
}

async fn accept(
    service: &ConnectionService,
    recipient: &str,
    mailbox: Option<LoadedMailbox>,
    events: &[AgentEvent],
    origin: &EventOrigin,
    correlation: &str,
) -> Result<Option<Accepted>, WebhookError> {
    let address = service.address(recipient);
    let begins =
        |event: &AgentEvent| matches!(&event.kind, EventKind::Message(message) if message.author == Author::Human);
    let loaded = match mailbox {
        Some(loaded) => loaded,
        None if service.rules().agents_begin && events.iter().any(begins) => LoadedMailbox::new_mailbox(recipient),
        None => return Ok(None),
    };
    // Stores the recipient of the conversation first, because later webhooks may contain only the conversation.
    for conversation in events.iter().filter_map(|event| event.conversation_id.as_ref()) {
        if !loaded.state.conversations().contains(conversation) {
            service.mailboxes().store_conversation(&address, conversation, service.rules().retention).await?;
        }
    }
    // A short message must not overtake a long one that is being translated.
    let _order = if service.translates() { Some(service.lock_recipient(recipient).await) } else { None };
    let translations = service.translations(recipient, &new_events(service, &loaded, events)).await;
    let accepted = service
        .mailboxes()
        .change_from(loaded, &address, service.rules(), |mailbox| {
            mailbox.correlate(Some(correlation.to_owned()));
            let accepted = mailbox.with_translations(translations.clone(), |mailbox| {
                mailbox.accept(events, origin, now(), service.rules())
            });
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

/// Returns the events that the mailbox did not accept before, if their messages are translated.
fn new_events(service: &ConnectionService, loaded: &LoadedMailbox, events: &[AgentEvent]) -> Vec<AgentEvent> {
    if !service.translates() {
        return Vec::new();
    }
    events.iter().filter(|event| !loaded.state.has_accepted(event)).cloned().collect()
}
