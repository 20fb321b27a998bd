//! The limits of providers.

use std::time::Duration;

/// The limits of a provider. The defaults suit a provider that exchanges JSON over HTTP.
///
/// A call that exceeds a limit fails with [`CallError::Limit`](crate::CallError::Limit), which names it. An import that
/// exceeds a limit returns an error to the provider: its request is refused, its value is not stored.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of linear memory. 32 MiB: a body of [`input`](Self::input) bytes, parsed and copied several times over.
    pub memory: usize,
    /// Bytes of the linear memory of all instances together. 2 GiB: 1000 concurrent calls of a provider that needs 2
    /// MiB for a typical webhook. A call that needs more than the remaining bytes fails; other calls continue.
    pub total_memory: usize,
    /// Bytes of linear memory up to which an instance is kept for another call. 4 MiB: a large body leaves memory that
    /// later calls do not need.
    pub idle_memory: usize,
    /// Elements of one table. A compiled component has one entry for each function whose address is used.
    pub table_elements: usize,
    /// Bytes of the stack of wasm frames. 256 KiB; a guest has its own data stack in linear memory. Above
    /// [`MAX_STACK_AT_ONCE`], every call has a stack of its own.
    pub stack: usize,
    /// Concurrent calls. Three quarters of them may have effects; further calls wait, within `call_time`. 1000
    /// instances reserve address space, not memory. At least 1.
    pub concurrent_calls: u32,
    /// Concurrent calls of one connection. Three quarters of them may have effects. 500, half of `concurrent_calls`: a
    /// connection that is flooded, or whose contact center does not answer, leaves half of the calls to others. At
    /// least 1.
    pub connection_calls: u32,
    /// CPU time of a call, excluding waits, with the precision of [`TICK`]. A pure call needs microseconds.
    pub cpu_time: Duration,
    /// The timeout of a whole call, including the wait for permits and for the network. It also stops waits, which
    /// epochs cannot interrupt.
    pub call_time: Duration,
    /// Bytes of a webhook (headers and body together) or of an event source. 1 MiB: twice what Genesys sends.
    pub input: usize,
    /// Headers of a webhook. Common servers allow 100.
    pub headers: usize,
    /// Bytes of the result of a call, and of the arguments of each import.
    pub output: usize,
    /// Events of one source, and requests of one message.
    pub items: usize,
    /// Bytes of an id that a provider returns: of an event (the contract's limit), recipient, conversation or message.
    pub id: usize,
    /// HTTP exchanges of one call: enough to read thousands of entries page by page.
    pub http_exchanges: u32,
    /// Bytes of the body of a request.
    pub http_request: usize,
    /// Bytes of the body of a response.
    pub http_response: usize,
    /// Bytes of a cached value.
    pub cache_value: usize,
}

/// The interval at which the host checks a provider that is computing.
pub const TICK: Duration = Duration::from_millis(5);

/// The largest [`Limits::stack`] with which a pure call runs on the thread of its caller. A thread commonly has 2 MiB.
pub const MAX_STACK_AT_ONCE: usize = 512 << 10;

/// Bytes of a cache key: the contract's limit.
pub(crate) const CACHE_KEY: usize = 128;

impl Limits {
    /// Returns the maximum number of idle instances, in addition to those in use.
    pub(crate) fn idle(&self) -> u32 {
        self.concurrent_calls / 4 + 1
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 32 << 20,
            total_memory: 2 << 30,
            idle_memory: 4 << 20,
            table_elements: 10_000,
            stack: 256 << 10,
            concurrent_calls: 1000,
            connection_calls: 500,
            cpu_time: Duration::from_secs(1),
            call_time: Duration::from_secs(60),
            input: 1 << 20,
            headers: 200,
            output: 8 << 20,
            items: 1000,
            id: 512,
            http_exchanges: 64,
            http_request: 1 << 20,
            http_response: 4 << 20,
            cache_value: 16 << 10,
        }
    }
}
