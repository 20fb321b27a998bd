//! The instances of one plugin: where its calls are made, and which of them wait for another.

use crate::call::{Instance, Lent, State, reached, sort};
use crate::error::{CallError, Limit};
use crate::exports::Exports;
use crate::limits::Limits;
use crate::permits::Permits;
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

/// One connection's instances: how many may run at the same time, and the idle ones.
pub(crate) struct InstancePool {
    permits: Permits,
    /// The instances that wait for the connection's next call, each with its permit; none if each call gets a fresh
    /// instance. No other connection uses them, for a plugin may remember what it saw.
    idle: Mutex<Vec<(Instance, OwnedSemaphorePermit)>>,
}

impl InstancePool {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { permits: Permits::new(limits.connection_calls), idle: Mutex::default() }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instance, OwnedSemaphorePermit)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Instances {
    pub(crate) fn new(shared: Arc<Shared>, pre: InstancePre<State>, exports: Exports) -> Self {
        Self { shared, pre, exports }
    }

    /// Makes one call, in an instance of its own or in a warm one. `lent` is `None` for a pure one.
    pub(crate) async fn call<R>(
        &self,
        pool: &InstancePool,
        lent: Option<Lent>,
        call: impl AsyncFnOnce(&mut Store<State>, &wasmtime::component::Instance) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        let limits = &self.shared.limits;
        let outcome = tokio::time::timeout(limits.call_time, async {
            // First the connection's permit: a call that waits for it takes none of the host's.
            let _permits = match lent {
                Some(_) => (pool.permits.call_with_effects().await, self.shared.permits.call_with_effects().await),
                None => (pool.permits.pure_call().await, self.shared.permits.pure_call().await),
            };
            let mut instance = self.instance(pool).await?;
            instance.prepare(lent);
            instance.calls += 1;
            let answer = call(&mut instance.store, &instance.instance).await;
            match answer {
                Ok(answer) => {
                    self.keep(pool, instance);
                    Ok(answer)
                }
                // An instance that failed is in an unknown state: it goes.
                Err(error) => Err(sort(&instance.store, &error)),
            }
        });
        outcome.await.unwrap_or_else(|_| Err(reached(Limit::CallTime, limits)))
    }

    async fn instance(&self, pool: &InstancePool) -> Result<Instance, CallError> {
        if let Some((instance, _permit)) = pool.idle().pop() {
            return Ok(instance);
        }
        let mut store = State::store(&self.shared.engine, Arc::clone(&self.shared.limits), self.shared.memory.share());
        match self.pre.instantiate_async(&mut store).await {
            Ok(instance) => Ok(Instance { store, instance, calls: 0 }),
            Err(error) => Err(sort(&store, &error)),
        }
    }

    fn keep(&self, pool: &InstancePool, mut instance: Instance) {
        if instance.calls < self.shared.reuse
            && instance.memory() <= self.shared.limits.idle_memory
            && self.shared.memory.is_half_free()
            && let Ok(permit) = Arc::clone(&self.shared.idle).try_acquire_owned()
        {
            // What it was lent goes back.
            instance.prepare(None);
            pool.idle().push((instance, permit));
        }
    }
}
