//! The instances of a provider.

use crate::call::{Capabilities, Instance, Pace, State, busy, classify, is_too_slow};
use crate::error::{CallError, Limit};
use crate::exports::Exports;
use crate::limits::{Limits, MAX_STACK_AT_ONCE};
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
    /// Creates instances whose imports are asynchronous. They run on a stack of their own.
    with_imports: InstancePre<State>,
    /// Creates instances whose imports trap, for pure calls on the thread of the caller.
    pure: InstancePre<State>,
    pub(crate) exports: Exports,
}

/// The instances of one connection: a limit of concurrent calls, and idle instances.
pub(crate) struct InstancePool {
    permits: Permits,
    /// Idle instances, each with its permit. Empty if each call gets a fresh instance. No other connection uses them,
    /// because a provider may keep data from earlier calls.
    idle: Mutex<Idle>,
}

/// Idle instances, by what created them.
#[derive(Default)]
struct Idle {
    with_imports: Vec<(Instance, OwnedSemaphorePermit)>,
    pure: Vec<(Instance, OwnedSemaphorePermit)>,
}

impl InstancePool {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { permits: Permits::new(limits.connection_calls), idle: Mutex::default() }
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Instances {
    pub(crate) fn new(
        shared: Arc<Shared>,
        with_imports: InstancePre<State>,
        pure: InstancePre<State>,
        exports: Exports,
    ) -> Self {
        Self { shared, with_imports, pure, exports }
    }

    /// Runs a pure call. It runs on the thread of its caller, without waiting, for at most two ticks. If it computes for
    /// longer, or if all permits are in use, it is made the other way: with a stack of its own, where it yields to other
    /// tasks. Both closures must make the same call.
    pub(crate) async fn pure_call<R>(
        &self,
        pool: &InstancePool,
        call_time: Duration,
        at_once: impl FnOnce(&mut Store<State>, &wasmtime::component::Instance) -> wasmtime::Result<R>,
        yielding: impl AsyncFnOnce(&mut Store<State>, &wasmtime::component::Instance) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        match self.call_at_once(pool, at_once) {
            Some(outcome) => outcome,
            None => self.call(pool, None, call_time, yielding).await,
        }
    }

    /// Runs a pure call on this thread. Returns `None` if it must be made the other way.
    fn call_at_once<R>(
        &self,
        pool: &InstancePool,
        call: impl FnOnce(&mut Store<State>, &wasmtime::component::Instance) -> wasmtime::Result<R>,
    ) -> Option<Result<R, CallError>> {
        if self.shared.limits.stack > MAX_STACK_AT_ONCE {
            return None;
        }
        let _connection = pool.permits.try_pure_call()?;
        let _host = self.shared.permits.try_pure_call()?;
        let idle = pool.idle().pure.pop();
        let mut instance = match idle {
            Some((instance, _permit)) => instance,
            None => {
                let mut store = self.store();
                store.data_mut().set_pace(Pace::AtOnce);
                match self.pure.instantiate(&mut store) {
                    Ok(instance) => Instance { store, instance, calls: 0 },
                    Err(_) if is_too_slow(&store) => return None,
                    Err(error) => return Some(Err(classify(&store, &error))),
                }
            }
        };
        instance.prepare(None, Pace::AtOnce);
        instance.calls += 1;
        match call(&mut instance.store, &instance.instance) {
            Ok(answer) => {
                self.keep(pool, instance, |idle| &mut idle.pure);
                Some(Ok(answer))
            }
            Err(_) if is_too_slow(&instance.store) => None,
            Err(error) => Some(Err(classify(&instance.store, &error))),
        }
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
            instance.prepare(capabilities, Pace::Yielding);
            instance.calls += 1;
            let answer = call(&mut instance.store, &instance.instance).await;
            match answer {
                Ok(answer) => {
                    self.keep(pool, instance, |idle| &mut idle.with_imports);
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
        if let Some((instance, _permit)) = pool.idle().with_imports.pop() {
            return Ok(instance);
        }
        let mut store = self.store();
        match self.with_imports.instantiate_async(&mut store).await {
            Ok(instance) => Ok(Instance { store, instance, calls: 0 }),
            Err(error) => Err(classify(&store, &error)),
        }
    }

    fn store(&self) -> Store<State> {
        State::store(&self.shared.engine, Arc::clone(&self.shared.limits), self.shared.memory.share())
    }

    /// Keeps an instance for another call in the list that `list` returns, if it may serve another one.
    fn keep(
        &self,
        pool: &InstancePool,
        mut instance: Instance,
        list: impl FnOnce(&mut Idle) -> &mut Vec<(Instance, OwnedSemaphorePermit)>,
    ) {
        if instance.calls < self.shared.reuse
            && instance.memory() <= self.shared.limits.idle_memory
            && self.shared.memory.is_half_free()
            && let Ok(permit) = Arc::clone(&self.shared.idle).try_acquire_owned()
        {
            // The idle instance keeps no capabilities.
            instance.prepare(None, Pace::Yielding);
            list(&mut pool.idle()).push((instance, permit));
        }
    }
}
