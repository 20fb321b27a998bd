//! Every bound that the host sets a plugin, in one place.

use std::time::Duration;

/// What a plugin may use. The defaults suit a provider that speaks JSON over HTTP; each names its reason.
///
/// A plugin that goes past a bound of a call gets a [`CallError::Limit`](crate::CallError::Limit) that names it; the
/// next call starts afresh. Past a bound of an import, the plugin itself gets the error: its request is refused, its
/// value is not kept.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of linear memory. 32 MiB: a body of [`input`](Self::input) bytes, parsed and copied several times over.
    pub memory: usize,
    /// Bytes of the linear memory of all instances together. 2 GiB: 1000 calls at once of a provider that takes 2 MiB for
    /// a typical webhook. A call that needs more than is left fails; other calls go on.
    pub total_memory: usize,
    /// The most linear memory, in bytes, of an instance that is kept for another call. 4 MiB: a large body leaves memory
    /// that later calls do not need.
    pub idle_memory: usize,
    /// Elements in one table. A component made by a compiler has one entry for each function whose address is taken.
    pub table_elements: usize,
    /// Bytes of the stack of wasm frames. 256 KiB; a guest keeps its own stack of data in linear memory.
    pub stack: usize,
    /// Calls at work at the same time, of which those with effects may be three quarters; further ones wait for their
    /// turn, within `call_time`. 1000 instances reserve address space, not memory. At least 1.
    pub concurrent_calls: u32,
    /// Calls of one connection at work at the same time; as for `concurrent_calls`, three quarters of them may have effects.
    /// 500, half of `concurrent_calls`: one connection that is flooded, or whose contact center does not answer, leaves
    /// half of the calls to the others. At least 1.
    pub connection_calls: u32,
    /// Time that a call may compute, waiting not counted, to within [`TICK`]. A pure call takes microseconds.
    pub cpu_time: Duration,
    /// Time that a whole call may take, waiting for its turn and for the network included: the bound for what epochs
    /// cannot stop.
    pub call_time: Duration,
    /// Bytes of a webhook (headers and body together) or of an event source. 1 MiB: twice what Genesys lets through.
    pub input: usize,
    /// Headers of a webhook. Servers in use stop at 100.
    pub headers: usize,
    /// Bytes that one call hands back to the host, and that it hands over at each import.
    pub output: usize,
    /// Events that one source maps to, and requests that one message becomes.
    pub items: usize,
    /// Bytes of an id that a plugin names: of an event (the contract's bound), of a recipient, a conversation, a message.
    pub id: usize,
    /// HTTP exchanges in one call: enough to page through thousands of entries, too few for an attack.
    pub http_exchanges: u32,
    /// Bytes of the body of a request.
    pub http_request: usize,
    /// Bytes of the body of a response.
    pub http_response: usize,
    /// Bytes of a cached value.
    pub cache_value: usize,
}

/// How often the host looks at a computing plugin.
pub const TICK: Duration = Duration::from_millis(5);

/// Bytes of a cache key; the contract's bound.
pub(crate) const CACHE_KEY: usize = 128;

impl Limits {
    /// Instances that may wait for their next call, beside those at work.
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
