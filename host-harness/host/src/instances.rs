//! The instances of one plugin: where its calls are made, and which of them wait for another.

use crate::call::{Instance, Lent, State, reached, sort};
use crate::error::{CallError, Limit};
use crate::exports::Exports;
use crate::shared::Shared;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::Store;
use wasmtime::component::InstancePre;

/// Makes instances of a plugin.
pub(crate) struct Instances {
    pub(crate) shared: Arc<Shared>,
    pre: InstancePre<State>,
    pub(crate) exports: Exports,
}

/// A connection's instances that wait for its next call, each with its permit; none where each call has a fresh one. No
/// other connection has them, for a plugin may have kept what it saw.
#[derive(Default)]
pub(crate) struct Warm(Mutex<Vec<(Instance, OwnedSemaphorePermit)>>);

impl Warm {
    fn instances(&self) -> MutexGuard<'_, Vec<(Instance, OwnedSemaphorePermit)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Instances {
    pub(crate) fn new(shared: Arc<Shared>, pre: InstancePre<State>, exports: Exports) -> Self {
        Self { shared, pre, exports }
    }

    /// Makes one call, in an instance of its own or in a warm one. `lent` is `None` for a pure one.
    pub(crate) async fn call<R>(
        &self,
        warm: &Warm,
        lent: Option<Lent>,
        call: impl AsyncFnOnce(&mut Store<State>, &wasmtime::component::Instance) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        let limits = &self.shared.limits;
        let outcome = tokio::time::timeout(limits.call_time, async {
            // The semaphores are never closed.
            let _effect = match lent {
                Some(_) => Some(self.shared.effects.acquire().await),
                None => None,
            };
            let _turn = self.shared.turns.acquire().await;
            let mut instance = self.instance(warm).await?;
            instance.prepare(lent);
            instance.calls += 1;
            let answer = call(&mut instance.store, &instance.instance).await;
            match answer {
                Ok(answer) => {
                    self.keep(warm, instance);
                    Ok(answer)
                }
                // An instance that failed is in an unknown state: it goes.
                Err(error) => Err(sort(&instance.store, &error)),
            }
        });
        outcome.await.unwrap_or_else(|_| Err(reached(Limit::CallTime, limits)))
    }

    async fn instance(&self, warm: &Warm) -> Result<Instance, CallError> {
        if let Some((instance, _permit)) = warm.instances().pop() {
            return Ok(instance);
        }
        let mut store = State::store(&self.shared.engine, Arc::clone(&self.shared.limits), self.shared.memory.share());
        match self.pre.instantiate_async(&mut store).await {
            Ok(instance) => Ok(Instance { store, instance, calls: 0 }),
            Err(error) => Err(sort(&store, &error)),
        }
    }

    fn keep(&self, warm: &Warm, mut instance: Instance) {
        if instance.calls < self.shared.reuse
            && instance.memory() <= self.shared.limits.idle_memory
            && self.shared.memory.is_half_free()
            && let Ok(permit) = Arc::clone(&self.shared.idle).try_acquire_owned()
        {
            // What it was lent goes back.
            instance.prepare(None);
            warm.instances().push((instance, permit));
        }
    }
}
