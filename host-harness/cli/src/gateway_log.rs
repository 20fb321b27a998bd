//! The log of the gateway, on standard error.
//!
//! Logging never blocks or stops the gateway. If a line cannot be written, because the disk is full, or because the
//! reader of a pipe has stalled or closed it, the line is dropped and counted.

use crate::config::{Format, Level, Log};
use handover_gateway::Metrics;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;

/// The maximum number of queued lines.
const MAX_QUEUED_LINES: usize = 4_096;
/// The maximum time that the process waits for queued lines before it exits.
const MAX_FLUSH_TIME: Duration = Duration::from_secs(2);

/// Starts the log. Dropping the guard writes the queued lines.
pub(crate) fn start(log: &Log, metrics: &Metrics) -> LogGuard {
    let level = match log.level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    let to = CountingWriter { to: io::stderr(), metrics: metrics.clone() };
    let (queue, guard) = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(MAX_QUEUED_LINES).finish(to);
    let (dropped, counted, metrics) = (queue.error_counter(), Arc::new(AtomicUsize::new(0)), metrics.clone());
    let writer = move || QueueWriter {
        to: queue.clone(),
        dropped: dropped.clone(),
        counted: Arc::clone(&counted),
        metrics: metrics.clone(),
    };
    let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(writer).log_internal_errors(false);
    match log.format {
        Format::Text => lines.init(),
        Format::Json => lines.json().init(),
    }
    LogGuard(Some(guard))
}

/// Writes the queued lines when it is dropped. This takes at most `MAX_FLUSH_TIME`.
pub(crate) struct LogGuard(Option<WorkerGuard>);

impl Drop for LogGuard {
    fn drop(&mut self) {
        // If the queue is full, the guard of the worker prints to standard output, which blocks if the reader has
        // stalled. The process must exit in this case too.
        let (done, is_done) = mpsc::channel();
        let guard = self.0.take();
        std::thread::spawn(move || {
            drop(guard);
            let _ = done.send(());
        });
        let _ = is_done.recv_timeout(MAX_FLUSH_TIME);
    }
}

/// Queues lines and counts dropped lines.
struct QueueWriter {
    to: NonBlocking,
    dropped: ErrorCounter,
    /// The number of dropped lines that the metrics already include.
    counted: Arc<AtomicUsize>,
    metrics: Metrics,
}

impl Write for QueueWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = self.to.write(line)?;
        let dropped = self.dropped.dropped_lines();
        let counted = self.counted.fetch_max(dropped, Ordering::Relaxed);
        self.metrics.log_lines_lost(dropped.saturating_sub(counted));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes lines and counts those that cannot be written.
struct CountingWriter<W> {
    to: W,
    metrics: Metrics,
}

impl<W: Write> Write for CountingWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.to.write_all(line).is_err() {
            self.metrics.log_lines_lost(1);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // Standard error is unbuffered, so a flush has nothing to write.
        let _ = self.to.flush();
        Ok(())
    }
}
