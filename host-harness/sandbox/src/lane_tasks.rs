//! Tasks that empty lanes in the background: one for each lane in which something waits.

use tokio::task::JoinSet;

use crate::lanes::{Lanes, Place};
use crate::shared::Shared;

/// Lanes, and the tasks that empty them.
#[derive(Debug)]
pub(crate) struct LaneTasks<T> {
    lanes: Shared<Lanes<T>>,
    tasks: Shared<JoinSet<()>>,
}

// Derived, both would ask the same of `T`.
impl<T> Clone for LaneTasks<T> {
    fn clone(&self) -> Self {
        Self { lanes: self.lanes.clone(), tasks: self.tasks.clone() }
    }
}

impl<T> Default for LaneTasks<T> {
    fn default() -> Self {
        Self { lanes: Shared::default(), tasks: Shared::default() }
    }
}

impl<T: Send + 'static> LaneTasks<T> {
    /// Puts `thing` into a lane, for `handle` when its turn comes. Gives it back when too many wait.
    pub(crate) fn put<F>(
        &self,
        lane: &str,
        thing: T,
        place: Place,
        handle: impl Fn(T) -> F + Send + 'static,
    ) -> Option<T>
    where
        F: Future<Output = ()> + Send,
    {
        let refused = self.lanes.with(|lanes| lanes.put(lane, thing, place));
        if refused.is_none() && self.lanes.with(|lanes| lanes.starts(lane)) {
            let (lanes, lane) = (self.lanes.clone(), lane.to_owned());
            self.tasks.with(|tasks| {
                while tasks.try_join_next().is_some() {}
                tasks.spawn(async move {
                    while let Some(thing) = lanes.with(|lanes| lanes.next(&lane)) {
                        handle(thing).await;
                    }
                });
            });
        }
        refused
    }

    /// Stops at once; what waits is not handled.
    pub(crate) async fn stop(&self) {
        let mut tasks = self.tasks.with(std::mem::take);
        tasks.shutdown().await;
    }

    /// The same, without waiting for what is under way to have stopped.
    pub(crate) fn abort(&self) {
        self.tasks.with(JoinSet::abort_all);
    }
}
