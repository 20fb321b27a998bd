//! Processes what is queued in records: the log, the contact center, the platform's callback, and timers.
//!
//! Every gateway is notified of every change, the process that made it first. Therefore the gateway that changed a
//! record works on it. Another gateway does so only if the first one does not.

mod mailbox_tasks;
mod schedule;
mod service;
mod session_tasks;

use self::schedule::{RETRY_DELAY, Schedule};
use self::service::{Leasable, Service};
use crate::address::Address;
use crate::clock::{StepDetector, now};
use crate::mailbox::time::after;
use crate::mailbox::{Channel, LEASE, REQUEST_TIMEOUT};
use crate::repository::{ChangeError, Repository, StoredState};
use crate::store::{Change, StoreError};
use futures_util::StreamExt;
use handover_host::contract::Timestamp;
use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The delay until other gateways look at a record that one gateway changed.
const HEAD_START: Duration = Duration::from_millis(500);
/// The delay between attempts to store the outcome of a task.
const STORE_RETRY_DELAY: Duration = Duration::from_millis(200);
/// The maximum number of records of one connection that are worked on concurrently, for each kind of work.
const MAX_CONCURRENT: usize = 256;

/// The worker of one gateway on the records of one family. Cheap to clone.
#[derive(Clone)]
pub struct Worker<S: Service>(Arc<Inner<S>>);

struct Inner<S: Service> {
    /// The id of this worker among all gateways.
    worker_id: String,
    services: HashMap<String, (S, Permits)>,
    records: Repository<S::State>,
}

struct Permits {
    publish: Arc<Semaphore>,
    outbound: Arc<Semaphore>,
    callback: Arc<Semaphore>,
}

/// Work on one record that can happen concurrently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Work {
    /// Append events to the log.
    Publish,
    /// Work on a channel.
    Channel(Channel),
}

/// The result of work on one record.
struct Finished {
    key: Arc<str>,
    work: Work,
    /// When the record is due, as far as the work knows.
    due: Option<Timestamp>,
    /// Whether anything was done.
    progress: bool,
    /// Why the record is not readable.
    broken: Option<String>,
}

impl Permits {
    fn new() -> Self {
        let permits = || Arc::new(Semaphore::new(MAX_CONCURRENT));
        Self { publish: permits(), outbound: permits(), callback: permits() }
    }

    fn of(&self, work: Work) -> &Arc<Semaphore> {
        match work {
            Work::Publish => &self.publish,
            Work::Channel(Channel::Outbound) => &self.outbound,
            Work::Channel(Channel::Callback) => &self.callback,
        }
    }
}

impl<S: Service> Worker<S> {
    /// Creates a worker for these connections.
    #[must_use]
    pub fn new(services: Vec<S>, records: Repository<S::State>) -> Self {
        let services =
            services.into_iter().map(|service| (service.name().to_owned(), (service, Permits::new()))).collect();
        Self(Arc::new(Inner { worker_id: uuid::Uuid::new_v4().simple().to_string(), services, records }))
    }

    /// Works until it is cancelled, and then completes the work in progress.
    pub async fn run(self, stop: CancellationToken) {
        let (changes_to, mut changes) = mpsc::channel(1_024);
        let watcher = tokio::spawn(watch(self.0.records.clone(), changes_to));
        let unserved = tokio::spawn(self.clone().warn_of_unserved());
        let mut own = self.0.records.changes();
        let mut schedule = Schedule::default();
        let mut busy: HashSet<(Arc<str>, Work)> = HashSet::new();
        let mut jobs: JoinSet<Finished> = JoinSet::new();
        let mut quarantined = HashSet::new();
        let mut clock = StepDetector::start();
        loop {
            if clock.has_stepped_back() {
                tracing::warn!("the clock was set back: checking everything that is scheduled now");
                schedule.bring_forward(now());
            }
            while let Some(key) = schedule.pop_due(now()) {
                self.begin(&key, &mut busy, &mut jobs, &stop);
            }
            // A short wait, because a step of the clock wakes no task.
            let until = |at: Timestamp| Duration::from_millis(at.saturating_sub(now()));
            let wait = schedule.next().map_or(RETRY_DELAY, |at| until(at).min(RETRY_DELAY));
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(done) = jobs.join_next() => self.finish(done, &mut busy, &mut schedule, &mut quarantined),
                change = own.recv() => match change {
                    Ok(change) => {
                        schedule.changed(&change.key, change.due, Duration::ZERO, now());
                        self.release_idle(&change, &mut quarantined);
                    }
                    // The store also reports the changes that this receiver missed.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                },
                Some(change) = changes.recv() => {
                    schedule.changed(&change.key, change.due, HEAD_START, now());
                    self.release_idle(&change, &mut quarantined);
                }
                () = tokio::time::sleep(wait) => {}
            }
        }
        watcher.abort();
        unserved.abort();
        while jobs.join_next().await.is_some() {}
    }

    /// Warns of connections with queued work that this gateway does not serve, because the connection was renamed or
    /// another gateway serves it.
    async fn warn_of_unserved(self) {
        let configured = self.0.services.keys().map(String::as_str).collect();
        let others = match self.0.records.unserved(&configured).await {
            Ok(others) => others,
            Err(error) => return tracing::warn!(%error, "records of other connections cannot be counted"),
        };
        for (connection, records) in others {
            tracing::warn!(
                connection,
                records,
                "records of a connection that this gateway does not serve have queued work: was the connection renamed or removed?"
            );
            if let Some((service, _)) = self.0.services.values().next() {
                service.report_unserved(connection, records);
            }
        }
    }

    /// Starts all work on a record that is not running yet.
    fn begin(
        &self,
        key: &Arc<str>,
        busy: &mut HashSet<(Arc<str>, Work)>,
        jobs: &mut JoinSet<Finished>,
        stop: &CancellationToken,
    ) {
        // Ignores a record of a connection that this gateway does not serve.
        let Some(address) = Address::of(key) else { return };
        let Some((service, permits)) = self.0.services.get(&address.connection) else { return };
        let works = [Work::Publish, Work::Channel(Channel::Outbound), Work::Channel(Channel::Callback)];
        for work in works {
            if matches!(work, Work::Channel(Channel::Callback)) && !service.has_callback() {
                continue;
            }
            if !busy.insert((Arc::clone(key), work)) {
                continue;
            }
            let (key, address, permits) = (Arc::clone(key), address.clone(), Arc::clone(permits.of(work)));
            let (service, worker, stop) = (service.clone(), self.clone(), stop.clone());
            jobs.spawn(async move {
                // The semaphore is never closed.
                let _permit = permits.acquire_owned().await;
                let mut job = Job { service, address, worker_id: worker.0.worker_id.clone(), stop, due: None, progress: false };
                let outcome = match work {
                    Work::Publish => job.publish().await,
                    Work::Channel(channel) => job.channel(channel).await,
                };
                let mut broken = None;
                match outcome {
                    Ok(()) => {}
                    Err(ChangeError::Store(error)) if error.is_permanent() => {
                        (job.due, job.progress, broken) = (None, false, Some(error.to_string()));
                    }
                    Err(error) => {
                        tracing::warn!(connection = job.address.connection, %error, "work on a record failed; trying again");
                        (job.due, job.progress) = (Some(0), false);
                    }
                }
                Finished { key, work, due: job.due, progress: job.progress, broken }
            });
        }
    }

    /// Schedules a record again. An unreadable record is quarantined until it changes, because another attempt would fail
    /// the same way.
    fn finish(
        &self,
        done: Result<Finished, tokio::task::JoinError>,
        busy: &mut HashSet<(Arc<str>, Work)>,
        schedule: &mut Schedule,
        quarantined: &mut HashSet<Arc<str>>,
    ) {
        let done = match done {
            Ok(done) => done,
            // Cannot occur, because a job neither panics nor is aborted.
            Err(error) => return tracing::error!(%error, "a job did not end"),
        };
        busy.remove(&(Arc::clone(&done.key), done.work));
        if let Some(service) = self.service_of(&done.key) {
            if let Some(why) = &done.broken
                && quarantined.insert(Arc::clone(&done.key))
            {
                service.quarantined(1);
                tracing::error!(
                    connection = service.name(),
                    why,
                    "a record is not readable and is quarantined until it changes"
                );
            } else if done.broken.is_none() && quarantined.remove(&done.key) {
                service.quarantined(-1);
            }
        }
        if let Some(due) = done.due {
            let now = now();
            let soonest = if done.progress { now } else { after(now, RETRY_DELAY) };
            schedule.at_latest(&done.key, due, soonest, now);
        }
    }

    /// Releases a record from quarantine if it has no more work: it was removed, or another gateway could read it.
    fn release_idle(&self, change: &Change, quarantined: &mut HashSet<Arc<str>>) {
        if change.due.is_none()
            && quarantined.remove(change.key.as_str())
            && let Some(service) = self.service_of(&change.key)
        {
            service.quarantined(-1);
        }
    }

    /// Returns the service of a record's connection, or `None` if this gateway does not serve it.
    fn service_of(&self, key: &str) -> Option<&S> {
        let address = Address::of(key)?;
        self.0.services.get(&address.connection).map(|(service, _)| service)
    }
}

/// Forwards the changes that the store reports, and subscribes again when the stream ends.
async fn watch<R: StoredState>(records: Repository<R>, to: mpsc::Sender<Change>) {
    loop {
        match records.store().watch(R::FAMILY).await {
            Ok(mut changes) => {
                while let Some(change) = changes.next().await {
                    match change {
                        Ok(change) => {
                            if to.send(change).await.is_err() {
                                return;
                            }
                        }
                        Err(error) => {
                            tracing::warn!(%error, "the stream of changes ended; subscribing again");
                            break;
                        }
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the changes of the store cannot be watched; trying again"),
        }
        tokio::time::sleep(RETRY_DELAY).await;
    }
}

struct Job<S> {
    service: S,
    address: Address,
    worker_id: String,
    stop: CancellationToken,
    due: Option<Timestamp>,
    progress: bool,
}

/// A leased task, if there is one, and when the record is due next.
type Leased<S> = (Option<<<S as Service>::State as Leasable>::Task>, Option<Timestamp>);

impl<S: Service> Job<S> {
    async fn publish(&mut self) -> Result<(), ChangeError<Infallible>> {
        let published = self.service.records().publish(&self.address, self.service.rules()).await?;
        self.progress = published.progress;
        self.due = published.due;
        Ok(())
    }

    /// Performs tasks until none is due now.
    async fn channel(&mut self, channel: Channel) -> Result<(), ChangeError<Infallible>> {
        let mut outcome: Option<S::Outcome> = None;
        loop {
            let since = Instant::now();
            let mut leased_at = Instant::now();
            let change = loop {
                match self.lease(channel, outcome.as_ref(), &mut leased_at).await {
                    // Only this process knows the outcome, so it tries to store it until the lease expires.
                    Err(ChangeError::Store(StoreError::Unavailable(_)))
                        if outcome.is_some() && since.elapsed() < LEASE =>
                    {
                        tokio::time::sleep(STORE_RETRY_DELAY).await;
                    }
                    change => break change?,
                }
            };
            if let Some(outcome) = outcome.take() {
                self.progress = true;
                self.service.count(&outcome);
            }
            // A removed record is never due.
            let Some((task, due)) = change else {
                self.due = None;
                return Ok(());
            };
            self.due = due;
            let Some(task) = task else { return Ok(()) };
            // If the store was slow or the machine was suspended, the request could outlast the lease.
            if leased_at.elapsed() + REQUEST_TIMEOUT > LEASE {
                return Ok(());
            }
            outcome = self.service.perform(&self.address, task).await;
            if outcome.is_none() {
                // The next lease tries again.
                return Ok(());
            }
        }
    }

    /// Stores the outcome of the last task and acquires the next lease; `leased_at` is its start.
    async fn lease(
        &self,
        channel: Channel,
        outcome: Option<&S::Outcome>,
        leased_at: &mut Instant,
    ) -> Result<Option<Leased<S>>, ChangeError<Infallible>> {
        let rules = self.service.rules();
        self.service
            .records()
            .change(&self.address, rules, |state| {
                // Read for each attempt, because the lease starts at this time.
                let now = now();
                *leased_at = Instant::now();
                if let Some(outcome) = outcome {
                    self.service.record(outcome, state, now);
                }
                let task = if self.stop.is_cancelled() {
                    state.release(channel, &self.worker_id);
                    None
                } else {
                    state.lease(channel, &self.worker_id, now, rules)
                };
                Ok((task, state.due(rules)))
            })
            .await
    }
}
