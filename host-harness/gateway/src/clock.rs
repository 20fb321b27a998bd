//! The clock. Pure code receives the time as an argument.

use handover_host::contract::Timestamp;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds by which the clock may fall behind the monotonic clock before it counts as set back.
const MAX_DRIFT_MS: u64 = 1_000;

/// Returns the milliseconds since 1970.
pub(crate) fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// Detects that the clock was set back, by comparing it with the monotonic clock.
pub(crate) struct StepDetector {
    wall: Timestamp,
    monotonic: Instant,
}

impl StepDetector {
    pub(crate) fn start() -> Self {
        Self { wall: now(), monotonic: Instant::now() }
    }

    /// Returns whether the clock was set back since the last call.
    pub(crate) fn has_stepped_back(&mut self) -> bool {
        let elapsed = u64::try_from(self.monotonic.elapsed().as_millis()).unwrap_or(u64::MAX);
        let expected = self.wall.saturating_add(elapsed);
        *self = Self::start();
        self.wall.saturating_add(MAX_DRIFT_MS) < expected
    }
}
