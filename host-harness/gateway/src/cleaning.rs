//! Forgets what nobody will ask for any more.

use crate::mailboxes::{Mailboxes, now};
use std::time::Duration;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Forgets entries of the log that are older than so many milliseconds, once an hour, and whose conversations were that
/// no mailbox knows any more, once a day, until it is cancelled. Mailboxes are to be kept longer: their events are
/// numbered anew once they are forgotten.
pub async fn clean(mailboxes: Mailboxes, keep: u64, stop: CancellationToken) {
    // What is cut short is done the next time.
    stop.run_until_cancelled(for_ever(mailboxes, keep)).await;
}

async fn for_ever(mailboxes: Mailboxes, keep: u64) {
    let (mut hourly, mut daily) = (interval(HOUR), interval(24 * HOUR));
    loop {
        let forgotten = tokio::select! {
            _ = hourly.tick() => mailboxes.store().forget(now().saturating_sub(keep)).await,
            _ = daily.tick() => mailboxes.forget_conversations().await,
        };
        if let Err(error) = forgotten {
            tracing::warn!(%error, "what is old cannot be forgotten; it is tried again");
        }
    }
}
