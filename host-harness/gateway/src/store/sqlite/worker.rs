//! A thread with its own connection. It runs queued jobs in one transaction, so that many of them share the wait for
//! the disk.

use super::locks::Locks;
use crate::store::contract::StoreError;
use rusqlite::Connection;
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// The maximum number of jobs in the queue. Further callers wait.
const MAX_WAITING: usize = 1_024;

/// The maximum number of jobs in one transaction.
const MAX_BATCH: usize = 256;

/// A job runs in a transaction. The function that it returns is called with the outcome of the transaction.
type Job = Box<dyn FnOnce(&Connection) -> Reply + Send>;
type Reply = Box<dyn FnOnce(Result<(), StoreError>)>;

/// A handle to the thread. Dropping it waits until the thread has run all queued jobs and closed its connection. The
/// last connection that closes merges the write-ahead log into the database (SQLite, "Write-Ahead Logging", "The WAL
/// File").
pub(super) struct Worker {
    /// Both are present until the handle is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // The thread itself may hold the last reference while it announces a change.
        let thread = self.thread.take().filter(|thread| thread.thread().id() != thread::current().id());
        if let Some(thread) = thread {
            // The panic has already been reported.
            let _ = thread.join();
        }
    }
}

impl Worker {
    /// Starts the thread, which holds the locks for as long as it uses the connection.
    pub(super) fn start(connection: Connection, locks: Option<Locks>) -> Self {
        let (sender, receiver) = mpsc::channel(MAX_WAITING);
        let thread = thread::spawn(move || {
            run_jobs(connection, receiver);
            drop(locks);
        });
        Self { jobs: Some(sender), thread: Some(thread) }
    }

    /// Changes the database, entirely or not at all, in one transaction with other jobs. When the transaction is
    /// durable, the thread calls `announce`, even if the caller is gone.
    pub(super) async fn write<R: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
        announce: impl FnOnce(&R) + Send + 'static,
    ) -> Result<R, StoreError> {
        self.run(|connection| in_savepoint(connection, job), announce).await
    }

    /// Reads from the database, in one transaction with other jobs.
    pub(super) async fn read<R: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
    ) -> Result<R, StoreError> {
        self.run(job, |_| ()).await
    }

    async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
        announce: impl FnOnce(&R) + Send + 'static,
    ) -> Result<R, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let done = job(connection).map_err(StoreError::from);
            Box::new(move |committed| {
                let done = committed.and(done);
                if let Ok(done) = &done {
                    announce(done);
                }
                // The caller may be gone.
                let _ = answer.send(done);
            })
        });
        let undone = || StoreError::Unavailable("no transaction could start".to_owned());
        let jobs = self.jobs.as_ref().ok_or_else(undone)?;
        jobs.send(job).await.map_err(|_| undone())?;
        answered.await.map_err(|_| undone())?
    }
}

/// Runs a job whose changes stay only if it returns `Ok`. With prepared statements, which SQLite does not parse for each
/// job, unlike those of `rusqlite::Savepoint`.
fn in_savepoint<R>(
    connection: &Connection,
    job: impl FnOnce(&Connection) -> rusqlite::Result<R>,
) -> rusqlite::Result<R> {
    connection.prepare_cached("SAVEPOINT job")?.execute([])?;
    let done = job(connection);
    if done.is_err() {
        // Fails if SQLite has undone the whole transaction, in which case the commit fails as well.
        let _ = connection.prepare_cached("ROLLBACK TO job")?.execute([]);
    }
    let released = connection.prepare_cached("RELEASE job")?.execute([]);
    let done = done?;
    released?;
    Ok(done)
}

fn run_jobs(mut connection: Connection, mut waiting: mpsc::Receiver<Job>) {
    let mut jobs = Vec::with_capacity(MAX_BATCH);
    while waiting.blocking_recv_many(&mut jobs, MAX_BATCH) > 0 {
        run_batch(&mut connection, jobs.drain(..));
    }
}

fn run_batch(connection: &mut Connection, jobs: impl Iterator<Item = Job>) {
    let transaction = match connection.transaction() {
        Ok(transaction) => transaction,
        // Dropping the jobs closes their channels, which reports the failure to the callers.
        Err(error) => return tracing::error!(%error, "no transaction can start"),
    };
    let mut answers: Vec<Reply> = Vec::new();
    for job in jobs {
        // If a failed job has undone the whole transaction, each further change would be committed on its own, and yet be
        // reported as failed.
        if !transaction.is_autocommit() {
            answers.push(job(&transaction));
        }
    }
    let committed = transaction.commit();
    for answer in answers {
        answer(match &committed {
            Ok(()) => Ok(()),
            Err(error) => Err(StoreError::Unavailable(format!("the transaction was not committed: {error}"))),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// SQLite undoes the whole transaction after some errors, such as a full disk ("BEGIN TRANSACTION", section 3).
    #[tokio::test]
    async fn nothing_is_stored_after_a_job_that_undoes_its_transaction() {
        let connection = Connection::open_in_memory().expect("a database");
        connection.execute_batch("CREATE TABLE changed (value)").expect("a table");
        let worker = Worker::start(connection, None);
        // A transaction that lasts until the other jobs wait, so that they share the next one.
        let ((started, has_started), (release, released)) = (oneshot::channel(), mpsc::channel::<()>());
        let holding = worker.read(move |_| {
            let _ = started.send(());
            let _ = released.recv();
            Ok(())
        });
        let insert = |connection: &Connection| connection.execute("INSERT INTO changed VALUES (1)", []);
        let others = async {
            has_started.await.expect("the first job runs");
            let releasing = async { release.send(()).expect("the first job waits") };
            tokio::join!(
                worker.write(insert, |_| ()),
                worker.write(|connection| connection.execute_batch("ROLLBACK"), |()| ()),
                worker.write(insert, |_| ()),
                releasing,
            )
        };
        let (held, (first, undone, last, ())) = tokio::join!(holding, others);
        held.expect("the first transaction is committed");
        assert!(first.is_err() && undone.is_err() && last.is_err());
        let count = worker
            .read(|connection| connection.query_row("SELECT count(*) FROM changed", [], |row| row.get::<_, i64>(0)));
        assert_eq!(count.await.expect("the thread continues"), 0);
    }
}
