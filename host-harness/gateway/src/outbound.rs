//! From the platform: what it says is built and taken into the mailbox; only then is it answered. Delivering it is the
//! worker's.

use crate::clock::now;
use crate::connection_service::ConnectionService;
use crate::file_url::why_unfetchable;
use crate::mailbox::{CachedResponse, CommandResponse, Mailbox, NoHandover, NoRoom, NotStarted, SendError, TooLarge};
use crate::mailboxes::{LoadedMailbox, SaveOutcome};
use crate::store::StoreError;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use handover_host::CallError;
use handover_host::contract::{
    Conversation, HandoverStart, LeaveReason, Outbound, OutboundMessage, ProviderRequest, Timestamp, Unsupported,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::time::Instant;

/// How often something is tried that others came before.
const MAX_ATTEMPTS: usize = 100;

/// What the platform wants of a recipient's handover.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) enum Command {
    /// Begin one. `delivered-until` is the mailbox's to say.
    Begin(HandoverStart),
    /// Say or do something in it; beginning and ending it are commands of their own.
    Send(OutboundMessage),
    /// End it from the user's side.
    Leave(LeaveReason),
}

/// By which a request that is sent again is known: what the platform's `Idempotency-Key` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

/// Not an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to 512 visible ASCII characters")]
pub(crate) struct InvalidKey;

/// Why something that the platform wanted was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlatformError {
    /// A handover is in progress.
    #[error("a handover is already in progress; another can begin when it has ended")]
    AlreadyInProgress,
    /// None is in progress.
    #[error("no handover is in progress; begin one first")]
    NoHandover,
    /// Too much waits.
    #[error("too much waits for this recipient already; try again later")]
    Full,
    /// It will never fit.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The key was used for something else.
    #[error("the idempotency key was used for another request; take a new one")]
    KeyReused,
    /// The contact center does not take this.
    #[error("the message cannot be sent: {0:?}")]
    Unsupported(Unsupported),
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

impl IdempotencyKey {
    /// Takes a key.
    ///
    /// # Errors
    /// It is empty, too long, or has characters that are no visible ASCII.
    pub(crate) fn new(key: &str) -> Result<Self, InvalidKey> {
        let fits = (1..=512).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(key.to_owned())).ok_or(InvalidKey)
    }
}

impl From<SendError> for PlatformError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NoHandover(_) => Self::NoHandover,
            SendError::NoRoom(NoRoom::Full(_)) => Self::Full,
            SendError::NoRoom(NoRoom::TooLarge(error)) => Self::TooLarge(error),
        }
    }
}

impl From<NotStarted> for PlatformError {
    fn from(error: NotStarted) -> Self {
        match error {
            NotStarted::AlreadyInProgress(_) => Self::AlreadyInProgress,
        }
    }
}

/// Does what the platform wants. What this has answered with `Ok` is durable; with the same key, the same command
/// gets the same answer again, and is done once. The events that come of it bear this correlation.
///
/// # Errors
/// It is not to be done now, cannot be built, or cannot be stored.
pub(crate) async fn execute(
    service: &ConnectionService,
    recipient: &str,
    command: &Command,
    key: Option<&IdempotencyKey>,
    correlation: &str,
) -> Result<CommandResponse, PlatformError> {
    let address = service.address(recipient);
    let request_digest = digest(command);
    for _ in 0..MAX_ATTEMPTS {
        let now = now();
        let mut loaded = match (service.mailboxes().loaded(&address).await?, command) {
            (Some(loaded), _) => loaded,
            (None, Command::Begin(_)) => LoadedMailbox::new(recipient),
            (None, _) => return Err(PlatformError::NoHandover),
        };
        if let Some(cached) = key.and_then(|key| loaded.mailbox.cached_response(&key.0, now)) {
            return if cached.request_digest == request_digest {
                Ok(cached.response.clone())
            } else {
                Err(PlatformError::KeyReused)
            };
        }
        loaded.mailbox.correlate(Some(correlation.to_owned()));
        let response = perform(service, &mut loaded.mailbox, command, now).await?;
        if let Some(key) = key {
            let cached = CachedResponse { request_digest: request_digest.clone(), response: response.clone() };
            loaded.mailbox.cache_response(&key.0, cached, now);
        }
        if let SaveOutcome::Saved = service.mailboxes().save(&address, &loaded, service.rules()).await? {
            tracing::debug!(connection = service.name(), ?response, "command accepted");
            return Ok(response);
        }
    }
    Err(PlatformError::Contended)
}

async fn perform(
    service: &ConnectionService,
    mailbox: &mut Mailbox,
    command: &Command,
    now: Timestamp,
) -> Result<CommandResponse, PlatformError> {
    match command {
        Command::Begin(start) => {
            let (_, delivered_until) = mailbox.next_handover();
            let number = mailbox.begin(now, service.rules())?;
            let start = HandoverStart { delivered_until, ..start.clone() };
            send(service, mailbox, OutboundMessage::Start(start), now).await?;
            Ok(CommandResponse::Begun(number))
        }
        Command::Send(message) => {
            warn_of_unfetchable(service, message);
            Ok(CommandResponse::Sent(send(service, mailbox, message.clone(), now).await?))
        }
        Command::Leave(reason) => {
            mailbox.leave(*reason, now, service.rules()).map_err(|NoHandover| PlatformError::NoHandover)?;
            Ok(CommandResponse::Left)
        }
    }
}

/// The contact center fetches a file only later, and says nothing of it where it cannot.
fn warn_of_unfetchable(service: &ConnectionService, message: &OutboundMessage) {
    if let OutboundMessage::Attachment(file) = message
        && let Some(reason) = why_unfetchable(&file.url)
        && service.may_warn()
    {
        tracing::warn!(
            connection = service.name(),
            reason,
            "a contact center may not fetch a file that the platform sends; give files public https addresses"
        );
    }
}

async fn send(
    service: &ConnectionService,
    mailbox: &mut Mailbox,
    message: OutboundMessage,
    now: Timestamp,
) -> Result<String, PlatformError> {
    let outbound = mailbox.outbound(message, now);
    let requests = build(service, mailbox, &outbound).await?;
    mailbox.send(&outbound, requests, now)?;
    Ok(outbound.id)
}

/// The requests; none where they can be built only when the conversation is known.
async fn build(
    service: &ConnectionService,
    mailbox: &Mailbox,
    outbound: &Outbound,
) -> Result<Option<Vec<ProviderRequest>>, PlatformError> {
    let handover = mailbox.handover().ok_or(PlatformError::NoHandover)?;
    let conversation = Conversation {
        recipient: mailbox.recipient().to_owned(),
        handover: handover.thread(),
        id: handover.conversation().map(String::from),
    };
    let began = Instant::now();
    match service.connection().build_outbound_message(&conversation, outbound).await? {
        Ok(requests) => {
            service.trace().requests(service.name(), &requests, began.elapsed());
            Ok(Some(requests))
        }
        Err(Unsupported::NoConversation) => Ok(None),
        Err(unsupported) => Err(PlatformError::Unsupported(unsupported)),
    }
}

fn digest(command: &Command) -> String {
    let hash = Sha256::digest(serde_json::to_vec(command).unwrap_or_default());
    BASE64_STANDARD_NO_PAD.encode(hash.get(..18).unwrap_or_default())
}
