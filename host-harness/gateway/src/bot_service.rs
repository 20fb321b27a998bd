//! A connection of a contact center that asks the platform's bots, with its options and metrics.

use crate::address::Address;
use crate::callback::Callback;
use crate::connection_service::{ConnectionService, InvalidName, is_connection_name};
use crate::metrics::{ConnectionMetrics, Metrics};
use crate::session::SessionRules;
use crate::sessions::Sessions;
use crate::trace::Trace;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use handover_host::BotConnection;
use handover_host::contract::{Bot, Failure};
use std::num::NonZeroU32;
use std::sync::Arc;

/// A connection of a contact center that asks the platform's bots. Cheap to clone.
#[derive(Clone)]
pub struct BotService(Arc<Inner>);

struct Inner {
    name: String,
    connection: BotConnection,
    options: BotOptions,
    /// Log messages about refused credentials.
    refusals: DefaultDirectRateLimiter,
    metrics: ConnectionMetrics,
    sessions: Sessions,
}

/// The operator's options for a connection that asks bots.
#[derive(Clone)]
pub struct BotOptions {
    /// The rules for its sessions.
    pub rules: SessionRules,
    /// The callback for events, in addition to the log. Sets [`CallbackRules::has_callback`](crate::mailbox::CallbackRules).
    pub callback: Option<Callback>,
    /// A connection for handovers of the same contact center, which reports what becomes of a handover.
    pub followed_by: Option<ConnectionService>,
    /// The bots of the platform, as they are registered at the contact center.
    pub bots: Vec<Bot>,
    /// Whether the bodies of requests are logged, with all message texts.
    pub logs_bodies: bool,
    /// The trace of messages.
    pub trace: Trace,
}

impl BotService {
    /// Creates the service of a connection.
    ///
    /// # Errors
    /// The name is not valid.
    pub fn new(
        name: &str,
        connection: BotConnection,
        mut options: BotOptions,
        sessions: Sessions,
        metrics: &Metrics,
    ) -> Result<Self, InvalidName> {
        if !is_connection_name(name) {
            return Err(InvalidName);
        }
        options.rules.callback.has_callback = options.callback.is_some();
        options.rules.follows_handovers = options.followed_by.is_some();
        options.trace.redact(connection.secrets());
        metrics.show_zeros(name);
        let refusals = RateLimiter::direct(Quota::per_minute(NonZeroU32::MIN));
        let (name, metrics) = (name.to_owned(), metrics.of_connection(name));
        Ok(Self(Arc::new(Inner { name, connection, options, refusals, metrics, sessions })))
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the connection.
    #[must_use]
    pub fn connection(&self) -> &BotConnection {
        &self.0.connection
    }

    /// Returns the repository of its sessions.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// Returns the address of a session.
    #[must_use]
    pub fn address(&self, session: &str) -> Address {
        Address { connection: self.0.name.clone(), recipient: session.to_owned() }
    }

    pub(crate) fn rules(&self) -> &SessionRules {
        &self.0.options.rules
    }

    pub(crate) fn callback(&self) -> Option<&Callback> {
        self.0.options.callback.as_ref()
    }

    pub(crate) fn followed_by(&self) -> Option<&ConnectionService> {
        self.0.options.followed_by.as_ref()
    }

    pub(crate) fn bots(&self) -> &[Bot] {
        &self.0.options.bots
    }

    pub(crate) fn logs_bodies(&self) -> bool {
        self.0.options.logs_bodies
    }

    pub(crate) fn trace(&self) -> &Trace {
        &self.0.options.trace
    }

    pub(crate) fn metrics(&self) -> &ConnectionMetrics {
        &self.0.metrics
    }

    /// Logs refused credentials, at most once a minute.
    pub(crate) fn record_credentials(&self, failure: &Failure) {
        if let Failure::Credentials(why) = failure {
            self.0.metrics.credentials_refused();
            if self.0.refusals.check().is_ok() {
                tracing::error!(
                    connection = self.name(),
                    why,
                    "the contact center refuses the credentials, so no late answer is delivered; `handover check` names the \
                     permission or secret to correct"
                );
            }
        }
    }
}
