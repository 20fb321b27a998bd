//! The engine, and the state that all providers share.

use crate::cache::{Cache, MemoryCache};
use crate::error::{BuildError, LoadError, chain};
use crate::http::{Transport, TransportError};
use crate::limits::{Limits, TICK};
use crate::memory::MemoryBudget;
use crate::permits::Permits;
use crate::provider::Provider;
use crate::shared::Shared;
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;
use wasmtime::component::Component;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Loads providers. One per process; cheap to clone. Requires a tokio runtime with time enabled.
#[derive(Clone)]
pub struct Host(Arc<Shared>);

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

/// Configures a [`Host`].
pub struct HostBuilder {
    limits: Limits,
    transport: Arc<dyn Transport>,
    cache: Arc<dyn Cache>,
    reuse: u32,
}

impl std::fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostBuilder").field("limits", &self.limits).field("reuse", &self.reuse).finish_non_exhaustive()
    }
}

/// The transport of a host without network access.
struct NoNetwork;

#[async_trait]
impl Transport for NoNetwork {
    async fn send(&self, _: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        Err(TransportError::Unreachable)
    }
}

impl Host {
    /// Returns a builder with the default [`Limits`], no network, a cache in memory, and a fresh instance for each
    /// call.
    #[must_use]
    pub fn builder() -> HostBuilder {
        HostBuilder {
            limits: Limits::default(),
            transport: Arc::new(NoNetwork),
            cache: Arc::new(MemoryCache::default()),
            reuse: 1,
        }
    }

    /// Compiles a component, checks it against the contract, and calls `describe`.
    ///
    /// Compiling takes up to a second and blocks the calling thread; [`precompile`](Self::precompile) does it ahead.
    ///
    /// # Errors
    /// The bytes are not a component, or the component belongs to another world or has imports that this host does not
    /// grant.
    pub async fn load(&self, component: &[u8]) -> Result<Provider, LoadError> {
        check_preamble(component)?;
        let compiled = Component::from_binary(&self.0.engine, component).map_err(invalid)?;
        Provider::load(Arc::clone(&self.0), compiled, Sha256::digest(component).into()).await
    }

    /// Compiles a component for [`load_precompiled`](Self::load_precompiled). The host that loads it must have the same
    /// limits, the same kind of machine and the same version of this crate.
    ///
    /// # Errors
    /// The bytes are not a valid component.
    pub fn precompile(&self, component: &[u8]) -> Result<Vec<u8>, LoadError> {
        check_preamble(component)?;
        let mut compiled = self.0.engine.precompile_component(component).map_err(invalid)?;
        // The component's digest follows the code, because hashing the code would cost a third of loading it.
        compiled.extend_from_slice(&Sha256::digest(component));
        Ok(compiled)
    }

    /// Loads the output of [`precompile`](Self::precompile), in a fraction of the time.
    ///
    /// # Errors
    /// As for [`load`](Self::load), or the bytes come from another version or configuration.
    ///
    /// # Safety
    /// The bytes are native code that runs without a sandbox. They must be, unchanged, the output of `precompile`.
    /// wasmtime checks a header, which does not detect a forged file. Never load bytes from a network, or from a
    /// directory that others can write to.
    pub async unsafe fn load_precompiled(&self, compiled: &[u8]) -> Result<Provider, LoadError> {
        let (code, fingerprint) = compiled.split_last_chunk().ok_or_else(too_short)?;
        // SAFETY: the caller vouches for the bytes.
        let component = unsafe { Component::deserialize(&self.0.engine, code) }.map_err(invalid)?;
        Provider::load(Arc::clone(&self.0), component, *fingerprint).await
    }

    /// Loads the output of [`precompile`](Self::precompile) from a file, and reads only the parts that are used.
    ///
    /// # Errors
    /// As for [`load_precompiled`](Self::load_precompiled), or the file cannot be read.
    ///
    /// # Safety
    /// As for [`load_precompiled`](Self::load_precompiled). The file must not change while the provider is in use:
    /// replace it by renaming a new one.
    pub async unsafe fn load_precompiled_file(&self, compiled: &Path) -> Result<Provider, LoadError> {
        let mut fingerprint = [0; 32];
        let read = File::open(compiled).and_then(|mut file| {
            file.seek(SeekFrom::End(-32))?;
            file.read_exact(&mut fingerprint)
        });
        read.map_err(|source| LoadError::Io { path: compiled.to_owned(), source })?;
        // SAFETY: the caller vouches for the file.
        let component = unsafe { Component::deserialize_file(&self.0.engine, compiled) }.map_err(invalid)?;
        Provider::load(Arc::clone(&self.0), component, fingerprint).await
    }
}

fn invalid(error: wasmtime::Error) -> LoadError {
    LoadError::Invalid(chain(&error))
}

fn too_short() -> LoadError {
    LoadError::Invalid("it is too short to be a compiled component".into())
}

/// Detects common mistakes: a core module, or bytes that are not WebAssembly.
fn check_preamble(bytes: &[u8]) -> Result<(), LoadError> {
    // The preamble: magic, version, layer (component model, "Binary format").
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 0, 0]) => Err(LoadError::NotAComponent),
        Some([0, b'a', b's', b'm', ..]) => Ok(()),
        _ => Err(LoadError::NotWasm),
    }
}

impl HostBuilder {
    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the transport of the providers' requests.
    #[must_use]
    pub fn http(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Arc::new(transport);
        self
    }

    /// Sets the cache.
    #[must_use]
    pub fn cache(mut self, cache: impl Cache + 'static) -> Self {
        self.cache = Arc::new(cache);
        self
    }

    /// Sets how many calls of its connection an instance serves; 1 is a fresh instance for each call.
    ///
    /// A provider has no state, so this does not affect any result, and the conformance kit checks that. With fresh
    /// instances, even a provider that violates this rule learns nothing from other calls. No instance serves two
    /// connections.
    #[must_use]
    pub fn reuse(mut self, calls: u32) -> Self {
        self.reuse = calls.max(1);
        self
    }

    /// Creates the host.
    ///
    /// # Errors
    /// The engine cannot reserve the resources that the limits require, or a thread cannot start.
    pub fn build(mut self) -> Result<Host, BuildError> {
        self.limits.concurrent_calls = self.limits.concurrent_calls.max(1);
        let engine = Engine::new(&config(&self.limits)).map_err(BuildError)?;
        start_epoch_thread(&engine).map_err(|error| BuildError(error.into()))?;
        let permits = Permits::new(self.limits.concurrent_calls);
        let idle = Arc::new(Semaphore::new(usize::try_from(self.limits.idle()).unwrap_or(Semaphore::MAX_PERMITS)));
        Ok(Host(Arc::new(Shared {
            engine,
            memory: MemoryBudget::new(self.limits.total_memory),
            limits: Arc::new(self.limits),
            transport: self.transport,
            cache: self.cache,
            reuse: self.reuse,
            permits,
            idle,
        })))
    }
}

fn config(limits: &Limits) -> Config {
    // Bytes kept resident between calls, because mapping pages is most of the cost of a fresh instance.
    const RESIDENT: usize = 512 << 10;
    let calls = limits.concurrent_calls.saturating_add(limits.idle());
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        // A component consists of several core modules: its own, and adapters.
        .max_core_instances_per_component(8)
        .max_memories_per_component(1)
        .max_tables_per_component(4)
        .total_core_instances(calls.saturating_mul(8))
        .total_memories(calls)
        .total_tables(calls.saturating_mul(4))
        .total_stacks(calls)
        .table_elements(limits.table_elements)
        .max_memory_size(limits.memory)
        // Clears and restores only written pages (Linux 6.7 and newer).
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(RESIDENT)
        .table_keep_resident(RESIDENT);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .epoch_interruption(true)
        .concurrency_support(false)
        // No error uses the address map, which accounts for an eighth of the loaded size.
        .generate_address_map(false)
        .max_wasm_stack(limits.stack)
        // The frames of wasm, and the frames of the host functions that it calls.
        .async_stack_size(limits.stack.saturating_add(512 << 10));
    config
}

/// Increases the engine's epoch for as long as the engine exists.
fn start_epoch_thread(engine: &Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new().name("handover-epoch".into()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    })?;
    Ok(())
}
