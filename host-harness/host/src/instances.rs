//! The instances of a provider.

use crate::call::{Capabilities, Instance, State, busy, classify};
use crate::error::{CallError, Limit};
use crate::exports::Exports;
use crate::limits::Limits;
use crate::permits::{Permit, Permits};
use crate::shared::Shared;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use wasmtime::Store;
use wasmtime::component::InstancePre;

/// Creates instances of a provider.
pub(crate) struct Instances {
    pub(crate) shared: Arc<Shared>,
    pre: InstancePre<State>,
    pub(crate) exports: Exports,
}

/// The instances of one connection: a limit of concurrent calls, and idle instances.
pub(crate) struct InstancePool {
    permits: Permits,
    /// Idle instances, each with its permit. Empty if each call gets a fresh instance. No other connection uses them,
    /// because a provider may keep data from earlier calls.
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

    /// Runs one call, in a fresh or an idle instance. `capabilities` is `None` for a pure call. The call takes at most
    /// `call_time`, including the wait for permits.
    pub(crate) async fn call<R>(
        &self,
        pool: &InstancePool,
        capabilities: Option<Capabilities>,
        call_time: Duration,
        call: impl AsyncFnOnce(&mut Store<State>, &wasmtime::component::Instance) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        let deadline = Instant::now() + call_time;
        // Acquires the connection's permit first, so that a waiting call holds no permit of the host.
        let _connection = self.permit(&pool.permits, capabilities.as_ref(), deadline, Limit::ConnectionCalls).await?;
        let _host = self.permit(&self.shared.permits, capabilities.as_ref(), deadline, Limit::ConcurrentCalls).await?;
        let outcome = tokio::time::timeout_at(deadline, async {
            let mut instance = self.instance(pool).await?;
            instance.prepare(capabilities);
            instance.calls += 1;
            let answer = call(&mut instance.store, &instance.instance).await;
            match answer {
                Ok(answer) => {
                    self.keep(pool, instance);
                    Ok(answer)
                }
                // An instance that failed is in an unknown state and is dropped.
                Err(error) => Err(classify(&instance.store, &error)),
            }
        });
        let allowed = u64::try_from(call_time.as_millis()).unwrap_or(u64::MAX);
        outcome.await.unwrap_or(Err(CallError::Limit { limit: Limit::CallTime, allowed }))
    }

    /// Waits for a permit until the deadline.
    async fn permit<'p>(
        &self,
        permits: &'p Permits,
        capabilities: Option<&Capabilities>,
        deadline: Instant,
        limit: Limit,
    ) -> Result<Permit<'p>, CallError> {
        let permit = async {
            match capabilities {
                Some(_) => permits.call_with_effects().await,
                None => permits.pure_call().await,
            }
        };
        tokio::time::timeout_at(deadline, permit).await.map_err(|_| busy(limit, &self.shared.limits))
    }

    async fn instance(&self, pool: &InstancePool) -> Result<Instance, CallError> {
        if let Some((instance, _permit)) = pool.idle().pop() {
            return Ok(instance);
        }
        let mut store = State::store(&self.shared.engine, Arc::clone(&self.shared.limits), self.shared.memory.share());
        match self.pre.instantiate_async(&mut store).await {
            Ok(instance) => Ok(Instance { store, instance, calls: 0 }),
            Err(error) => Err(classify(&store, &error)),
        }
    }

    fn keep(&self, pool: &InstancePool, mut instance: Instance) {
        if instance.calls < self.shared.reuse
            && instance.memory() <= self.shared.limits.idle_memory
            && self.shared.memory.is_half_free()
            && let Ok(permit) = Arc::clone(&self.shared.idle).try_acquire_owned()
        {
            // The idle instance keeps no capabilities.
            instance.prepare(None);
            pool.idle().push((instance, permit));
        }
    }
}
