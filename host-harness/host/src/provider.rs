//! A loaded plugin.

use crate::bindings::{HandoverProvider, HandoverProviderPre};
use crate::call::{Instance, Lent, State, reached, sort};
use crate::connection::Connection;
use crate::contract::{AcceptedSettings, Description, Setting, SettingsProblem};
use crate::error::{CallError, ConnectError, Limit, LoadError};
use crate::host::Shared;
use crate::origin::{AllowedOrigins, LentOrigins, NotLent};
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, Linker};

/// What a provider may import; nothing else is lent.
pub(crate) const LENT: [&str; 4] = [
    "handover:provider/types@0.1.0",
    "handover:provider/http@0.1.0",
    "handover:provider/cache@0.1.0",
    "wasi:clocks/wall-clock@0.2.6",
];

/// What a provider has to export.
pub(crate) const EXPORT: &str = "handover:provider/provider@0.1.0";

/// A loaded plugin: compiled, checked against the contract, ready to be called. Cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Loaded>);

struct Loaded {
    shared: Arc<Shared>,
    pre: HandoverProviderPre<State>,
    description: Description,
    /// Of the component's bytes: connections of different plugins share nothing.
    fingerprint: [u8; 32],
    imports: Vec<String>,
    exports: Vec<String>,
    /// Instances that wait for the next call; empty where each call has a fresh one.
    warm: Mutex<Vec<Instance>>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("description", &self.0.description).finish_non_exhaustive()
    }
}

impl Provider {
    pub(crate) async fn load(
        shared: Arc<Shared>,
        component: Component,
        fingerprint: [u8; 32],
    ) -> Result<Self, LoadError> {
        let types = component.component_type();
        let imports: Vec<_> = types.imports(&shared.engine).map(|(name, _)| name.to_owned()).collect();
        let exports: Vec<_> = types.exports(&shared.engine).map(|(name, _)| name.to_owned()).collect();
        let foreign: Vec<_> = imports.iter().filter(|name| !LENT.contains(&name.as_str())).cloned().collect();
        if !foreign.is_empty() {
            return Err(LoadError::ForeignImports(foreign));
        }
        if !exports.iter().any(|name| name == EXPORT) {
            return Err(LoadError::AnotherWorld(exports));
        }
        let another = |error: wasmtime::Error| LoadError::AnotherContract(chain(&error));
        let mut linker = Linker::new(&shared.engine);
        HandoverProvider::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).map_err(another)?;
        let pre = linker.instantiate_pre(&component).map_err(another)?;
        let pre = HandoverProviderPre::new(pre).map_err(another)?;
        let description = Description {
            name: String::new(),
            title: String::new(),
            version: String::new(),
            settings: Vec::new(),
            origins: Vec::new(),
            abilities: Vec::new(),
        };
        let mut loaded = Loaded { shared, pre, description, fingerprint, imports, exports, warm: Mutex::default() };
        loaded.description = loaded
            .call(None, |store, bindings| Box::pin(bindings.handover_provider_provider().call_describe(store)))
            .await
            .map_err(LoadError::Describe)?;
        Ok(Self(Arc::new(loaded)))
    }

    /// What the plugin says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.0.description
    }

    /// The names of the component's imports.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.0.imports
    }

    /// The names of the component's exports.
    #[must_use]
    pub fn exports(&self) -> &[String] {
        &self.0.exports
    }

    /// Whether the settings can be used, and where they lead. `connect` asks this first.
    ///
    /// # Errors
    /// The plugin failed to answer.
    pub async fn check_settings(
        &self,
        settings: &[Setting],
    ) -> Result<Result<AcceptedSettings, Vec<SettingsProblem>>, CallError> {
        let settings = settings.to_vec();
        self.0
            .call(None, move |store, bindings| {
                Box::pin(
                    async move { bindings.handover_provider_provider().call_check_settings(store, &settings).await },
                )
            })
            .await
    }

    /// Makes a connection: checks the settings, and lends the origins that they lead to if the operator allowed them.
    ///
    /// # Errors
    /// Settings that the provider refuses, all problems at once; an origin that is not allowed; a plugin that fails.
    pub async fn connect(&self, settings: Vec<Setting>, allowed: &AllowedOrigins) -> Result<Connection, ConnectError> {
        let accepted = self.check_settings(&settings).await?.map_err(ConnectError::Settings)?;
        let mut origins = LentOrigins::default();
        for origin in &accepted.origins {
            origins.lend(origin, allowed).map_err(|not_lent| match not_lent {
                NotLent::NotAllowed => ConnectError::OriginNotAllowed(origin.clone()),
                NotLent::Invalid(why) => ConnectError::InvalidOrigin { origin: origin.clone(), why },
            })?;
        }
        Ok(self.connection(settings, accepted.warnings, origins))
    }

    /// A connection with settings that nobody checked, which may reach nothing. For conformance kits: what
    /// `check_settings` refuses, the other functions must survive.
    #[must_use]
    pub fn connect_unchecked(&self, settings: Vec<Setting>) -> Connection {
        self.connection(settings, Vec::new(), LentOrigins::default())
    }

    fn connection(&self, settings: Vec<Setting>, warnings: Vec<SettingsProblem>, origins: LentOrigins) -> Connection {
        let lent = Lent {
            transport: Arc::clone(&self.0.shared.transport),
            cache: Arc::clone(&self.0.shared.cache),
            origins,
            namespace: namespace(&self.0.fingerprint, &settings).into(),
        };
        Connection::new(self.clone(), settings, warnings, lent)
    }

    pub(crate) fn limits(&self) -> &crate::Limits {
        &self.0.shared.limits
    }

    pub(crate) async fn call<R, F>(&self, lent: Option<Lent>, call: F) -> Result<R, CallError>
    where
        F: for<'a> FnOnce(&'a mut Store<State>, &'a HandoverProvider) -> BoxFuture<'a, wasmtime::Result<R>>,
    {
        self.0.call(lent, call).await
    }
}

impl Loaded {
    /// Makes one call, in an instance of its own or in a warm one. `lent` is `None` for a pure one.
    async fn call<R, F>(&self, lent: Option<Lent>, call: F) -> Result<R, CallError>
    where
        F: for<'a> FnOnce(&'a mut Store<State>, &'a HandoverProvider) -> BoxFuture<'a, wasmtime::Result<R>>,
    {
        let limits = &self.shared.limits;
        // The semaphore is never closed.
        let _turn = self.shared.turns.acquire().await;
        let outcome = tokio::time::timeout(limits.call_time, async {
            let mut instance = self.instance().await?;
            instance.prepare(lent);
            let answer = call(&mut instance.store, &instance.bindings).await;
            match answer {
                Ok(answer) => {
                    self.keep(instance);
                    Ok(answer)
                }
                // An instance that failed is in an unknown state: it goes.
                Err(error) => Err(sort(&instance.store, &error)),
            }
        });
        outcome.await.unwrap_or_else(|_| Err(reached(Limit::CallTime, limits)))
    }

    async fn instance(&self) -> Result<Instance, CallError> {
        if let Some(instance) = self.warm().pop() {
            return Ok(instance);
        }
        let mut store = State::store(&self.shared.engine, Arc::clone(&self.shared.limits));
        match self.pre.instantiate_async(&mut store).await {
            Ok(bindings) => Ok(Instance { store, bindings, calls: 0 }),
            Err(error) => Err(sort(&store, &error)),
        }
    }

    fn keep(&self, mut instance: Instance) {
        if instance.calls < self.shared.reuse {
            // What it was lent goes back; it may be another connection's turn next.
            let calls = instance.calls;
            instance.prepare(None);
            instance.calls = calls;
            self.warm().push(instance);
        }
    }

    fn warm(&self) -> std::sync::MutexGuard<'_, Vec<Instance>> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name for a connection's part of the cache: the same on every machine, and nobody else's.
fn namespace(plugin: &[u8; 32], settings: &[Setting]) -> String {
    let mut hash = Sha256::new_with_prefix(plugin);
    for part in settings.iter().flat_map(|setting| [&setting.key, &setting.value]) {
        // With their lengths, for two texts side by side could be cut elsewhere.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
