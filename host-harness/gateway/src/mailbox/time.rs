//! Arithmetic of times in milliseconds since 1970. It saturates instead of overflowing.

use handover_host::contract::Timestamp;
use std::time::Duration;

/// Returns the time that is `duration` later.
pub(crate) fn after(time: Timestamp, duration: Duration) -> Timestamp {
    time.saturating_add(milliseconds(duration))
}

/// Returns the time that is `duration` earlier.
pub(crate) fn before(time: Timestamp, duration: Duration) -> Timestamp {
    time.saturating_sub(milliseconds(duration))
}

/// Returns a duration in whole milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
