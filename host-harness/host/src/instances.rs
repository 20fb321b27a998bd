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

/// What one connection has of a host.
pub(crate) struct Share {
    permits: Permits,
    /// The instances that wait for the connection's next call, each with its permit; none where each call has a fresh
    /// one. No other connection has them, for a plugin may have kept what it saw.
    warm: Mutex<Vec<(Instance, OwnedSemaphorePermit)>>,
}

impl Share {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { permits: Permits::new(limits.connection_calls), warm: Mutex::default() }
    }

    fn warm(&self) -> MutexGuard<'_, Vec<(Instance, OwnedSemaphorePermit)>> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Instances {
    pub(crate) fn new(shared: Arc<Shared>, pre: InstancePre<State>, exports: Exports) -> Self {
        Self { shared, pre, exports }
    }

    /// Makes one call, in an instance of its own or in a warm one. `lent` is `None` for a pure one.
    pub(crate) async fn call<R>(
        &self,
        share: &Share,
        lent: Option<Lent>,
        call: impl AsyncFnOnce(&mut Store<State>, &wasmtime::component::Instance) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        let limits = &self.shared.limits;
        let outcome = tokio::time::timeout(limits.call_time, async {
            // The connection's own first: a call that waits for it keeps nothing from other connections.
            let _permits = match lent {
                Some(_) => (share.permits.call_with_effects().await, self.shared.permits.call_with_effects().await),
                None => (share.permits.pure_call().await, self.shared.permits.pure_call().await),
            };
            let mut instance = self.instance(share).await?;
            instance.prepare(lent);
            instance.calls += 1;
            let answer = call(&mut instance.store, &instance.instance).await;
            match answer {
                Ok(answer) => {
                    self.keep(share, instance);
                    Ok(answer)
                }
                // An instance that failed is in an unknown state: it goes.
                Err(error) => Err(sort(&instance.store, &error)),
            }
        });
        outcome.await.unwrap_or_else(|_| Err(reached(Limit::CallTime, limits)))
    }

    async fn instance(&self, share: &Share) -> Result<Instance, CallError> {
        if let Some((instance, _permit)) = share.warm().pop() {
            return Ok(instance);
        }
        let mut store = State::store(&self.shared.engine, Arc::clone(&self.shared.limits), self.shared.memory.share());
        match self.pre.instantiate_async(&mut store).await {
            Ok(instance) => Ok(Instance { store, instance, calls: 0 }),
            Err(error) => Err(sort(&store, &error)),
        }
    }

    fn keep(&self, share: &Share, mut instance: Instance) {
        if instance.calls < self.shared.reuse
            && instance.memory() <= self.shared.limits.idle_memory
            && self.shared.memory.is_half_free()
            && let Ok(permit) = Arc::clone(&self.shared.idle).try_acquire_owned()
        {
            // What it was lent goes back.
            instance.prepare(None);
            share.warm().push((instance, permit));
        }
    }
}
