//! Removes data whose retention has passed.

use crate::clock::now;
use crate::mailbox::time::before;
use crate::mailboxes::Mailboxes;
use std::time::Duration;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Removes log entries older than `retention` once an hour, and expired conversations that no mailbox knows once a day,
/// until it is cancelled. Mailboxes must be kept longer than entries, because a new mailbox restarts its event numbers.
pub(crate) async fn enforce_retention(mailboxes: Mailboxes, retention: Duration, stop: CancellationToken) {
    // The next run completes a cancelled one.
    stop.run_until_cancelled(run_forever(mailboxes, retention)).await;
}

async fn run_forever(mailboxes: Mailboxes, retention: Duration) {
    let (mut hourly, mut daily) = (interval(HOUR), interval(24 * HOUR));
    loop {
        let removed = tokio::select! {
            _ = hourly.tick() => mailboxes.store().remove_entries_before(before(now(), retention)).await,
            _ = daily.tick() => mailboxes.remove_expired_conversations().await,
        };
        if let Err(error) = removed {
            tracing::warn!(%error, "expired data cannot be removed; trying again at the next interval");
        }
    }
}
