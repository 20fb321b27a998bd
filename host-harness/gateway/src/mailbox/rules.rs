//! What the operator decides about a connection.

use handover_host::contract::Timestamp;
use handover_host::handover::Policy;
use std::time::Duration;

/// The timeout of one request to the contact center or to the platform. After it the outcome is unknown.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The length of a turn (a lease on a mailbox) in milliseconds. The time beyond the request's timeout is for the two
/// writes to the store, before and after the request.
pub const TURN: u64 = REQUEST_TIMEOUT.as_secs() * 1_000 + 3_000;

/// The default of [`Rules::doubt`], in milliseconds: a request of unknown outcome may still be on its way. Longer than
/// the turn in which it was sent.
pub const DOUBT: u64 = TURN + 5_000;

// With a turn that may end before its request does, nothing is ever delivered.
const _: () = assert!(Duration::from_millis(TURN).as_secs() > REQUEST_TIMEOUT.as_secs() && DOUBT > TURN);

/// What the operator decides about a connection. Times are in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// About handovers.
    pub policy: Policy,
    /// An event of the contact center's own webhook that is older is a replay.
    pub replay_window: u64,
    /// How often a handover in which nothing happens is observed; missing for never.
    pub observe_every: Option<u64>,
    /// Events go to a callback of the platform's besides the log.
    pub calls_back: bool,
    /// How often, and for how long, something is tried.
    pub retries: Retries,
    /// How long nobody asks after a request whose outcome is not known; [`DOUBT`] unless the other side is known to be
    /// faster.
    pub doubt: u64,
    /// How long after its end a handover is remembered.
    pub keep: u64,
}

/// How often, and for how long, something is tried. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// The first wait; each further one is up to twice as long.
    pub first: u64,
    /// No wait is longer, unless the other side asks for it.
    pub longest: u64,
    /// What has not gone well so long after it was first tried is given up.
    pub give_up: u64,
}

impl Rules {
    pub(super) fn observe_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.observe_every.filter(|_| self.policy.observes).map(|every| now.saturating_add(every))
    }
}

impl Retries {
    /// When to try again after so many attempts, of which the first was then; missing when it is to be given up.
    /// `chance` is from 0 to 1: with it nobody tries at the same time as all others. Never before the half of what the
    /// wait could be, nor before `after` seconds; but whoever asks for more time than there is is tried once more at its
    /// end.
    pub(super) fn next(
        &self,
        attempts: u32,
        after: Option<u32>,
        chance: f64,
        first: Timestamp,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let doublings = attempts.saturating_sub(1).min(32);
        let wait = self.first.saturating_mul(1_u64 << doublings).min(self.longest);
        // Milliseconds: far below 2^52.
        let jittered = wait / 2 + ((wait / 2) as f64 * chance.clamp(0.0, 1.0)) as u64;
        let asked = u64::from(after.unwrap_or(0)).saturating_mul(1_000);
        let end = first.saturating_add(self.give_up);
        let next = now.saturating_add(jittered);
        (next <= end).then(|| now.saturating_add(asked).min(end).max(next))
    }
}
