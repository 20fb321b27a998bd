//! The operator's rules for a connection.

use super::time::{after, milliseconds};
use handover_host::contract::Timestamp;
use handover_host::handover::Policy;
use std::time::Duration;

/// The timeout of one request to the contact center or to the platform. After it the outcome is unknown.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The length of a lease. The time beyond the request's timeout is for the two writes to the store, before and after
/// the request.
pub const LEASE: Duration = Duration::from_secs(REQUEST_TIMEOUT.as_secs() + 3);

/// The default of [`Rules::lookup_delay`]: a request with an unknown outcome may still be in transit. Longer than the
/// lease under which it was sent.
pub const LOOKUP_DELAY: Duration = Duration::from_secs(LEASE.as_secs() + 5);

/// The time within which Genesys repeats a webhook: six attempts of at most 10 seconds, with 5 seconds between them.
const WEBHOOK_RETRIES: Duration = Duration::from_secs(6 * 10 + 5 * 5);

/// The tolerated difference between the contact center's clock and ours when events are attributed to an ended handover.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// The default of [`Rules::reconciliation_delay`]: no webhook of a message that counts is still repeated then.
pub const RECONCILIATION_DELAY: Duration = Duration::from_secs(150);

/// The default of [`Rules::outcome_timeout`]: the longest after-call work that contact centers usually permit.
pub const OUTCOME_TIMEOUT: Duration = Duration::from_secs(15 * 60);

const _: () = assert!(RECONCILIATION_DELAY.as_secs() >= WEBHOOK_RETRIES.as_secs() + CLOCK_TOLERANCE.as_secs());

// If a lease could expire before its request does, nothing would ever be delivered.
const _: () = assert!(LEASE.as_secs() > REQUEST_TIMEOUT.as_secs() && LOOKUP_DELAY.as_secs() > LEASE.as_secs());

/// The operator's rules for a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// The policy of its handovers.
    pub policy: Policy,
    /// The age from which an event of the contact center's own webhook is a replay.
    pub replay_window: Duration,
    /// How often a handover without events is polled. Absent: never.
    pub poll_interval: Option<Duration>,
    /// Whether events also go to a callback of the platform, and not only to the log.
    pub has_callback: bool,
    /// How often, and for how long, a failed attempt is repeated.
    pub retries: Retries,
    /// How long to wait before a request with an unknown outcome is looked up. [`LOOKUP_DELAY`] unless the contact
    /// center is known to be faster.
    pub lookup_delay: Duration,
    /// The time after the end of a handover at which its messages are compared with the contact center's: longer than the
    /// contact center repeats webhooks. Absent: never.
    pub reconciliation_delay: Option<Duration>,
    /// How long to poll for the outcome after the end of a handover. Absent: never.
    pub outcome_timeout: Option<Duration>,
    /// Whether a message of an agent to a recipient who never had a handover begins one.
    pub agents_begin: bool,
    /// How long a mailbox is kept after its last handover ended.
    pub retention: Duration,
}

/// How often, and for how long, a failed attempt is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// The first delay. Each further one is up to twice as long.
    pub initial_delay: Duration,
    /// The longest delay, unless the other side asks for a longer one.
    pub max_delay: Duration,
    /// The time after the first attempt at which an item is given up.
    pub give_up_after: Duration,
}

/// How events reach the platform's callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackRules {
    /// Whether events also go to a callback of the platform, and not only to the log.
    pub has_callback: bool,
    /// How often, and for how long, a failed attempt is repeated.
    pub retries: Retries,
}

impl Rules {
    pub(super) fn callback(&self) -> CallbackRules {
        CallbackRules { has_callback: self.has_callback, retries: self.retries }
    }

    pub(super) fn next_poll(&self, now: Timestamp) -> Option<Timestamp> {
        self.poll_interval.filter(|_| self.policy.can_poll).map(|interval| after(now, interval))
    }
}

impl Retries {
    /// Returns the time of the next attempt after this many attempts; `None` if the item must be given up. `first` is
    /// the time of the first attempt.
    ///
    /// `chance`, from 0 to 1, spreads the attempts of many items: the delay is between half of the full delay and the
    /// full delay. `after_seconds` is the delay that the other side asks for. If it asks for more time than is left,
    /// there is one more attempt at the end.
    pub(crate) fn next(
        &self,
        attempts: u32,
        after_seconds: Option<u32>,
        chance: f64,
        first: Timestamp,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let doublings = attempts.saturating_sub(1).min(32);
        let delay =
            milliseconds(self.initial_delay).saturating_mul(1_u64 << doublings).min(milliseconds(self.max_delay));
        // Milliseconds: far below 2^52.
        let jittered = delay / 2 + ((delay / 2) as f64 * chance.clamp(0.0, 1.0)) as u64;
        let asked = u64::from(after_seconds.unwrap_or(0)).saturating_mul(1_000);
        let end = after(first, self.give_up_after);
        let next = now.saturating_add(jittered);
        (next <= end).then(|| now.saturating_add(asked).min(end).max(next))
    }
}
