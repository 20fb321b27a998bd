//! The repository of the sessions of bots. Requests wait here for the changes of a session.

use crate::address::Address;
use crate::platform_event::PlatformSessionEvent;
use crate::publication::Publication;
use crate::repository::{Loaded, Repository, StoredState};
use crate::session::{Session, SessionRules};
use crate::store::{Family, StoreError};
use futures_util::StreamExt;
use handover_host::contract::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;

/// The delay until the changes of the store are watched again after the stream ended.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// The repository of sessions. Cheap to clone.
#[derive(Clone)]
pub struct Sessions {
    records: Repository<Session>,
    waiters: Arc<Mutex<HashMap<String, Arc<Notify>>>>,
}

/// A session whose changes somebody waits for.
pub(crate) struct Awaited {
    key: String,
    notify: Arc<Notify>,
    sessions: Sessions,
}

impl StoredState for Session {
    const FAMILY: Family = Family::BotSession;
    const NAME: &'static str = "a session";
    type Rules = SessionRules;

    fn set_process_id(&mut self, process_id: &str) {
        Self::set_process_id(self, process_id);
    }

    fn correct_for_clock_step(&mut self, now: Timestamp) -> bool {
        Self::correct_for_clock_step(self, now)
    }

    fn due(&self, rules: &SessionRules) -> Option<Timestamp> {
        Self::due(self, rules)
    }

    fn has_work(&self) -> bool {
        Self::has_work(self)
    }

    fn publication(&self, address: &Address) -> Result<Publication, StoreError> {
        let mut publication = Publication::default();
        for queued in self.unpublished() {
            let event = PlatformSessionEvent::of(address, &self.event_id(queued), queued);
            publication.add(address, self.id(), queued, event)?;
        }
        Ok(publication)
    }

    fn published(&mut self, number: u64, rules: &SessionRules) {
        Self::published(self, number, rules);
    }
}

impl Loaded<Session> {
    /// Creates a session that is not stored yet.
    pub(crate) fn new_session(session_id: &str, now: Timestamp) -> Self {
        let id = uuid::Uuid::new_v4().simple().to_string();
        Self::new(Session::new(id, session_id.to_owned(), now))
    }
}

impl Sessions {
    /// Creates the repository. [`wake`](Self::wake) must run as well.
    #[must_use]
    pub fn new(records: Repository<Session>) -> Self {
        Self { records, waiters: Arc::default() }
    }

    /// Returns the records.
    #[must_use]
    pub fn records(&self) -> &Repository<Session> {
        &self.records
    }

    /// Waits for changes of a session.
    pub(crate) fn awaited(&self, address: &Address) -> Awaited {
        let key = address.key();
        let notify = Arc::clone(self.waiters().entry(key.clone()).or_default());
        Awaited { key, notify, sessions: self.clone() }
    }

    /// Wakes those who wait for a change, by any gateway. Does not end.
    pub async fn wake(self) {
        tokio::join!(self.wake_at_own_changes(), self.wake_at_all_changes());
    }

    async fn wake_at_own_changes(&self) {
        let mut changes = self.records.changes();
        loop {
            match changes.recv().await {
                Ok(change) => self.wake_for(&change.key),
                Err(RecvError::Lagged(_)) => self.wake_all(),
                // The repository exists as long as this does.
                Err(RecvError::Closed) => return,
            }
        }
    }

    async fn wake_at_all_changes(&self) {
        loop {
            match self.records.store().watch(Family::BotSession).await {
                Ok(mut changes) => {
                    // Changes may have been missed.
                    self.wake_all();
                    while let Some(Ok(change)) = changes.next().await {
                        self.wake_for(&change.key);
                    }
                }
                Err(error) => tracing::warn!(%error, "the changes of sessions cannot be watched; trying again"),
            }
            tokio::time::sleep(RETRY_DELAY).await;
        }
    }

    fn wake_for(&self, key: &str) {
        if let Some(notify) = self.waiters().get(key) {
            notify.notify_waiters();
        }
    }

    fn wake_all(&self) {
        self.waiters().values().for_each(|notify| notify.notify_waiters());
    }

    fn waiters(&self) -> MutexGuard<'_, HashMap<String, Arc<Notify>>> {
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Awaited {
    /// Returns the next change. It must be enabled before the session is loaded, so that no change is missed.
    pub(crate) fn next_change(&self) -> tokio::sync::futures::Notified<'_> {
        self.notify.notified()
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        let mut waiters = self.sessions.waiters();
        // The map has one of the two.
        if Arc::strong_count(&self.notify) <= 2 {
            waiters.remove(&self.key);
        }
    }
}
