//! The state of the HTTP interface, which every handler receives.

use super::problem::Problem;
use super::tokens::Tokens;
use crate::bot_service::BotService;
use crate::connection_service::ConnectionService;
use crate::mailboxes::Mailboxes;
use crate::metrics::Metrics;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The HTTP interface. Cheap to clone.
#[derive(Clone)]
pub struct Gateway(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) services: BTreeMap<String, ConnectionService>,
    pub(super) bots: BTreeMap<String, BotService>,
    pub(super) mailboxes: Mailboxes,
    pub(super) tokens: Tokens,
    pub(super) metrics: Metrics,
    /// Limits the log messages about refused webhooks.
    pub(super) refusals: DefaultDirectRateLimiter,
    pub(super) stop: CancellationToken,
}

/// The maximum number of refused webhooks logged per minute. The metrics count all of them.
const MAX_REFUSALS_LOGGED: NonZeroU32 = NonZeroU32::new(60).unwrap();

impl Gateway {
    /// Creates the interface of these connections, for handovers and for bots, for clients with one of these tokens. When
    /// `stop` is cancelled, streams of events end.
    #[must_use]
    pub fn new(
        services: Vec<ConnectionService>,
        bots: Vec<BotService>,
        mailboxes: Mailboxes,
        tokens: Tokens,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> Self {
        let services = services.into_iter().map(|service| (service.name().to_owned(), service)).collect();
        let bots = bots.into_iter().map(|service| (service.name().to_owned(), service)).collect();
        let refusals = RateLimiter::direct(Quota::per_minute(MAX_REFUSALS_LOGGED));
        Self(Arc::new(Inner { services, bots, mailboxes, tokens, metrics, refusals, stop }))
    }

    /// Returns the services of contact centers that ask bots, ordered by name.
    pub fn bots(&self) -> impl Iterator<Item = &BotService> {
        self.0.bots.values()
    }

    pub(super) fn bot_service(&self, name: &str) -> Result<&BotService, Problem> {
        self.0.bots.get(name).ok_or_else(|| Problem::new(404, "no-connection", "no such connection for bots"))
    }

    /// Returns the services, ordered by name.
    pub fn connections(&self) -> impl Iterator<Item = &ConnectionService> {
        self.0.services.values()
    }

    pub(super) fn service(&self, name: &str) -> Result<&ConnectionService, Problem> {
        self.0.services.get(name).ok_or_else(|| Problem::new(404, "no-connection", "no such connection"))
    }
}
