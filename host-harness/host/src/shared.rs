//! The shared state of a host.

use crate::cache::Cache;
use crate::http::Transport;
use crate::limits::Limits;
use crate::memory::MemoryBudget;
use crate::permits::Permits;
use std::sync::Arc;
use tokio::sync::Semaphore;
use wasmtime::Engine;

/// The shared state of a host.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) limits: Arc<Limits>,
    pub(crate) memory: Arc<MemoryBudget>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) cache: Arc<dyn Cache>,
    /// The number of calls that one instance serves.
    pub(crate) reuse: u32,
    /// Limits the calls of all connections together.
    pub(crate) permits: Permits,
    /// One permit for each idle instance.
    pub(crate) idle: Arc<Semaphore>,
}
