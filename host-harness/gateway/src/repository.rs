//! The repository of the records of one family: loads them from the store and changes them by compare-and-set.

use crate::address::Address;
use crate::clock::now;
use crate::metrics::{ConnectionMetrics, Metrics};
use crate::publication::Publication;
use crate::record;
use crate::store::{Change, Content, Family, Position, Revision, Store, StoreError, none_on_conflict};
use handover_host::contract::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashSet};
use std::marker::PhantomData;
use std::sync::Arc;
use tokio::sync::broadcast;

/// The maximum number of attempts of a change. Each conflict means that another change succeeded.
const MAX_ATTEMPTS: usize = 100;
/// The number of changes that a receiver may lag behind. The store also reports the changes that a receiver misses.
const MAX_PENDING_CHANGES: usize = 4_096;
/// The number of records that are read at once. A cluster reads all keys for each page.
const RECORDS_PER_PAGE: usize = 100_000;

/// The state of a conversation, stored as one record: a mailbox, or a session of a bot.
pub trait StoredState: Clone + DeserializeOwned + PartialEq + Send + Serialize + Sync + 'static {
    /// The family of its records.
    const FAMILY: Family;
    /// Names a record in errors: `a mailbox`.
    const NAME: &'static str;
    /// The operator's rules.
    type Rules: Send + Sync;

    /// Sets the process whose id becomes part of the ids that are assigned from now on. Not stored.
    fn set_process_id(&mut self, process_id: &str);

    /// Adjusts stored times if the clock was set back since the last change. Returns whether it was.
    fn correct_for_clock_step(&mut self, now: Timestamp) -> bool;

    /// Returns when a worker must look at it; `None` if nothing is due.
    fn due(&self, rules: &Self::Rules) -> Option<Timestamp>;

    /// Returns whether anything is queued.
    fn has_work(&self) -> bool;

    /// Returns the publication of the events that are not in the log yet.
    ///
    /// # Errors
    /// An event cannot be serialized.
    fn publication(&self, address: &Address) -> Result<Publication, StoreError>;

    /// Records that the events up to this number are in the log.
    fn published(&mut self, number: u64, rules: &Self::Rules);
}

/// Why a record was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError<E> {
    /// The change returned this error.
    #[error(transparent)]
    Refused(E),
    /// Every attempt conflicted with another change.
    #[error("the record is changed by others all the time")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The repository of the records of one family. Cheap to clone.
#[derive(Clone)]
pub struct Repository<R> {
    store: Arc<dyn Store>,
    metrics: Metrics,
    changes: broadcast::Sender<Change>,
    /// The id of this process, a part of the ids that it assigns.
    process_id: Arc<str>,
    records: PhantomData<fn() -> R>,
}

/// A record as it was loaded.
#[derive(Clone)]
pub(crate) struct Loaded<R> {
    pub(crate) state: R,
    /// Absent if the record is not stored yet.
    revision: Option<Revision>,
    /// The clock was set back since it was stored, so it must be stored again.
    clock_stepped_back: bool,
}

/// The outcome of saving.
pub(crate) enum SaveOutcome {
    Saved,
    /// Another change was stored first. Load the record again.
    Conflict,
}

impl<R> Loaded<R> {
    /// Creates a record that is not stored yet.
    pub(crate) fn new(state: R) -> Self {
        Self { state, revision: None, clock_stepped_back: false }
    }
}

impl<R: StoredState> Repository<R> {
    /// Creates the repository in a store. The metrics count published events.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, metrics: Metrics) -> Self {
        let (process_id, _) = uuid::Uuid::new_v4().as_u64_pair();
        Self {
            store,
            metrics,
            changes: broadcast::Sender::new(MAX_PENDING_CHANGES),
            process_id: format!("{:08x}", process_id >> 32).into(),
            records: PhantomData,
        }
    }

    /// Subscribes to the changes made by this process.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// Returns the current end of the log of events.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn latest(&self) -> Result<Position, StoreError> {
        self.store.last_position().await
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    pub(crate) fn metrics_of(&self, address: &Address) -> ConnectionMetrics {
        self.metrics.of_connection(&address.connection)
    }

    /// Loads a record; `None` if there is none.
    ///
    /// # Errors
    /// The store fails, or the record is not readable by this version.
    pub async fn load(&self, address: &Address) -> Result<Option<R>, StoreError> {
        Ok(self.loaded(address).await?.map(|loaded| loaded.state))
    }

    pub(crate) async fn loaded(&self, address: &Address) -> Result<Option<Loaded<R>>, StoreError> {
        let Some(record) = self.store.load(R::FAMILY, &address.key()).await? else { return Ok(None) };
        let mut state: R = record::decode(R::NAME, &record.content.value)?;
        state.set_process_id(&self.process_id);
        let clock_stepped_back = state.correct_for_clock_step(now());
        Ok(Some(Loaded { state, revision: Some(record.revision), clock_stepped_back }))
    }

    /// Stores a changed record if no other change was stored since it was loaded. In the same transaction, publishes its
    /// queued events, if the store is transactional.
    pub(crate) async fn save(
        &self,
        address: &Address,
        loaded: Loaded<R>,
        rules: &R::Rules,
    ) -> Result<SaveOutcome, StoreError> {
        let Loaded { mut state, revision, .. } = loaded;
        let transactional = self.store.transactional();
        let Publication { entries, events } = match transactional {
            Some(_) => state.publication(address)?,
            None => Publication::default(),
        };
        if let Some(last) = events.last_number() {
            state.published(last, rules);
        }
        let (key, due) = (address.key(), state.due(rules));
        let content = Content { value: record::encode(R::NAME, &state)?, due };
        let saved = match transactional {
            Some(store) => store.save_and_append(R::FAMILY, &key, revision, content, entries).await,
            None => self.store.save(R::FAMILY, &key, revision, content).await,
        };
        if none_on_conflict(saved)?.is_none() {
            return Ok(SaveOutcome::Conflict);
        }
        events.count(&self.metrics_of(address));
        // There may be no receiver.
        let _ = self.changes.send(Change { key, due });
        Ok(SaveOutcome::Saved)
    }

    /// Changes a record and returns the result of the change; `None` if there is no such record. The change may run
    /// several times, each time on the stored state.
    ///
    /// # Errors
    /// The change returns an error, in which case nothing is stored, or the store fails.
    pub async fn change<T, E>(
        &self,
        address: &Address,
        rules: &R::Rules,
        change: impl FnMut(&mut R) -> Result<T, E>,
    ) -> Result<Option<T>, ChangeError<E>> {
        let Some(loaded) = self.loaded(address).await? else { return Ok(None) };
        self.change_from(loaded, address, rules, change).await
    }

    /// Changes a record as [`change`](Self::change) does, which was just loaded.
    ///
    /// # Errors
    /// The change returns an error, in which case nothing is stored, or the store fails.
    pub(crate) async fn change_from<T, E>(
        &self,
        mut loaded: Loaded<R>,
        address: &Address,
        rules: &R::Rules,
        mut change: impl FnMut(&mut R) -> Result<T, E>,
    ) -> Result<Option<T>, ChangeError<E>> {
        for _ in 0..MAX_ATTEMPTS {
            let before = loaded.state.clone();
            let changed = change(&mut loaded.state).map_err(ChangeError::Refused)?;
            if loaded.state == before && !loaded.clock_stepped_back {
                return Ok(Some(changed));
            }
            if let SaveOutcome::Saved = self.save(address, loaded, rules).await? {
                return Ok(Some(changed));
            }
            let Some(reloaded) = self.loaded(address).await? else { return Ok(None) };
            loaded = reloaded;
        }
        Err(ChangeError::Contended)
    }

    /// Removes a record if it did not change since it was loaded.
    pub(crate) async fn remove(&self, address: &Address, loaded: &Loaded<R>) -> Result<(), StoreError> {
        let Some(revision) = loaded.revision else { return Ok(()) };
        // On a conflict the other change takes precedence.
        none_on_conflict(self.store.remove(R::FAMILY, &address.key(), revision).await).map(drop)
    }

    /// Counts the records with queued work of each connection that is not in `configured`.
    ///
    /// # Errors
    /// The store fails.
    pub(crate) async fn unserved(&self, configured: &HashSet<&str>) -> Result<BTreeMap<String, i64>, StoreError> {
        let (mut counted, mut after) = (BTreeMap::new(), None);
        loop {
            let keys = self.store.keys(R::FAMILY, after.as_deref(), RECORDS_PER_PAGE).await?;
            for key in &keys {
                let Some(address) =
                    Address::of(key).filter(|address| !configured.contains(address.connection.as_str()))
                else {
                    continue;
                };
                let has_work = match self.load(&address).await {
                    Ok(state) => state.is_some_and(|state| state.has_work()),
                    // An unreadable record may have queued work.
                    Err(error) if error.is_permanent() => true,
                    Err(error) => return Err(error),
                };
                if has_work {
                    *counted.entry(address.connection).or_default() += 1;
                }
            }
            after = keys.into_iter().next_back();
            if after.is_none() {
                return Ok(counted);
            }
        }
    }
}
