//! The gateway's metrics, in the text format of OpenMetrics.

use crate::mailbox::{CallbackOutcome, DeliveryOutcome};
use handover_host::contract::Failure;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use serde_json::value::RawValue;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// The gateway's metrics. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

/// The metrics of one connection.
#[derive(Clone)]
pub(crate) struct ConnectionMetrics {
    connection: String,
    metrics: Metrics,
}

struct Inner {
    registry: Registry,
    webhooks: Family<Outcome, Counter>,
    webhook_events: Family<Outcome, Counter>,
    webhook_time: Histogram,
    events: Family<EventLabels, Counter>,
    ended: Family<Reason, Counter>,
    commands: Family<Outcome, Counter>,
    deliveries: Family<Outcome, Counter>,
    lookups: Family<Outcome, Counter>,
    callbacks: Family<Outcome, Counter>,
    polls: Family<Outcome, Counter>,
    reconciliations: Family<Outcome, Counter>,
    redactions: Family<Kind, Counter>,
    translations: Family<Outcome, Counter>,
    bot_requests: Family<Outcome, Counter>,
    answers: Family<Outcome, Counter>,
    dead_letters: Family<Connection, Counter>,
    duplicated: Family<Connection, Counter>,
    lost: Family<Connection, Counter>,
    quarantined: Family<Connection, Gauge>,
    log_lines_lost: Counter,
    credentials_refused: Family<Connection, Counter>,
    not_served: Family<Connection, Gauge>,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Connection {
    connection: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Outcome {
    connection: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct EventLabels {
    connection: String,
    event: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Reason {
    connection: String,
    reason: String,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct Kind {
    connection: String,
    kind: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("handover");
        // From half a millisecond to 16 s; Genesys waits for 10 s.
        let webhook_time = Histogram::new(exponential_buckets(0.000_5, 2.0, 16));
        registry.register("webhook_seconds", "Time to answer a webhook", webhook_time.clone());
        let quarantined = Family::default();
        let about = "Mailboxes and sessions that are not readable and need repair";
        registry.register("quarantined_mailboxes", about, quarantined.clone());
        let log_lines_lost = Counter::default();
        registry.register("log_lines_lost", "Lines of the log that were lost", log_lines_lost.clone());
        let not_served = Family::default();
        let about =
            "Mailboxes and sessions with queued work of connections that this gateway does not serve, at its start";
        registry.register("mailboxes_not_served", about, not_served.clone());
        let inner = Inner {
            log_lines_lost,
            not_served,
            credentials_refused: family(
                &mut registry,
                "credentials_refused",
                "Requests that the contact center refused because of the credentials",
            ),
            quarantined,
            webhooks: family(&mut registry, "webhooks", "Webhooks by outcome"),
            webhook_events: family(&mut registry, "webhook_events", "Events of webhooks by outcome"),
            webhook_time,
            events: family(&mut registry, "events", "Events for the platform by type"),
            ended: family(&mut registry, "ended", "Ended handovers by reason"),
            commands: family(&mut registry, "commands", "Commands of the platform by outcome"),
            deliveries: family(&mut registry, "deliveries", "Delivery attempts to the contact center by outcome"),
            lookups: family(&mut registry, "lookups", "Lookups of deliveries with unknown outcome by result"),
            callbacks: family(&mut registry, "callbacks", "Callback attempts by outcome"),
            polls: family(&mut registry, "polls", "Polls of conversations by outcome"),
            reconciliations: family(
                &mut registry,
                "reconciliations",
                "Comparisons of the agents' messages of ended handovers by outcome",
            ),
            redactions: family(&mut registry, "redactions", "Replacements of personal data by kind"),
            translations: family(&mut registry, "translations", "Requests for translations by outcome"),
            bot_requests: family(
                &mut registry,
                "bot_requests",
                "Requests of contact centers that ask bots, by outcome",
            ),
            answers: family(&mut registry, "answers", "Answers of bots by outcome"),
            dead_letters: family(&mut registry, "dead_letters", "Dead letters"),
            duplicated: family(
                &mut registry,
                "possibly_duplicated",
                "Requests sent again although their outcome is unknown",
            ),
            lost: family(&mut registry, "lost", "Authentic webhooks that are not readable and lost"),
            registry,
        };
        Self(Arc::new(inner))
    }
}

/// Registers a counter for each set of labels.
fn family<L>(registry: &mut Registry, name: &str, about: &str) -> Family<L, Counter>
where
    L: Clone + Debug + EncodeLabelSet + Eq + Hash + Send + Sync + 'static,
{
    let family = Family::default();
    registry.register(name, about, family.clone());
    family
}

impl Metrics {
    /// Returns the metrics in the text format of OpenMetrics 1.0.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.0.registry);
        text
    }

    /// Counts lost lines of the log.
    pub fn log_lines_lost(&self, lines: usize) {
        self.0.log_lines_lost.inc_by(u64::try_from(lines).unwrap_or(u64::MAX));
    }

    pub(crate) fn of_connection(&self, connection: &str) -> ConnectionMetrics {
        ConnectionMetrics { connection: connection.to_owned(), metrics: self.clone() }
    }

    /// Creates the metrics of unexpected conditions with the value 0, so that their first increase is visible.
    pub(crate) fn show_zeros(&self, connection: &str) {
        for family in [&self.0.dead_letters, &self.0.duplicated, &self.0.lost, &self.0.credentials_refused] {
            let _ = family.get_or_create(&Connection { connection: connection.to_owned() });
        }
        let _ = self.0.quarantined.get_or_create(&Connection { connection: connection.to_owned() });
    }

    pub(crate) fn webhook_time(&self, time: Duration) {
        self.0.webhook_time.observe(time.as_secs_f64());
    }
}

impl ConnectionMetrics {
    fn outcome(&self, family: &Family<Outcome, Counter>, outcome: &'static str, by: usize) {
        let labels = Outcome { connection: self.connection.clone(), outcome };
        family.get_or_create(&labels).inc_by(u64::try_from(by).unwrap_or(u64::MAX));
    }

    fn connection(&self) -> Connection {
        Connection { connection: self.connection.clone() }
    }

    pub(crate) fn webhook(&self, outcome: &'static str) {
        self.outcome(&self.metrics.0.webhooks, outcome, 1);
    }

    pub(crate) fn webhook_events(&self, outcome: &'static str, events: usize) {
        if events > 0 {
            self.outcome(&self.metrics.0.webhook_events, outcome, events);
        }
    }

    pub(crate) fn command(&self, outcome: &'static str) {
        self.outcome(&self.metrics.0.commands, outcome, 1);
    }

    pub(crate) fn delivery(&self, outcome: &DeliveryOutcome) {
        let outcome = match outcome {
            DeliveryOutcome::Delivered(_) => "delivered",
            DeliveryOutcome::Failed(Failure::Retry(advice)) if advice.may_have_arrived => "outcome-unknown",
            DeliveryOutcome::Failed(Failure::Retry(_) | Failure::Credentials(_) | Failure::StaleSettings) => "retry",
            DeliveryOutcome::Failed(Failure::Permanent(_) | Failure::Unsupported) => "refused",
            DeliveryOutcome::Unknown(_) => "outcome-unknown",
        };
        self.outcome(&self.metrics.0.deliveries, outcome, 1);
    }

    /// Counts a lookup.
    pub(crate) fn lookup(&self, found: &'static str) {
        self.outcome(&self.metrics.0.lookups, found, 1);
    }

    pub(crate) fn called_back(&self, outcome: &CallbackOutcome) {
        let outcome = match outcome {
            CallbackOutcome::Accepted => "accepted",
            CallbackOutcome::Retry(..) => "retry",
            CallbackOutcome::Refused(_) => "refused",
        };
        self.outcome(&self.metrics.0.callbacks, outcome, 1);
    }

    /// Counts a request of a contact center that asks bots.
    pub(crate) fn bot_request(&self, outcome: &'static str) {
        self.outcome(&self.metrics.0.bot_requests, outcome, 1);
    }

    /// Counts an answer of the platform.
    pub(crate) fn answer(&self, outcome: &'static str) {
        self.outcome(&self.metrics.0.answers, outcome, 1);
    }

    /// Counts a request that is sent again although its outcome is unknown.
    pub(crate) fn possibly_duplicated(&self) {
        self.metrics.0.duplicated.get_or_create(&self.connection()).inc();
    }

    pub(crate) fn poll(&self, outcome: &'static str) {
        self.outcome(&self.metrics.0.polls, outcome, 1);
    }

    /// Counts an attempt to compare the messages of an ended handover.
    pub(crate) fn reconciliation(&self, outcome: &'static str) {
        self.outcome(&self.metrics.0.reconciliations, outcome, 1);
    }

    /// Counts replacements of a kind of personal data.
    pub(crate) fn redacted(&self, kind: &str, count: usize) {
        let labels = Kind { connection: self.connection.clone(), kind: kind.to_owned() };
        self.metrics.0.redactions.get_or_create(&labels).inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Counts a request for a translation.
    pub(crate) fn translation(&self, outcome: &'static str) {
        self.outcome(&self.metrics.0.translations, outcome, 1);
    }

    pub(crate) fn dead_letter(&self) {
        self.metrics.0.dead_letters.get_or_create(&self.connection()).inc();
    }

    pub(crate) fn lost(&self) {
        self.metrics.0.lost.get_or_create(&self.connection()).inc();
    }

    /// Adds to the number of quarantined mailboxes.
    pub(crate) fn quarantined(&self, more: i64) {
        self.metrics.0.quarantined.get_or_create(&self.connection()).inc_by(more);
    }

    pub(crate) fn credentials_refused(&self) {
        self.metrics.0.credentials_refused.get_or_create(&self.connection()).inc();
    }

    /// Sets the number of mailboxes with queued work of a connection that this gateway does not serve.
    pub(crate) fn not_served(&self, connection: String, mailboxes: i64) {
        self.metrics.0.not_served.get_or_create(&Connection { connection }).set(mailboxes);
    }

    /// Counts an event in the log.
    pub(crate) fn published(&self, event: &str, data: Option<&RawValue>) {
        let labels = EventLabels { connection: self.connection.clone(), event: event.to_owned() };
        self.metrics.0.events.get_or_create(&labels).inc();
        if event == "ended" {
            // `"expired"`, or `{"error": "why"}`.
            let reason = data.and_then(|data| serde_json::from_str::<String>(data.get()).ok());
            let reason = reason.unwrap_or_else(|| "error".to_owned());
            self.metrics.0.ended.get_or_create(&Reason { connection: self.connection.clone(), reason }).inc();
        }
    }
}
