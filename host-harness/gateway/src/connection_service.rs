//! A connection with its options, limits and metrics.

use crate::address::Address;
use crate::callback::Callback;
use crate::mailbox::{Rules, Translations};
use crate::mailboxes::Mailboxes;
use crate::metrics::{ConnectionMetrics, Metrics};
use crate::poll_schedule::PollSchedule;
use crate::redaction::Redaction;
use crate::trace::Trace;
use crate::translation::{NotTranslated, Reader, Translation};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use handover_host::Connection;
use handover_host::contract::{Ability, AgentEvent, Author, EventKind, Failure, Routing, Timestamp};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OwnedMutexGuard;

/// The number of polls that may be made at once after a time without polls.
const BURST: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// The number of requests of a poll that also requests the state of the queue.
const WITH_QUEUE_STATE: NonZeroU32 = NonZeroU32::new(2).unwrap();

/// A connection with its name and the operator's options. Cheap to clone.
#[derive(Clone)]
pub struct ConnectionService(Arc<Inner>);

struct Inner {
    name: String,
    connection: Connection,
    options: Options,
    polls: DefaultDirectRateLimiter,
    /// Polls that only the interval caused.
    routine_polls: Mutex<PollSchedule>,
    warnings: DefaultDirectRateLimiter,
    /// Log messages about refused credentials, limited separately so that no message hides another.
    refusals: DefaultDirectRateLimiter,
    /// Log messages about replays.
    replays: DefaultDirectRateLimiter,
    credentials: Mutex<Credentials>,
    /// The recipients whose messages are being translated.
    recipients: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Held while the availability of agents is requested. Contains the last failure.
    availability: tokio::sync::Mutex<Option<RecentFailure>>,
    metrics: ConnectionMetrics,
    mailboxes: Mailboxes,
}

/// Whether the contact center accepts the connection's credentials, according to the last response to this gateway.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Credentials {
    /// The gateway has received no response yet.
    Untried,
    /// The last response accepted them.
    Accepted,
    /// The last response refused them. Nothing is delivered until they are corrected.
    Refused,
}

/// A failure to learn the availability of agents. Other requests get it too instead of asking again.
#[derive(Debug)]
pub(crate) struct RecentFailure {
    /// The routing that was asked for.
    pub(crate) routing: Routing,
    /// The time until which it applies.
    pub(crate) until: Timestamp,
    /// The failure.
    pub(crate) failure: Failure,
}

/// The operator's options for a connection.
#[derive(Clone)]
pub struct Options {
    /// The rules for its mailboxes.
    pub rules: Rules,
    /// The callback for events, in addition to the log. Sets [`Rules::has_callback`].
    pub callback: Option<Callback>,
    /// The last segment of the path of its webhooks, in addition to its name. Several connections may share one.
    pub path: Option<String>,
    /// The id of the integration at the contact center, which each of its webhooks contains. Without it, the signature
    /// alone decides which connection of a shared path a webhook is for.
    pub integration_id: Option<String>,
    /// Whether the bodies of webhooks and requests are logged, with all message texts.
    pub logs_bodies: bool,
    /// The maximum number of polls per minute by this gateway: a share of the requests that the contact center allows. A
    /// poll of a user who waits counts twice if the provider reports the state of the queue.
    pub polls: NonZeroU32,
    /// What is replaced in the platform's messages before they are stored.
    pub redaction: Option<Arc<Redaction>>,
    /// The service that translates texts between the user and the agents.
    pub translation: Option<Translation>,
    /// The trace of messages.
    pub trace: Trace,
}

/// The name of a connection is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a connection's name has 1 to 64 lower-case letters, digits and hyphens")]
pub struct InvalidName;

/// Returns whether a text can be the name of a connection.
pub(crate) fn is_connection_name(name: &str) -> bool {
    let fits = |character: u8| matches!(character, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

impl ConnectionService {
    /// Creates the service of a connection.
    ///
    /// # Errors
    /// The name is not valid.
    pub fn new(
        name: &str,
        connection: Connection,
        mut options: Options,
        mailboxes: Mailboxes,
        metrics: &Metrics,
    ) -> Result<Self, InvalidName> {
        if !is_connection_name(name) {
            return Err(InvalidName);
        }
        options.rules.has_callback = options.callback.is_some();
        let polls = RateLimiter::direct(Quota::per_minute(options.polls).allow_burst(BURST));
        let half = NonZeroU32::new(options.polls.get() / 2).unwrap_or(NonZeroU32::MIN);
        let routine_polls = Mutex::new(PollSchedule::new(half, BURST, Instant::now()));
        let once_a_minute = || RateLimiter::direct(Quota::per_minute(NonZeroU32::MIN));
        let (warnings, refusals, replays) = (once_a_minute(), once_a_minute(), once_a_minute());
        let credentials = Mutex::new(Credentials::Untried);
        metrics.show_zeros(name);
        let (name, metrics) = (name.to_owned(), metrics.of_connection(name));
        options.trace.redact(connection.secrets());
        Ok(Self(Arc::new(Inner {
            name,
            connection,
            options,
            polls,
            routine_polls,
            warnings,
            refusals,
            replays,
            credentials,
            recipients: Mutex::default(),
            availability: tokio::sync::Mutex::default(),
            metrics,
            mailboxes,
        })))
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the connection.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }

    /// Returns the repository of its mailboxes.
    #[must_use]
    pub fn mailboxes(&self) -> &Mailboxes {
        &self.0.mailboxes
    }

    /// Returns the address of a recipient's mailbox.
    #[must_use]
    pub fn address(&self, recipient: &str) -> Address {
        Address { connection: self.0.name.clone(), recipient: recipient.to_owned() }
    }

    /// Returns whether its webhooks arrive at `/handover/` followed by this segment.
    pub(crate) fn receives_at(&self, path: &str) -> bool {
        let is = |own: &str| own.eq_ignore_ascii_case(path);
        is(&self.0.name) || self.0.options.path.as_deref().is_some_and(is)
    }

    pub(crate) fn integration_id(&self) -> Option<&str> {
        self.0.options.integration_id.as_deref()
    }

    pub(crate) fn logs_bodies(&self) -> bool {
        self.0.options.logs_bodies
    }

    /// Returns what is replaced in the platform's messages.
    pub(crate) fn redaction(&self) -> Option<&Redaction> {
        self.0.options.redaction.as_deref()
    }

    /// Returns whether texts are translated between the user and the agents.
    pub(crate) fn translates(&self) -> bool {
        self.0.options.translation.is_some()
    }

    /// Waits until no other webhook of this gateway changes the recipient's mailbox.
    pub(crate) async fn lock_recipient(&self, recipient: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.recipients.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(locks.entry(recipient.to_owned()).or_default())
        };
        lock.lock_owned().await
    }

    /// Returns the messages of these events in the user's language, by their ids. Without a translation, there are none.
    pub(crate) async fn translations(&self, recipient: &str, events: &[AgentEvent]) -> Translations {
        let mut translations = Translations::new();
        let Some(translation) = &self.0.options.translation else { return translations };
        for event in events {
            let EventKind::Message(message) = &event.kind else { continue };
            if message.author == Author::Bot {
                // It may be a proactive text of the platform, which the contact center sends back.
                continue;
            }
            let translated = translation.for_user(&self.address(recipient), message).await;
            self.record_translation(translated.as_ref().err());
            // The service would fail for each of many messages, which would take too long.
            let Ok(message) = translated else { break };
            translations.insert(message.id.clone(), message);
        }
        translations
    }

    /// Replaces the texts of a message by those that the agents can read.
    pub(crate) async fn translate_for_agents(&self, recipient: &str, texts: Vec<&mut String>) {
        if let Some(translation) = self.0.options.translation.as_ref().filter(|_| !texts.is_empty()) {
            let translated = translation.translate(&self.address(recipient), Reader::Agent, texts).await;
            self.record_translation(translated.err().as_ref());
        }
    }

    fn record_translation(&self, failure: Option<&NotTranslated>) {
        self.metrics().translation(if failure.is_some() { "failed" } else { "translated" });
        if let Some(why) = failure
            && self.may_warn()
        {
            tracing::warn!(connection = self.name(), %why, "texts were not translated; their readers get the original");
        }
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.0.options.rules
    }

    pub(crate) fn callback(&self) -> Option<&Callback> {
        self.0.options.callback.as_ref()
    }

    pub(crate) fn trace(&self) -> &Trace {
        &self.0.options.trace
    }

    pub(crate) fn metrics(&self) -> &ConnectionMetrics {
        &self.0.metrics
    }

    /// Returns whether another warning may be logged now. The rate of warnings is limited.
    pub(crate) fn may_warn(&self) -> bool {
        self.0.warnings.check().is_ok()
    }

    /// Waits until no other request of this gateway asks for the availability of agents.
    pub(crate) async fn lock_availability(&self) -> tokio::sync::MutexGuard<'_, Option<RecentFailure>> {
        self.0.availability.lock().await
    }

    pub(crate) fn credentials(&self) -> Credentials {
        *self.0.credentials.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records whether the contact center accepts the credentials. Logs refused credentials at most once a minute.
    pub(crate) fn record_credentials(&self, failure: Option<&Failure>) {
        let credentials = match failure {
            Some(Failure::Credentials(why)) => {
                self.0.metrics.credentials_refused();
                if self.0.refusals.check().is_ok() {
                    tracing::error!(
                        connection = self.name(),
                        why,
                        "the contact center refuses the credentials, so nothing is delivered; `handover check` names the \
                         permission or secret to correct"
                    );
                }
                Credentials::Refused
            }
            // The failure may have occurred before any token was checked.
            Some(Failure::Retry(_) | Failure::Unsupported | Failure::StaleSettings) => return,
            Some(Failure::Permanent(_)) | None => Credentials::Accepted,
        };
        *self.0.credentials.lock().unwrap_or_else(PoisonError::into_inner) = credentials;
    }

    /// Logs, at most once a minute, that an authentic webhook was rejected as a replay. If this machine's clock is
    /// wrong, every webhook is rejected.
    pub(crate) fn warn_of_replay(&self) {
        if self.0.replays.check().is_ok() {
            tracing::warn!(
                connection = self.name(),
                "an authentic webhook was refused as a replay; if this continues, compare the clock of this machine with \
                 the contact center's"
            );
        }
    }

    /// Returns the number of requests of a poll while the user waits: the provider may also request the state of the queue.
    pub(crate) fn requests_of_waiting_poll(&self) -> NonZeroU32 {
        let abilities = &self.connection().provider().description().abilities;
        if abilities.contains(&Ability::QueueState) { WITH_QUEUE_STATE } else { NonZeroU32::MIN }
    }

    /// Returns whether a routine poll of a recipient, with this number of requests, may be made now, or how long to wait.
    /// Routine polls use at most half of the limit.
    pub(crate) fn may_poll(&self, recipient: &str, requests: NonZeroU32) -> Result<(), Duration> {
        let schedule = || self.0.routine_polls.lock().unwrap_or_else(PoisonError::into_inner);
        // Mailboxes count in whole milliseconds, and a poll must not come before its time.
        schedule().check(recipient, requests, Instant::now()).map_err(|wait| wait + Duration::from_millis(1))?;
        self.may_poll_soon(requests)?;
        schedule().polled(recipient);
        Ok(())
    }

    /// Returns whether a poll for which there is a reason, with this number of requests, may be made now, or how long to wait.
    pub(crate) fn may_poll_soon(&self, requests: NonZeroU32) -> Result<(), Duration> {
        match self.0.polls.check_n(requests) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                // Other conversations wait as well, so the polls are spread out.
                Err(wait.saturating_add(Duration::from_millis(fastrand::u64(1_000..5_000))))
            }
            // No poll has more requests than the burst.
            Err(_) => Ok(()),
        }
    }
}
