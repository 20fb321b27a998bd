//! One call into a provider: its capabilities, its limits, and its errors.

use crate::bindings::handover::provider::{cache, http as wit};
use crate::bindings::wasi::clocks::wall_clock;
use crate::cache::Cache;
use crate::error::{CallError, Limit};
use crate::http::Transport;
use crate::limits::{CACHE_KEY, Limits};
use crate::memory::MemoryShare;
use crate::origin::GrantedOrigins;
use crate::{http, limits};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wasmtime::component::Linker;
use wasmtime::{ResourceLimiter, Store, Trap, UpdateDeadline};

/// The capabilities of a connection, granted to calls with effects.
#[derive(Clone)]
pub(crate) struct Capabilities {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) cache: Arc<dyn Cache>,
    pub(crate) origins: GrantedOrigins,
    /// The namespace of this connection in the cache.
    pub(crate) namespace: Arc<str>,
}

/// The data of a store.
pub(crate) struct State {
    limits: Arc<Limits>,
    memory: MemoryShare,
    /// `None` in a pure call, in which every import traps.
    capabilities: Option<Capabilities>,
    exchanges: u32,
    ticks: u64,
    /// The limit that the provider exceeded. The trap that follows does not name it.
    reached: Option<Limit>,
    /// How the call is interrupted.
    pace: Pace,
}

/// How a call that computes is interrupted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// It yields to other tasks at every tick, until its CPU time is used up.
    Yielding,
    /// It runs on the thread of its caller, and is interrupted at the second tick.
    AtOnce,
    /// It ran on the thread of its caller and was interrupted.
    TooSlow,
}

/// An instance with its store, for one or several calls.
pub(crate) struct Instance {
    pub(crate) store: Store<State>,
    pub(crate) instance: wasmtime::component::Instance,
    /// The number of calls that the instance has served.
    pub(crate) calls: u32,
}

impl State {
    pub(crate) fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    pub(crate) fn store(engine: &wasmtime::Engine, limits: Arc<Limits>, memory: MemoryShare) -> Store<State> {
        let output = limits.output;
        let pace = Pace::Yielding;
        let state = State { limits, memory, capabilities: None, exchanges: 0, ticks: 0, reached: None, pace };
        let mut store = Store::new(engine, state);
        store.limiter(|state| state);
        store.set_hostcall_fuel(output);
        // The epoch increases with every tick, even while the provider waits for the host. The callback runs only when
        // the provider computes again, so only ticks of computation count.
        store.epoch_deadline_callback(|mut context| {
            Ok(match context.data_mut().tick() {
                Next::Computes => UpdateDeadline::Continue(1),
                // Unlike waking the task, tokio's own yield also lets timers and sockets run.
                Next::Yields => UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())),
                Next::Ends => UpdateDeadline::Interrupt,
            })
        });
        store.set_epoch_deadline(1);
        store
    }

    /// Counts a tick during which the provider computed, and decides what follows.
    fn tick(&mut self) -> Next {
        self.ticks += 1;
        match self.pace {
            // The first tick may follow immediately.
            Pace::AtOnce if self.ticks <= 1 => Next::Computes,
            Pace::AtOnce | Pace::TooSlow => {
                self.pace = Pace::TooSlow;
                Next::Ends
            }
            Pace::Yielding if self.ticks > ticks(self.limits.cpu_time) => {
                self.reached = Some(Limit::CpuTime);
                Next::Ends
            }
            Pace::Yielding => Next::Yields,
        }
    }
}

/// What a provider does after a tick.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// It continues on the thread of its caller.
    Computes,
    /// It continues after other tasks.
    Yields,
    /// The call ends.
    Ends,
}

fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_micros() / limits::TICK.as_micros()).unwrap_or(u64::MAX)
}

impl Instance {
    /// Returns the size of its linear memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.store.data().memory.bytes()
    }

    /// Prepares the instance for a call: with capabilities, or without them for a pure call.
    pub(crate) fn prepare(&mut self, capabilities: Option<Capabilities>, pace: Pace) {
        let state = self.store.data_mut();
        (state.capabilities, state.exchanges, state.ticks, state.reached) = (capabilities, 0, 0, None);
        state.pace = pace;
        self.store.set_epoch_deadline(1);
    }
}

/// Returns whether a call was interrupted because it must yield.
pub(crate) fn is_too_slow(store: &Store<State>) -> bool {
    store.data().pace == Pace::TooSlow
}

/// Defines every import so that it traps, for pure calls. Unlike those of `bindings`, these functions are synchronous, so
/// that a call needs no stack of its own.
pub(crate) fn add_trapping_imports(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    for (interface, functions) in TRAPPING {
        let mut instance = linker.instance(interface)?;
        for (function, import) in functions {
            instance.func_new(function, |_, _, _, _| Err(CallError::Impure(import).into()))?;
        }
    }
    Ok(())
}

/// The functions of each interface that a provider may import, and their names in errors.
const TRAPPING: [(&str, &[(&str, &str)]); 4] = [
    ("handover:provider/types@0.1.0", &[]),
    ("handover:provider/http@0.1.0", &[("send", "http.send")]),
    ("handover:provider/cache@0.1.0", &[("get", "cache.get"), ("put", "cache.put")]),
    ("wasi:clocks/wall-clock@0.2.6", &[("now", "wall-clock.now"), ("resolution", "wall-clock.resolution")]),
];

/// Classifies an error from wasmtime.
pub(crate) fn classify(store: &Store<State>, error: &wasmtime::Error) -> CallError {
    let limits = &store.data().limits;
    if let Some(CallError::Impure(import)) = error.downcast_ref::<CallError>() {
        return CallError::Impure(import);
    }
    let trap = error.downcast_ref::<Trap>();
    let limit = match trap {
        Some(Trap::StackOverflow) => Some(Limit::Stack),
        _ => store.data().reached,
    };
    if let Some(limit) = limit {
        // Other calls use the memory, and this call has sent nothing yet.
        let is_busy = limit == Limit::TotalMemory && store.data().exchanges == 0;
        return if is_busy { busy(limit, limits) } else { reached(limit, limits) };
    }
    if let Some(trap) = trap {
        return CallError::Trapped(trap.to_string());
    }
    let cause = error.root_cause().to_string();
    // wasmtime has no type for this error; a test checks the text.
    if cause.contains("fuel allocated for hostcalls") {
        return reached(Limit::Output, limits);
    }
    CallError::Broken(cause)
}

pub(crate) fn reached(limit: Limit, limits: &Limits) -> CallError {
    CallError::Limit { limit, allowed: allowed(limit, limits) }
}

pub(crate) fn busy(limit: Limit, limits: &Limits) -> CallError {
    CallError::Busy { limit, allowed: allowed(limit, limits) }
}

/// Returns the value of a limit; times in milliseconds.
fn allowed(limit: Limit, limits: &Limits) -> u64 {
    let time = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    match limit {
        Limit::Memory => limits.memory as u64,
        Limit::TotalMemory => limits.total_memory as u64,
        Limit::TableElements => limits.table_elements as u64,
        Limit::Stack => limits.stack as u64,
        Limit::CpuTime => time(limits.cpu_time),
        Limit::CallTime => time(limits.call_time),
        Limit::ConcurrentCalls => limits.concurrent_calls.into(),
        Limit::ConnectionCalls => limits.connection_calls.into(),
        Limit::Input => limits.input as u64,
        Limit::Headers => limits.headers as u64,
        Limit::Output => limits.output as u64,
        Limit::Items => limits.items as u64,
        Limit::Id => limits.id as u64,
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.limits.memory {
            self.reached = Some(Limit::Memory);
            return Ok(false);
        }
        let allowed = self.memory.grow(desired.saturating_sub(current));
        if !allowed {
            self.reached = Some(Limit::TotalMemory);
        }
        Ok(allowed)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= self.limits.table_elements;
        if !allowed {
            self.reached = Some(Limit::TableElements);
        }
        Ok(allowed)
    }
}

impl State {
    /// Returns the capabilities, or the trap for a pure function.
    fn capabilities(&self, import: &'static str) -> wasmtime::Result<&Capabilities> {
        self.capabilities.as_ref().ok_or_else(|| CallError::Impure(import).into())
    }
}

impl wit::Host for State {
    async fn send(&mut self, request: wit::Request) -> wasmtime::Result<Result<wit::Response, wit::HttpError>> {
        let capabilities = self.capabilities("http.send")?;
        if self.exchanges >= self.limits.http_exchanges {
            return Ok(Err(wit::HttpError::TooManyRequests));
        }
        let request = match http::request(request, &capabilities.origins, self.limits.http_request) {
            Ok(request) => request,
            Err(refused) => {
                tracing::debug!(?refused, "a plugin's request was refused");
                return Ok(Err(refused));
            }
        };
        let transport = Arc::clone(&capabilities.transport);
        self.exchanges += 1;
        Ok(match transport.send(request).await {
            Ok(response) if response.body().len() > self.limits.http_response => Err(wit::HttpError::ResponseTooLarge),
            Ok(response) => Ok(http::response(response)),
            Err(error) => Err(error.into()),
        })
    }
}

impl cache::Host for State {
    async fn get(&mut self, key: String) -> wasmtime::Result<Option<Vec<u8>>> {
        let capabilities = self.capabilities("cache.get")?;
        if key.len() > CACHE_KEY {
            return Ok(None);
        }
        Ok(capabilities.cache.get(&capabilities.namespace, &key).await)
    }

    async fn put(&mut self, key: String, value: Vec<u8>, seconds: u32) -> wasmtime::Result<()> {
        let capabilities = self.capabilities("cache.put")?;
        if key.len() <= CACHE_KEY && value.len() <= self.limits.cache_value {
            capabilities.cache.put(&capabilities.namespace, &key, value, Duration::from_secs(seconds.into())).await;
        }
        Ok(())
    }
}

impl wall_clock::Host for State {
    async fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        self.capabilities("wall-clock.now")?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(wall_clock::Datetime { seconds: now.as_secs(), nanoseconds: now.subsec_nanos() })
    }

    async fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        self.capabilities("wall-clock.resolution")?;
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryBudget;

    fn state(pace: Pace) -> State {
        let mut limits = Limits::default();
        limits.cpu_time = limits::TICK * 3;
        let memory = MemoryBudget::new(limits.total_memory).share();
        State { limits: Arc::new(limits), memory, capabilities: None, exchanges: 0, ticks: 0, reached: None, pace }
    }

    #[test]
    fn a_call_on_the_thread_of_its_caller_ends_at_the_second_tick() {
        let mut state = state(Pace::AtOnce);
        assert_eq!(state.tick(), Next::Computes);
        assert_eq!(state.tick(), Next::Ends);
        assert!(state.pace == Pace::TooSlow && state.reached.is_none());
    }

    #[test]
    fn any_other_call_yields_at_every_tick_until_its_time_is_used_up() {
        let mut state = state(Pace::Yielding);
        for _ in 0..3 {
            assert_eq!(state.tick(), Next::Yields);
        }
        assert_eq!(state.tick(), Next::Ends);
        assert_eq!(state.reached, Some(Limit::CpuTime));
    }
}
