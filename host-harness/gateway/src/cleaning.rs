//! Forgets what nobody will ask for any more.

use crate::mailboxes::{Mailboxes, now};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two times.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Forgets entries of the log that are older than so many milliseconds, once an hour, until it is cancelled. Mailboxes
/// are to be kept longer: their events are numbered anew once they are forgotten.
pub async fn clean(mailboxes: Mailboxes, keep: u64, stop: CancellationToken) {
    loop {
        if let Err(error) = mailboxes.store().forget(now().saturating_sub(keep)).await {
            tracing::warn!(%error, "old events cannot be forgotten; it is tried again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
