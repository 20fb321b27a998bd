//! Works on what waits in the mailboxes: the log, the contact center, the platform's callback, the clock.
//!
//! Every gateway hears of every change, its own first. So whoever changed a mailbox works on it, and the others look
//! after it only when that gateway does not.

mod schedule;
mod tasks;

use self::schedule::Schedule;
use self::tasks::Outcome;
use crate::clock::{StepDetector, now};
use crate::connection_service::ConnectionService;
use crate::mailbox::time::after;
use crate::mailbox::{Channel, LEASE, REQUEST_TIMEOUT};
use crate::mailboxes::{Address, ChangeError, Mailboxes};
use crate::publish::publish;
use crate::store::{Change, Family, StoreError};
use futures_util::StreamExt;
use handover_host::contract::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Milliseconds that the gateway which changed a mailbox has before the others look after it.
const HEAD_START: Duration = Duration::from_millis(500);
/// Milliseconds until somebody looks again who could do nothing.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Milliseconds between attempts to hand in what became of a task while the store cannot be used.
const STORE_RETRY_DELAY: Duration = Duration::from_millis(200);
/// Mailboxes of one connection that are worked on at the same time, in each way.
const MAX_CONCURRENT: usize = 256;

/// Works on the mailboxes of these connections. Cheap to clone.
#[derive(Clone)]
pub struct Worker(Arc<Inner>);

struct Inner {
    /// Which of all gateways this is.
    worker_id: String,
    service: HashMap<String, (ConnectionService, Permits)>,
    mailboxes: Mailboxes,
}

struct Permits {
    publish: Arc<Semaphore>,
    outbound: Arc<Semaphore>,
    callback: Arc<Semaphore>,
}

/// What can be done about one mailbox at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Work {
    /// Put into the log what waits for it.
    Publish,
    /// Work on a lane.
    Channel(Channel),
}

/// What one piece of work came to.
struct Finished {
    key: Arc<str>,
    work: Work,
    /// When the mailbox is due, as far as the work saw.
    due: Option<Timestamp>,
    /// Something was done.
    progress: bool,
    /// Its record is broken; why.
    broken: Option<String>,
}

impl Permits {
    fn new() -> Self {
        let some = || Arc::new(Semaphore::new(MAX_CONCURRENT));
        Self { publish: some(), outbound: some(), callback: some() }
    }

    fn of(&self, work: Work) -> &Arc<Semaphore> {
        match work {
            Work::Publish => &self.publish,
            Work::Channel(Channel::Outbound) => &self.outbound,
            Work::Channel(Channel::Callback) => &self.callback,
        }
    }
}

impl Worker {
    /// For these connections, whose mailboxes are all in this place.
    #[must_use]
    pub fn new(service: Vec<ConnectionService>, mailboxes: Mailboxes) -> Self {
        let service =
            service.into_iter().map(|service| (service.name().to_owned(), (service, Permits::new()))).collect();
        Self(Arc::new(Inner { worker_id: uuid::Uuid::new_v4().simple().to_string(), service, mailboxes }))
    }

    /// Works until it is cancelled, and then ends what it has begun.
    pub async fn run(self, stop: CancellationToken) {
        let (changes_to, mut changes) = mpsc::channel(1_024);
        let watcher = tokio::spawn(watch(self.0.mailboxes.clone(), changes_to));
        let unserved = tokio::spawn(self.clone().warn_of_unserved());
        let mut own = self.0.mailboxes.changes();
        let mut schedule = Schedule::default();
        let mut busy: HashSet<(Arc<str>, Work)> = HashSet::new();
        let mut jobs: JoinSet<Finished> = JoinSet::new();
        let mut quarantined = HashSet::new();
        let mut clock = StepDetector::start();
        loop {
            if clock.has_stepped_back() {
                tracing::warn!("the clock was set back: all mailboxes that wait are looked at now");
                schedule.bring_forward(now());
            }
            while let Some(key) = schedule.pop_due(now()) {
                self.begin(&key, &mut busy, &mut jobs, &stop);
            }
            // Not longer: nobody is woken when the clock is set.
            let until = |at: Timestamp| Duration::from_millis(at.saturating_sub(now()));
            let wait = schedule.next().map_or(RETRY_DELAY, |at| until(at).min(RETRY_DELAY));
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(done) = jobs.join_next() => self.finish(done, &mut busy, &mut schedule, &mut quarantined),
                change = own.recv() => match change {
                    Ok(change) => schedule.changed(&change.key, change.due, Duration::ZERO, now()),
                    // Too many at once: the store tells of them, too.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                },
                Some(change) = changes.recv() => schedule.changed(&change.key, change.due, HEAD_START, now()),
                () = tokio::time::sleep(wait) => {}
            }
        }
        watcher.abort();
        unserved.abort();
        while jobs.join_next().await.is_some() {}
    }

    /// Says which connections have mailboxes with something to do and are not served here: one that was renamed, or
    /// that another gateway serves.
    async fn warn_of_unserved(self) {
        let service = self.0.service.keys().map(String::as_str).collect();
        let others = match self.0.mailboxes.unserved(&service).await {
            Ok(others) => others,
            Err(error) => return tracing::warn!(%error, "whether mailboxes wait of other connections is not known"),
        };
        for (connection, mailboxes) in others {
            tracing::warn!(
                connection,
                mailboxes,
                "mailboxes have something to do, and this gateway does not serve their connection: was it renamed or removed?"
            );
            if let Some((service, _)) = self.0.service.values().next() {
                service.metrics().not_served(connection, mailboxes);
            }
        }
    }

    /// Begins what can be done about a mailbox and is not being done yet.
    fn begin(
        &self,
        key: &Arc<str>,
        busy: &mut HashSet<(Arc<str>, Work)>,
        jobs: &mut JoinSet<Finished>,
        stop: &CancellationToken,
    ) {
        // One of a connection that another gateway serves, or nobody any more.
        let Some(address) = Address::of(key) else { return };
        let Some((service, permits)) = self.0.service.get(&address.connection) else { return };
        let works = [Work::Publish, Work::Channel(Channel::Outbound), Work::Channel(Channel::Callback)];
        for work in works {
            if matches!(work, Work::Channel(Channel::Callback)) && !service.rules().has_callback {
                continue;
            }
            if !busy.insert((Arc::clone(key), work)) {
                continue;
            }
            let (key, address, permits) = (Arc::clone(key), address.clone(), Arc::clone(permits.of(work)));
            let (service, worker, stop) = (service.clone(), self.clone(), stop.clone());
            jobs.spawn(async move {
                // Nobody closes it.
                let _permit = permits.acquire_owned().await;
                let mut job = Job { service, address, worker_id: worker.0.worker_id.clone(), stop, due: None, progress: false };
                let outcome = match work {
                    Work::Publish => job.publish().await,
                    Work::Channel(channel) => job.channel(channel).await,
                };
                let mut broken = None;
                match outcome {
                    Ok(()) => {}
                    Err(ChangeError::Store(StoreError::Broken(why))) => {
                        (job.due, job.progress, broken) = (None, false, Some(why));
                    }
                    Err(error) => {
                        tracing::warn!(connection = job.address.connection, %error, "a mailbox cannot be worked on; it is tried again");
                        (job.due, job.progress) = (Some(0), false);
                    }
                }
                Finished { key, work, due: job.due, progress: job.progress, broken }
            });
        }
    }

    /// Puts what was worked on back on the agenda. A mailbox whose record is broken is looked at no more until somebody
    /// changes it: to try again would find the same.
    fn finish(
        &self,
        done: Result<Finished, tokio::task::JoinError>,
        busy: &mut HashSet<(Arc<str>, Work)>,
        schedule: &mut Schedule,
        quarantined: &mut HashSet<Arc<str>>,
    ) {
        let done = match done {
            Ok(done) => done,
            // It never comes to this: nothing in it panics, and nobody aborts it.
            Err(error) => return tracing::error!(%error, "a piece of work came to no end"),
        };
        busy.remove(&(Arc::clone(&done.key), done.work));
        if let Some(address) = Address::of(&done.key)
            && let Some((service, _)) = self.0.service.get(&address.connection)
        {
            if let Some(why) = &done.broken
                && quarantined.insert(Arc::clone(&done.key))
            {
                service.metrics().quarantined(1);
                tracing::error!(
                    connection = service.name(),
                    why,
                    "a mailbox cannot be worked on, and is left as it is until somebody changes it"
                );
            } else if done.broken.is_none() && quarantined.remove(&done.key) {
                service.metrics().quarantined(-1);
            }
        }
        if let Some(due) = done.due {
            let now = now();
            let soonest = if done.progress { now } else { after(now, RETRY_DELAY) };
            schedule.at_latest(&done.key, due, soonest, now);
        }
    }
}

/// Hands on what the store tells of changes, and asks anew when it stops doing so.
async fn watch(mailboxes: Mailboxes, to: mpsc::Sender<Change>) {
    loop {
        match mailboxes.store().watch(Family::Recipient).await {
            Ok(mut changes) => {
                while let Some(change) = changes.next().await {
                    match change {
                        Ok(change) => {
                            if to.send(change).await.is_err() {
                                return;
                            }
                        }
                        Err(error) => {
                            tracing::warn!(%error, "the store tells of no more changes; it is asked anew");
                            break;
                        }
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the store tells of no changes; it is asked again"),
        }
        tokio::time::sleep(RETRY_DELAY).await;
    }
}

struct Job {
    service: ConnectionService,
    address: Address,
    worker_id: String,
    stop: CancellationToken,
    due: Option<Timestamp>,
    progress: bool,
}

impl Job {
    async fn publish(&mut self) -> Result<(), ChangeError<std::convert::Infallible>> {
        let published = publish(&self.service, &self.address).await?;
        self.progress = published.progress;
        self.due = published.due;
        Ok(())
    }

    /// Does one task after the other until there is none to be done now.
    async fn channel(&mut self, channel: Channel) -> Result<(), ChangeError<std::convert::Infallible>> {
        let mut outcome: Option<Outcome> = None;
        loop {
            let since = Instant::now();
            let mut leased_at = Instant::now();
            let change = loop {
                match self.lease(channel, outcome.as_ref(), &mut leased_at).await {
                    // What was done is known here alone: without it, it would be in doubt.
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
                outcome.count(&self.service);
            }
            // A mailbox that is gone is never due.
            let Some((lease, due)) = change else {
                self.due = None;
                return Ok(());
            };
            self.due = due;
            let Some(lease) = lease else { return Ok(()) };
            // The store took too long, or the machine slept: what is begun now could end in somebody else's turn.
            if leased_at.elapsed() + REQUEST_TIMEOUT > LEASE {
                return Ok(());
            }
            let done = tasks::perform(&self.service, &self.address, lease.task).await;
            if done.is_nothing() {
                // Whoever comes when the turn is over tries again.
                return Ok(());
            }
            outcome = Some(done);
        }
    }

    /// Hands in what became of the last task, and takes the next; when it was `taken`.
    #[allow(clippy::type_complexity, reason = "a pair that lives for one line")]
    async fn lease(
        &self,
        channel: Channel,
        outcome: Option<&Outcome>,
        leased_at: &mut Instant,
    ) -> Result<Option<(Option<crate::mailbox::Lease>, Option<Timestamp>)>, ChangeError<std::convert::Infallible>> {
        let rules = self.service.rules();
        self.service
            .mailboxes()
            .change(&self.address, rules, |mailbox| {
                // Anew for each attempt: a turn is as long as it says.
                let now = now();
                *leased_at = Instant::now();
                if let Some(outcome) = outcome {
                    outcome.hand_in(mailbox, now, rules);
                }
                let lease = if self.stop.is_cancelled() {
                    mailbox.release(channel, &self.worker_id);
                    None
                } else {
                    mailbox.lease(channel, &self.worker_id, now, rules)
                };
                Ok((lease, mailbox.due(rules)))
            })
            .await
    }
}
