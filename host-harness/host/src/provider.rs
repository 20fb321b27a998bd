//! A loaded plugin.

use crate::bindings::{HandoverProvider, HandoverProviderPre};
use crate::call::{Instance, Lent, State, reached, sort};
use crate::contract::{AcceptedSettings, Description, EXPORT, LENT, Setting, SettingsProblem};
use crate::error::{CallError, Limit, LoadError, chain};
use crate::shared::Shared;
use futures_util::future::BoxFuture;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, Linker};

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
    /// Instances that wait for the next call, each with its permit; empty where each call has a fresh one.
    warm: Mutex<Vec<(Instance, OwnedSemaphorePermit)>>,
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

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    pub(crate) fn fingerprint(&self) -> &[u8; 32] {
        &self.0.fingerprint
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
        let outcome = tokio::time::timeout(limits.call_time, async {
            // The semaphores are never closed.
            let _effect = match lent {
                Some(_) => Some(self.shared.effects.acquire().await),
                None => None,
            };
            let _turn = self.shared.turns.acquire().await;
            let mut instance = self.instance().await?;
            instance.prepare(lent);
            instance.calls += 1;
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
        if let Some((instance, _permit)) = self.warm().pop() {
            return Ok(instance);
        }
        let mut store = State::store(&self.shared.engine, Arc::clone(&self.shared.limits));
        match self.pre.instantiate_async(&mut store).await {
            Ok(bindings) => Ok(Instance { store, bindings, calls: 0 }),
            Err(error) => Err(sort(&store, &error)),
        }
    }

    fn keep(&self, mut instance: Instance) {
        if instance.calls < self.shared.reuse
            && let Ok(permit) = Arc::clone(&self.shared.idle).try_acquire_owned()
        {
            // What it was lent goes back; it may be another connection's turn next.
            instance.prepare(None);
            self.warm().push((instance, permit));
        }
    }

    fn warm(&self) -> std::sync::MutexGuard<'_, Vec<(Instance, OwnedSemaphorePermit)>> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
