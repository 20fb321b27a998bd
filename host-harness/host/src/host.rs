//! The engine that plugins run in, and what all of them share.

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

/// Loads plugins. One for a process; cheap to clone. Needs a tokio runtime with time enabled.
#[derive(Clone)]
pub struct Host(Arc<Shared>);

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

/// Sets up a [`Host`].
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

/// What a host has that was given no transport.
struct NoNetwork;

#[async_trait]
impl Transport for NoNetwork {
    async fn send(&self, _: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        Err(TransportError::Unreachable)
    }
}

impl Host {
    /// A host with the default [`Limits`], no network, a cache in memory and a fresh instance for each call.
    #[must_use]
    pub fn builder() -> HostBuilder {
        HostBuilder {
            limits: Limits::default(),
            transport: Arc::new(NoNetwork),
            cache: Arc::new(MemoryCache::default()),
            reuse: 1,
        }
    }

    /// Compiles a component, checks it against the contract and asks it what it is.
    ///
    /// Compiling takes up to a second and the calling task's thread; [`precompile`](Self::precompile) does it ahead.
    ///
    /// # Errors
    /// Bytes that are no component, a component of another world, or one that imports what this host does not lend.
    pub async fn load(&self, component: &[u8]) -> Result<Provider, LoadError> {
        form(component)?;
        let compiled = Component::from_binary(&self.0.engine, component).map_err(invalid)?;
        Provider::load(Arc::clone(&self.0), compiled, Sha256::digest(component).into()).await
    }

    /// Compiles a component for [`load_precompiled`](Self::load_precompiled), by a host with the same limits on the
    /// same kind of machine and the same version of this crate.
    ///
    /// # Errors
    /// Bytes that are no valid component.
    pub fn precompile(&self, component: &[u8]) -> Result<Vec<u8>, LoadError> {
        form(component)?;
        let mut compiled = self.0.engine.precompile_component(component).map_err(invalid)?;
        // Which component it is stands behind the code: to hash the code would be a third of loading it.
        compiled.extend_from_slice(&Sha256::digest(component));
        Ok(compiled)
    }

    /// Loads what [`precompile`](Self::precompile) made, in a fraction of the time.
    ///
    /// # Errors
    /// As [`load`](Self::load); and bytes that another version or another configuration made.
    ///
    /// # Safety
    /// The bytes are native code, which will run: they must be, unchanged, what `precompile` returned. wasmtime looks
    /// at a header, and at nothing that could tell a forged file from a true one. Never load what came over a network
    /// or out of a directory that somebody else writes to.
    pub async unsafe fn load_precompiled(&self, compiled: &[u8]) -> Result<Provider, LoadError> {
        let (code, fingerprint) = compiled.split_last_chunk().ok_or_else(cut_off)?;
        // SAFETY: the caller vouches for the bytes.
        let component = unsafe { Component::deserialize(&self.0.engine, code) }.map_err(invalid)?;
        Provider::load(Arc::clone(&self.0), component, *fingerprint).await
    }

    /// The same from a file, of which only what is used is read.
    ///
    /// # Errors
    /// As [`load_precompiled`](Self::load_precompiled), and what the system says.
    ///
    /// # Safety
    /// As for [`load_precompiled`](Self::load_precompiled); and the file must not be changed for as long as the provider
    /// is in use: a new version takes its place by renaming.
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

fn cut_off() -> LoadError {
    LoadError::Invalid("it is shorter than anything that was compiled".into())
}

/// Tells apart what people give in place of a component.
fn form(bytes: &[u8]) -> Result<(), LoadError> {
    // The preamble: magic, version, layer (component model, "Binary format").
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 0, 0]) => Err(LoadError::NotAComponent),
        Some([0, b'a', b's', b'm', ..]) => Ok(()),
        _ => Err(LoadError::NotWasm),
    }
}

impl HostBuilder {
    /// What plugins may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// What carries the plugins' requests.
    #[must_use]
    pub fn http(mut self, transport: impl Transport + 'static) -> Self {
        self.transport = Arc::new(transport);
        self
    }

    /// Where plugins keep what was expensive to learn.
    #[must_use]
    pub fn cache(mut self, cache: impl Cache + 'static) -> Self {
        self.cache = Arc::new(cache);
        self
    }

    /// Lets an instance serve so many calls of its connection before it is thrown away; 1 is a fresh one for each.
    ///
    /// A provider keeps no state, so that an answer does not depend on it; the conformance kit checks that it does
    /// not. What a fresh instance adds is that even a plugin that lies about this learns nothing from other calls; no
    /// instance ever serves two connections.
    #[must_use]
    pub fn reuse(mut self, calls: u32) -> Self {
        self.reuse = calls.max(1);
        self
    }

    /// Sets up the engine.
    ///
    /// # Errors
    /// Limits that the machine cannot reserve.
    pub fn build(mut self) -> Result<Host, BuildError> {
        self.limits.concurrent_calls = self.limits.concurrent_calls.max(1);
        let engine = Engine::new(&config(&self.limits)).map_err(BuildError)?;
        keep_time(&engine).map_err(|error| BuildError(error.into()))?;
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
    // Kept in the pool between calls: mapping pages anew costs a fresh instance more than anything else.
    const RESIDENT: usize = 512 << 10;
    let calls = limits.concurrent_calls.saturating_add(limits.idle());
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        // A component is made of some core modules: its own, and what joins them.
        .max_core_instances_per_component(8)
        .max_memories_per_component(1)
        .max_tables_per_component(4)
        .total_core_instances(calls.saturating_mul(8))
        .total_memories(calls)
        .total_tables(calls.saturating_mul(4))
        .total_stacks(calls)
        .table_elements(limits.table_elements)
        .max_memory_size(limits.memory)
        // Only what was written is cleared and restored (Linux 6.7 and newer).
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(RESIDENT)
        .table_keep_resident(RESIDENT);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .epoch_interruption(true)
        .concurrency_support(false)
        // Where in a plugin something happened is told by no error here, and is an eighth of what is loaded.
        .generate_address_map(false)
        .max_wasm_stack(limits.stack)
        // The frames of wasm and, above them, those of the host functions that it calls.
        .async_stack_size(limits.stack.saturating_add(512 << 10));
    config
}

/// Lets the engine's epoch grow, for as long as there is an engine.
fn keep_time(engine: &Engine) -> std::io::Result<()> {
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
