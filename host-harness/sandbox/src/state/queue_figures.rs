//! The figures of queues that the desk can set: the agents on queue and the estimated wait.

use std::collections::HashMap;

/// The figures of one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueFigures {
    /// The number of agents who are on queue.
    pub(crate) agents_on_queue: u32,
    /// The estimated wait of the first waiting conversation, in seconds. Each further one waits as long again. Genesys
    /// Cloud's own estimate is not reproduced. `None`: there is no estimate.
    pub(crate) wait_seconds: Option<u64>,
}

/// The figures of all queues.
#[derive(Debug)]
pub(crate) struct AllQueueFigures {
    initial: QueueFigures,
    changed: HashMap<String, QueueFigures>,
}

impl AllQueueFigures {
    /// Creates the figures. Every queue has `initial` until the desk changes it.
    pub(crate) fn new(initial: QueueFigures) -> Self {
        Self { initial, changed: HashMap::new() }
    }

    /// Returns the figures of a queue.
    pub(crate) fn of(&self, queue_id: &str) -> QueueFigures {
        self.changed.get(queue_id).copied().unwrap_or(self.initial)
    }

    /// Replaces the figures of a queue.
    pub(crate) fn set(&mut self, queue_id: &str, figures: QueueFigures) {
        self.changed.insert(queue_id.to_owned(), figures);
    }
}
