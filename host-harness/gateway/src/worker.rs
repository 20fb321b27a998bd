//! Works on what waits in the mailboxes: the log, the contact center, the platform's callback, the clock.
//!
//! Every gateway hears of every change, its own first. So whoever changed a mailbox works on it, and the others look
//! after it only when that gateway does not.

mod agenda;
mod tasks;

use self::agenda::Agenda;
use self::tasks::Outcome;
use crate::mailbox::{Lane, REQUEST_TIMEOUT, TURN};
use crate::mailboxes::{Address, ChangeError, Mailboxes, now};
use crate::served::Served;
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
const HEAD_START: u64 = 500;
/// Milliseconds until somebody looks again who could do nothing.
const LATER: u64 = 1_000;
/// Milliseconds by which the clock may go slower than time does; more, and it was set back.
const CLOCK_DRIFT: u64 = 1_000;
/// Milliseconds between attempts to hand in what became of a task while the store cannot be used.
const STORE_PAUSE: u64 = 200;
/// Mailboxes of one connection that are worked on at the same time, in each way.
const AT_A_TIME: usize = 256;

/// Works on the mailboxes of these connections. Cheap to clone.
#[derive(Clone)]
pub struct Worker(Arc<Inner>);

struct Inner {
    /// Which of all gateways this is.
    by: String,
    served: HashMap<String, (Served, Permits)>,
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
    Lane(Lane),
}

/// What one piece of work came to.
struct Done {
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
        let some = || Arc::new(Semaphore::new(AT_A_TIME));
        Self { publish: some(), outbound: some(), callback: some() }
    }

    fn of(&self, work: Work) -> &Arc<Semaphore> {
        match work {
            Work::Publish => &self.publish,
            Work::Lane(Lane::Outbound) => &self.outbound,
            Work::Lane(Lane::Callback) => &self.callback,
        }
    }
}

impl Worker {
    /// For these connections, whose mailboxes are all in this place.
    #[must_use]
    pub fn new(served: Vec<Served>, mailboxes: Mailboxes) -> Self {
        let served = served.into_iter().map(|served| (served.name().to_owned(), (served, Permits::new()))).collect();
        Self(Arc::new(Inner { by: uuid::Uuid::new_v4().simple().to_string(), served, mailboxes }))
    }

    /// Works until it is cancelled, and then ends what it has begun.
    pub async fn run(self, stop: CancellationToken) {
        let (changes_to, mut changes) = mpsc::channel(1_024);
        let watcher = tokio::spawn(watch(self.0.mailboxes.clone(), changes_to));
        let strangers = tokio::spawn(self.clone().tell_of_others());
        let mut own = self.0.mailboxes.changes();
        let mut agenda = Agenda::default();
        let mut busy: HashSet<(Arc<str>, Work)> = HashSet::new();
        let mut jobs: JoinSet<Done> = JoinSet::new();
        let mut quarantine = HashSet::new();
        let mut clock = WatchedClock::start();
        loop {
            if clock.was_set_back() {
                tracing::warn!("the clock was set back: all mailboxes that wait are looked at now");
                agenda.bring_forward(now());
            }
            while let Some(key) = agenda.take(now()) {
                self.begin(&key, &mut busy, &mut jobs, &stop);
            }
            // Not longer: nobody is woken when the clock is set.
            let wait = agenda.next().map_or(LATER, |at| at.saturating_sub(now()).min(LATER));
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(done) = jobs.join_next() => self.finish(done, &mut busy, &mut agenda, &mut quarantine),
                change = own.recv() => match change {
                    Ok(change) => agenda.told(&change.key, change.due, 0, now()),
                    // Too many at once: the store tells of them, too.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                },
                Some(change) = changes.recv() => agenda.told(&change.key, change.due, HEAD_START, now()),
                () = tokio::time::sleep(Duration::from_millis(wait)) => {}
            }
        }
        watcher.abort();
        strangers.abort();
        while jobs.join_next().await.is_some() {}
    }

    /// Says which connections have mailboxes with something to do and are not served here: one that was renamed, or
    /// that another gateway serves.
    async fn tell_of_others(self) {
        let served = self.0.served.keys().map(String::as_str).collect();
        let others = match self.0.mailboxes.of_others(&served).await {
            Ok(others) => others,
            Err(error) => return tracing::warn!(%error, "whether mailboxes wait of other connections is not known"),
        };
        for (connection, mailboxes) in others {
            tracing::warn!(
                connection,
                mailboxes,
                "mailboxes have something to do, and this gateway does not serve their connection: was it renamed or removed?"
            );
            if let Some((served, _)) = self.0.served.values().next() {
                served.counts().not_served(connection, mailboxes);
            }
        }
    }

    /// Begins what can be done about a mailbox and is not being done yet.
    fn begin(
        &self,
        key: &Arc<str>,
        busy: &mut HashSet<(Arc<str>, Work)>,
        jobs: &mut JoinSet<Done>,
        stop: &CancellationToken,
    ) {
        // One of a connection that another gateway serves, or nobody any more.
        let Some(address) = Address::of(key) else { return };
        let Some((served, permits)) = self.0.served.get(&address.connection) else { return };
        let works = [Work::Publish, Work::Lane(Lane::Outbound), Work::Lane(Lane::Callback)];
        for work in works {
            if matches!(work, Work::Lane(Lane::Callback)) && !served.rules().calls_back {
                continue;
            }
            if !busy.insert((Arc::clone(key), work)) {
                continue;
            }
            let (key, address, permits) = (Arc::clone(key), address.clone(), Arc::clone(permits.of(work)));
            let (served, worker, stop) = (served.clone(), self.clone(), stop.clone());
            jobs.spawn(async move {
                // Nobody closes it.
                let _permit = permits.acquire_owned().await;
                let mut job = Job { served, address, by: worker.0.by.clone(), stop, due: None, progress: false };
                let outcome = match work {
                    Work::Publish => job.publish().await,
                    Work::Lane(lane) => job.lane(lane).await,
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
                Done { key, work, due: job.due, progress: job.progress, broken }
            });
        }
    }

    /// Puts what was worked on back on the agenda. A mailbox whose record is broken is looked at no more until somebody
    /// changes it: to try again would find the same.
    fn finish(
        &self,
        done: Result<Done, tokio::task::JoinError>,
        busy: &mut HashSet<(Arc<str>, Work)>,
        agenda: &mut Agenda,
        quarantine: &mut HashSet<Arc<str>>,
    ) {
        let done = match done {
            Ok(done) => done,
            // It never comes to this: nothing in it panics, and nobody aborts it.
            Err(error) => return tracing::error!(%error, "a piece of work came to no end"),
        };
        busy.remove(&(Arc::clone(&done.key), done.work));
        if let Some(address) = Address::of(&done.key)
            && let Some((served, _)) = self.0.served.get(&address.connection)
        {
            if let Some(why) = &done.broken
                && quarantine.insert(Arc::clone(&done.key))
            {
                served.counts().quarantined(1);
                tracing::error!(
                    connection = served.name(),
                    why,
                    "a mailbox cannot be worked on, and is left as it is until somebody changes it"
                );
            } else if done.broken.is_none() && quarantine.remove(&done.key) {
                served.counts().quarantined(-1);
            }
        }
        if let Some(due) = done.due {
            let now = now();
            let soonest = if done.progress { now } else { now.saturating_add(LATER) };
            agenda.no_later(&done.key, due, soonest, now);
        }
    }
}

/// Tells when the clock that people set was set back, by the one that nobody can set.
struct WatchedClock {
    wall: Timestamp,
    monotonic: Instant,
}

impl WatchedClock {
    fn start() -> Self {
        Self { wall: now(), monotonic: Instant::now() }
    }

    /// Whether it was, since this was asked for the last time.
    fn was_set_back(&mut self) -> bool {
        let elapsed = u64::try_from(self.monotonic.elapsed().as_millis()).unwrap_or(u64::MAX);
        let expected = self.wall.saturating_add(elapsed);
        *self = Self::start();
        self.wall.saturating_add(CLOCK_DRIFT) < expected
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
        tokio::time::sleep(Duration::from_millis(LATER)).await;
    }
}

struct Job {
    served: Served,
    address: Address,
    by: String,
    stop: CancellationToken,
    due: Option<Timestamp>,
    progress: bool,
}

impl Job {
    async fn publish(&mut self) -> Result<(), ChangeError<std::convert::Infallible>> {
        let published = self.served.publish(&self.address).await?;
        self.progress = published.progress;
        self.due = published.due;
        Ok(())
    }

    /// Does one task after the other until there is none to be done now.
    async fn lane(&mut self, lane: Lane) -> Result<(), ChangeError<std::convert::Infallible>> {
        let mut outcome: Option<Outcome> = None;
        loop {
            let since = Instant::now();
            let mut taken = Instant::now();
            let change = loop {
                match self.turn(lane, outcome.as_ref(), &mut taken).await {
                    // What was done is known here alone: without it, it would be in doubt.
                    Err(ChangeError::Store(StoreError::Unavailable(_)))
                        if outcome.is_some() && since.elapsed() < Duration::from_millis(TURN) =>
                    {
                        tokio::time::sleep(Duration::from_millis(STORE_PAUSE)).await;
                    }
                    change => break change?,
                }
            };
            if let Some(outcome) = outcome.take() {
                self.progress = true;
                outcome.count(&self.served);
            }
            // A mailbox that is gone is never due.
            let Some((turn, due)) = change else {
                self.due = None;
                return Ok(());
            };
            self.due = due;
            let Some(turn) = turn else { return Ok(()) };
            // The store took too long, or the machine slept: what is begun now could end in somebody else's turn.
            if taken.elapsed() + REQUEST_TIMEOUT > Duration::from_millis(TURN) {
                return Ok(());
            }
            let done = tasks::perform(&self.served, &self.address, turn.task).await;
            if done.is_nothing() {
                // Whoever comes when the turn is over tries again.
                return Ok(());
            }
            outcome = Some(done);
        }
    }

    /// Hands in what became of the last task, and takes the next; when it was `taken`.
    #[allow(clippy::type_complexity, reason = "a pair that lives for one line")]
    async fn turn(
        &self,
        lane: Lane,
        outcome: Option<&Outcome>,
        taken: &mut Instant,
    ) -> Result<Option<(Option<crate::mailbox::Turn>, Option<Timestamp>)>, ChangeError<std::convert::Infallible>> {
        let rules = self.served.rules();
        self.served
            .mailboxes()
            .change(&self.address, rules, |mailbox| {
                // Anew for each attempt: a turn is as long as it says.
                let now = now();
                *taken = Instant::now();
                if let Some(outcome) = outcome {
                    outcome.hand_in(mailbox, now, rules);
                }
                let turn = if self.stop.is_cancelled() {
                    mailbox.rest(lane, &self.by);
                    None
                } else {
                    mailbox.turn(lane, &self.by, now, rules)
                };
                Ok((turn, mailbox.due(rules)))
            })
            .await
    }
}
