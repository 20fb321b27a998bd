//! A thread with a connection of its own. What waits is done in one transaction, so that many share the wait for the
//! disk.

use super::{Locks, StoreError};
use rusqlite::{Connection, Transaction};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// Works that may wait; past that, whoever hands one over waits.
const MAX_WAITING: usize = 1_024;

/// Works in one transaction.
const MAX_BATCH: usize = 256;

/// Done in a transaction; what it gives back is called with what became of that.
type Job = Box<dyn FnOnce(&mut Transaction<'_>) -> Reply + Send>;
type Reply = Box<dyn FnOnce(Result<(), StoreError>)>;

/// A handle. Dropping it waits until the thread has done what waits and closed its connection: the last connection that
/// is closed puts the write-ahead log into the database (SQLite, "Write-Ahead Logging", "The WAL File").
pub(super) struct Worker {
    /// There until it is dropped, as is the thread.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // Announcing what was written, the thread itself may be the last that holds the store.
        let others = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id());
        if let Some(thread) = others {
            // It has told of its panic.
            let _ = thread.join();
        }
    }
}

impl Worker {
    /// Starts the thread, which keeps the lock for as long as it uses the connection.
    pub(super) fn start(connection: Connection, locks: Option<Locks>) -> Self {
        let (sender, receiver) = mpsc::channel(MAX_WAITING);
        let thread = thread::spawn(move || {
            run_jobs(connection, receiver);
            drop(locks);
        });
        Self { jobs: Some(sender), thread: Some(thread) }
    }

    /// Does `work`, all of it or nothing, in one transaction with others. When it is durable, the thread calls
    /// `announce` (whether or not anybody still waits), and then this answers.
    pub(super) async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
        announce: impl FnOnce(&R) + Send + 'static,
    ) -> Result<R, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            let done = in_savepoint(transaction, job).map_err(StoreError::from);
            Box::new(move |committed| {
                let done = committed.and(done);
                if let Ok(done) = &done {
                    announce(done);
                }
                // Whoever asked may have gone.
                let _ = answer.send(done);
            })
        });
        let undone = || StoreError::Unavailable("no transaction could begin".to_owned());
        let jobs = self.jobs.as_ref().ok_or_else(undone)?;
        jobs.send(job).await.map_err(|_| undone())?;
        answered.await.map_err(|_| undone())?
    }
}

fn in_savepoint<R>(
    transaction: &mut Transaction<'_>,
    job: impl FnOnce(&Connection) -> rusqlite::Result<R>,
) -> rusqlite::Result<R> {
    let savepoint = transaction.savepoint()?;
    let done = job(&savepoint)?;
    savepoint.commit()?;
    Ok(done)
}

fn run_jobs(mut connection: Connection, mut waiting: mpsc::Receiver<Job>) {
    let mut jobs = Vec::with_capacity(MAX_BATCH);
    while waiting.blocking_recv_many(&mut jobs, MAX_BATCH) > 0 {
        run_batch(&mut connection, jobs.drain(..));
    }
}

fn run_batch(connection: &mut Connection, jobs: impl Iterator<Item = Job>) {
    let mut transaction = match connection.transaction() {
        Ok(transaction) => transaction,
        // What is dropped is answered by that.
        Err(error) => return tracing::error!(%error, "no transaction can begin"),
    };
    let answers: Vec<Reply> = jobs.map(|job| job(&mut transaction)).collect();
    let committed = transaction.commit();
    for answer in answers {
        answer(match &committed {
            Ok(()) => Ok(()),
            Err(error) => Err(StoreError::Unavailable(format!("the transaction did not end: {error}"))),
        });
    }
}
