//! The instances of one plugin: where its calls are made.

use crate::call::{Instance, Lent, State, reached, sort};
use crate::error::{CallError, Limit};
use crate::exports::Exports;
use crate::shared::Shared;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::Store;
use wasmtime::component::InstancePre;

/// Makes instances of a plugin, and keeps those that may serve another call.
pub(crate) struct Instances {
    pub(crate) shared: Arc<Shared>,
    pre: InstancePre<State>,
    pub(crate) exports: Exports,
    /// Those that wait for the next call, each with its permit; empty where each call has a fresh one.
    warm: Mutex<Vec<(Instance, OwnedSemaphorePermit)>>,
}

impl Instances {
    pub(crate) fn new(shared: Arc<Shared>, pre: InstancePre<State>, exports: Exports) -> Self {
        Self { shared, pre, exports, warm: Mutex::default() }
    }

    /// Makes one call, in an instance of its own or in a warm one. `lent` is `None` for a pure one.
    pub(crate) async fn call<R>(
        &self,
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
            let mut instance = self.instance().await?;
            instance.prepare(lent);
            instance.calls += 1;
            let answer = call(&mut instance.store, &instance.instance).await;
            match answer {
                Ok(answer) => {
                    self.keep(instance);
                    Ok(answer)
                }
                // An instance that failed is in an unknown state: it goes.
                Err(error) => Err(sort(&instance.store, &error)),
            }
        });
        outcome.await.unwrap_or_else(|_| Err(reached(Limit::CallTime, limits)))
    }

    async fn instance(&self) -> Result<Instance, CallError> {
        if let Some((instance, _permit)) = self.warm().pop() {
            return Ok(instance);
        }
        let mut store = State::store(&self.shared.engine, Arc::clone(&self.shared.limits));
        match self.pre.instantiate_async(&mut store).await {
            Ok(instance) => Ok(Instance { store, instance, calls: 0 }),
            Err(error) => Err(sort(&store, &error)),
        }
    }

    fn keep(&self, mut instance: Instance) {
        if instance.calls < self.shared.reuse
            && let Ok(permit) = Arc::clone(&self.shared.idle).try_acquire_owned()
        {
            // What it was lent goes back; it may be another connection's turn next.
            instance.prepare(None);
            self.warm().push((instance, permit));
        }
    }

    fn warm(&self) -> MutexGuard<'_, Vec<(Instance, OwnedSemaphorePermit)>> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
