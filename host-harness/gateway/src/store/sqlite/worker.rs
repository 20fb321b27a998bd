//! A thread with a connection of its own. What waits is done in one transaction, so that many share the wait for the
//! disk.

use super::{Locks, StoreError};
use rusqlite::{Connection, Transaction};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// Works that may wait; past that, whoever hands one over waits.
const WAITING: usize = 1_024;

/// Works in one transaction.
const TOGETHER: usize = 256;

/// Done in a transaction; what it gives back is called with what became of that.
type Work = Box<dyn FnOnce(&mut Transaction<'_>) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;

/// A handle. Dropping it waits until the thread has done what waits and closed its connection: the last connection that
/// is closed puts the write-ahead log into the database (SQLite, "Write-Ahead Logging", "The WAL File").
pub(super) struct Worker {
    /// There until it is dropped, as is the thread.
    works: Option<mpsc::Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.works.take());
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
        let (sender, receiver) = mpsc::channel(WAITING);
        let thread = thread::spawn(move || {
            run(connection, receiver);
            drop(locks);
        });
        Self { works: Some(sender), thread: Some(thread) }
    }

    /// Does `work`, all of it or nothing, in one transaction with others. When it is durable, the thread calls
    /// `announce` (whether or not anybody still waits), and then this answers.
    pub(super) async fn work<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R> + Send + 'static,
        announce: impl FnOnce(&R) + Send + 'static,
    ) -> Result<R, StoreError> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |transaction| {
            let done = in_savepoint(transaction, work).map_err(StoreError::from);
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
        let works = self.works.as_ref().ok_or_else(undone)?;
        works.send(work).await.map_err(|_| undone())?;
        answered.await.map_err(|_| undone())?
    }
}

fn in_savepoint<R>(
    transaction: &mut Transaction<'_>,
    work: impl FnOnce(&Connection) -> rusqlite::Result<R>,
) -> rusqlite::Result<R> {
    let savepoint = transaction.savepoint()?;
    let done = work(&savepoint)?;
    savepoint.commit()?;
    Ok(done)
}

fn run(mut connection: Connection, mut waiting: mpsc::Receiver<Work>) {
    let mut works = Vec::with_capacity(TOGETHER);
    while waiting.blocking_recv_many(&mut works, TOGETHER) > 0 {
        together(&mut connection, works.drain(..));
    }
}

fn together(connection: &mut Connection, works: impl Iterator<Item = Work>) {
    let mut transaction = match connection.transaction() {
        Ok(transaction) => transaction,
        // What is dropped is answered by that.
        Err(error) => return tracing::error!(%error, "no transaction can begin"),
    };
    let answers: Vec<Answer> = works.map(|work| work(&mut transaction)).collect();
    let committed = transaction.commit();
    for answer in answers {
        answer(match &committed {
            Ok(()) => Ok(()),
            Err(error) => Err(StoreError::Unavailable(format!("the transaction did not end: {error}"))),
        });
    }
}
