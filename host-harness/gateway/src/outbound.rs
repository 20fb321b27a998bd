//! From the platform: builds requests and stores them before the platform is answered. The worker delivers them.

use crate::clock::now;
use crate::connection_service::ConnectionService;
use crate::file_url::why_unfetchable;
use crate::mailbox::{CachedResponse, CommandResponse, Mailbox, NoHandover, NoRoom, NotStarted, SendError, TooLarge};
use crate::mailboxes::LoadedMailbox;
use crate::message_texts;
use crate::redaction::Replacements;
use crate::repository::SaveOutcome;
use crate::store::StoreError;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use handover_host::contract::{
    Conversation, HandoverStart, LeaveReason, Outbound, OutboundMessage, ProviderRequest, Timestamp, Unsupported,
};
use handover_host::{CallError, Error};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::time::Instant;

/// The maximum number of attempts of a command that conflicts with other changes.
const MAX_ATTEMPTS: usize = 100;

/// A command of the platform.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) enum Command {
    /// Start a handover. The mailbox sets `delivered-until`.
    Begin(HandoverStart),
    /// Send a message in the handover, or one that needs none. Starting and leaving are separate commands.
    Send(OutboundMessage),
    /// End the handover from the user's side.
    Leave(LeaveReason),
}

/// The platform's `Idempotency-Key`, which identifies a repeated request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

/// The key is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to 512 visible ASCII characters")]
pub(crate) struct InvalidKey;

/// Why a command was not executed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlatformError {
    /// A handover is in progress.
    #[error("a handover is already in progress; end it before starting another one")]
    AlreadyInProgress,
    /// No handover is in progress.
    #[error("no handover is in progress; start one first")]
    NoHandover,
    /// A survey follows the end of a handover, and none has ended, or another one is in progress.
    #[error("a survey follows the end of a handover; no handover of this recipient has ended, or one is in progress")]
    NoEndedHandover,
    /// The contact center owns the channel of the handover.
    #[error("the contact center owns the channel of this handover; the gateway only reports its agents and its end")]
    Followed,
    /// The queue of the recipient is full.
    #[error("the queue of this recipient is full; try again later")]
    Full,
    /// The message exceeds the capacity of the queue.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The key belongs to another request.
    #[error("the idempotency key belongs to another request; use a new one")]
    KeyReused,
    /// The contact center does not support the message.
    #[error("the message cannot be sent: {0:?}")]
    Unsupported(Unsupported),
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

impl IdempotencyKey {
    /// Checks a key.
    ///
    /// # Errors
    /// It is empty, too long, or contains characters other than visible ASCII.
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

/// Executes a command. After `Ok`, its effects are durable. The same command with the same key returns the same
/// response and has no second effect. The resulting events have this correlation id.
///
/// # Errors
/// The command is not possible now, or cannot be built or stored.
pub(crate) async fn execute(
    service: &ConnectionService,
    recipient: &str,
    command: &Command,
    key: Option<&IdempotencyKey>,
    correlation: &str,
) -> Result<CommandResponse, PlatformError> {
    let address = service.address(recipient);
    let mut command = command.clone();
    let replacements = service.redaction().map(|redaction| match &mut command {
        Command::Begin(start) => redaction.apply_to_start(start),
        Command::Send(message) => redaction.apply(message),
        Command::Leave(_) => Replacements::new(),
    });
    // A digest of the text before could be guessed: a card number has few unknown digits.
    let request_digest = digest(&command);
    let mut translated = None;
    for _ in 0..MAX_ATTEMPTS {
        let now = now();
        let mut loaded = match (service.mailboxes().loaded(&address).await?, &command) {
            (Some(loaded), _) => loaded,
            (None, Command::Begin(_)) => LoadedMailbox::new_mailbox(recipient),
            (None, Command::Send(message)) if !message.needs_handover() => LoadedMailbox::new_mailbox(recipient),
            (None, Command::Send(message)) if is_about_a_survey(message) => return Err(PlatformError::NoEndedHandover),
            (None, _) => return Err(PlatformError::NoHandover),
        };
        if let Some(cached) = key.and_then(|key| loaded.state.cached_response(&key.0, now)) {
            return if cached.request_digest == request_digest {
                Ok(cached.response.clone())
            } else {
                Err(PlatformError::KeyReused)
            };
        }
        check(&loaded.state, &command)?;
        if service.translates() && translated.is_none() {
            translated = Some(translate(service, recipient, command.clone()).await);
            // The mailbox may have changed meanwhile.
            continue;
        }
        loaded.state.correlate(Some(correlation.to_owned()));
        let performed = perform(service, &mut loaded.state, translated.as_ref().unwrap_or(&command), now).await;
        if let Err(PlatformError::Unsupported(Unsupported::Invalid(_))) = performed
            && translated.as_ref().is_some_and(|translated| *translated != command)
        {
            // The translation may be too long for the contact center.
            translated = Some(command.clone());
            continue;
        }
        let response = performed?;
        if let Some(key) = key {
            let cached = CachedResponse { request_digest: request_digest.clone(), response: response.clone() };
            loaded.state.cache_response(&key.0, cached, now);
        }
        if let SaveOutcome::Saved = service.mailboxes().save(&address, loaded, service.rules()).await? {
            for (kind, count) in replacements.iter().flatten() {
                service.metrics().redacted(kind, *count);
            }
            tracing::debug!(connection = service.name(), ?response, "command accepted");
            return Ok(response);
        }
    }
    Err(PlatformError::Contended)
}

/// Returns a command with the texts that the agents can read. A proactive text is for the user, in the user's language.
async fn translate(service: &ConnectionService, recipient: &str, mut command: Command) -> Command {
    if let Command::Send(OutboundMessage::Answer(answer)) = &mut command
        && answer.payload.is_empty()
    {
        // The text identifies the answer.
        answer.payload.clone_from(&answer.text);
    }
    let texts = match &mut command {
        Command::Begin(start) => message_texts::of_start(start),
        Command::Send(OutboundMessage::ProactiveText(_)) | Command::Leave(_) => Vec::new(),
        Command::Send(message) => message_texts::of_message(message),
    };
    service.translate_for_agents(recipient, texts).await;
    command
}

fn is_about_a_survey(message: &OutboundMessage) -> bool {
    matches!(message, OutboundMessage::RequestSurvey | OutboundMessage::SurveyScore(_))
}

/// Checks that a command is possible now.
fn check(mailbox: &Mailbox, command: &Command) -> Result<(), PlatformError> {
    let is_open = mailbox.handover().is_some_and(|handover| handover.ended_at().is_none());
    match command {
        Command::Begin(_) if is_open => Err(PlatformError::AlreadyInProgress),
        Command::Begin(_) => Ok(()),
        Command::Send(message) if !message.needs_handover() => Ok(()),
        Command::Send(_) | Command::Leave(_) if mailbox.follows() => Err(PlatformError::Followed),
        Command::Send(message) if is_about_a_survey(message) && (is_open || mailbox.handover().is_none()) => {
            Err(PlatformError::NoEndedHandover)
        }
        Command::Send(_) | Command::Leave(_) => Ok(()),
    }
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

/// Warns of a file that the contact center may be unable to fetch. It fetches files later and does not report failures.
fn warn_of_unfetchable(service: &ConnectionService, message: &OutboundMessage) {
    if let OutboundMessage::Attachment(file) = message
        && let Some(reason) = why_unfetchable(&file.url)
        && service.may_warn()
    {
        tracing::warn!(
            connection = service.name(),
            reason,
            "the contact center may be unable to fetch a file of the platform; use public https URLs"
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

/// Builds the requests of a message; `None` if they can be built only once the conversation is known.
async fn build(
    service: &ConnectionService,
    mailbox: &Mailbox,
    outbound: &Outbound,
) -> Result<Option<Vec<ProviderRequest>>, PlatformError> {
    let recipient = mailbox.recipient().to_owned();
    let conversation = match mailbox.handover().filter(|_| outbound.message.needs_handover()) {
        Some(handover) => {
            let id = handover.conversation().map(String::from);
            Conversation { recipient, handover: handover.thread(), id }
        }
        None if outbound.message.needs_handover() && !matches!(outbound.message, OutboundMessage::Receipt(_)) => {
            return Err(PlatformError::NoHandover);
        }
        None => Conversation { recipient, handover: mailbox.last_thread(), id: None },
    };
    let began = Instant::now();
    match service.connection().build_outbound_message(&conversation, outbound).await {
        Ok(requests) => {
            service.trace().requests(service.name(), &requests, began.elapsed());
            Ok(Some(requests))
        }
        Err(Error::Provider(Unsupported::NoConversation)) => Ok(None),
        Err(Error::Provider(unsupported)) => Err(PlatformError::Unsupported(unsupported)),
        Err(Error::Call(error)) => Err(error.into()),
    }
}

fn digest(command: &Command) -> String {
    let hash = Sha256::digest(serde_json::to_vec(command).unwrap_or_default());
    BASE64_STANDARD_NO_PAD.encode(hash.get(..18).unwrap_or_default())
}
