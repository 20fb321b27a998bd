//! Background tasks that empty ordered queues. Each queue that is not empty has one task.

use tokio::task::JoinSet;

use crate::delivery::ordered_queues::{OrderedQueues, Position};
use crate::state::shared::Shared;

/// Ordered queues and the tasks that empty them.
#[derive(Debug)]
pub(crate) struct QueueWorkers<T> {
    queues: Shared<OrderedQueues<T>>,
    tasks: Shared<JoinSet<()>>,
}

// The derived implementations would require `T: Clone` and `T: Default`.
impl<T> Clone for QueueWorkers<T> {
    fn clone(&self) -> Self {
        Self { queues: self.queues.clone(), tasks: self.tasks.clone() }
    }
}

impl<T> Default for QueueWorkers<T> {
    fn default() -> Self {
        Self { queues: Shared::default(), tasks: Shared::default() }
    }
}

impl<T: Send + 'static> QueueWorkers<T> {
    /// Inserts `item` into a queue. A task then calls `handle` with the item. Returns the item if the queue is full or
    /// if there are too many queues.
    pub(crate) fn put<F>(
        &self,
        queue: &str,
        item: T,
        position: Position,
        handle: impl Fn(T) -> F + Send + 'static,
    ) -> Option<T>
    where
        F: Future<Output = ()> + Send,
    {
        let rejected = self.queues.with(|queues| queues.put(queue, item, position));
        if rejected.is_none() && self.queues.with(|queues| queues.start(queue)) {
            let (queues, queue) = (self.queues.clone(), queue.to_owned());
            self.tasks.with(|tasks| {
                while tasks.try_join_next().is_some() {}
                tasks.spawn(async move {
                    while let Some(item) = queues.with(|queues| queues.next(&queue)) {
                        handle(item).await;
                    }
                });
            });
        }
        rejected
    }

    /// Stops all tasks and waits until they have stopped. Queued items are not handled.
    pub(crate) async fn stop(&self) {
        let mut tasks = self.tasks.with(std::mem::take);
        tasks.shutdown().await;
    }

    /// Stops all tasks without waiting.
    pub(crate) fn abort(&self) {
        self.tasks.with(JoinSet::abort_all);
    }
}
