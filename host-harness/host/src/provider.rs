//! A loaded provider.

use crate::bindings::HandoverProvider;
use crate::call::{State, add_trapping_imports};
use crate::contract::{
    AcceptedSettings, BOT_CONNECTOR, CONFIGURATION, Description, GRANTED_IMPORTS, HANDOVER, Setting, SettingsProblem,
};
use crate::error::{Error, LoadError, chain};
use crate::exports::Exports;
use crate::instances::{InstancePool, Instances};
use crate::shared::Shared;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use wasmtime::component::{Component, HasSelf, Linker};

/// A loaded provider: compiled, checked against the contract and ready. Cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Loaded>);

struct Loaded {
    instances: Instances,
    description: Description,
    /// The SHA-256 of the component. Connections of different components share nothing.
    fingerprint: [u8; 32],
    imports: Vec<String>,
    exports: Vec<String>,
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
        let foreign: Vec<_> =
            imports.iter().filter(|name| !GRANTED_IMPORTS.contains(&name.as_str())).cloned().collect();
        if !foreign.is_empty() {
            return Err(LoadError::ForeignImports(foreign));
        }
        let has = |interface: &str| exports.iter().any(|name| name == interface);
        if !has(CONFIGURATION) || !(has(HANDOVER) || has(BOT_CONNECTOR)) {
            return Err(LoadError::AnotherWorld(exports));
        }
        let another = |error: wasmtime::Error| LoadError::AnotherContract(chain(&error));
        let mut linker = Linker::new(&shared.engine);
        HandoverProvider::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state).map_err(another)?;
        let with_imports = linker.instantiate_pre(&component).map_err(another)?;
        let mut linker = Linker::new(&shared.engine);
        add_trapping_imports(&mut linker).map_err(another)?;
        let pure = linker.instantiate_pre(&component).map_err(another)?;
        let functions = Exports::of(&component).map_err(LoadError::AnotherContract)?;
        let pool = InstancePool::new(&shared.limits);
        let instances = Instances::new(shared, with_imports, pure, functions);
        let description = instances
            .pure_call(
                &pool,
                instances.shared.limits.call_time,
                |store, instance| {
                    instances.exports.check(store, instance)?;
                    instances.exports.configuration.describe_at_once(store, instance)
                },
                async |store, instance| {
                    instances.exports.check(store, instance)?;
                    instances.exports.configuration.describe(store, instance).await
                },
            )
            .await
            .map_err(LoadError::Describe)?;
        Ok(Self(Arc::new(Loaded { instances, description, fingerprint, imports, exports })))
    }

    /// Returns the provider's description.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.0.description
    }

    /// Returns the names of the component's imports.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.0.imports
    }

    /// Returns the names of the component's exports.
    #[must_use]
    pub fn exports(&self) -> &[String] {
        &self.0.exports
    }

    /// Returns whether it is a provider of handovers, so that [`connect`](Self::connect) can succeed.
    #[must_use]
    pub fn has_handovers(&self) -> bool {
        self.instances().exports.handover.is_some()
    }

    /// Returns whether it is a provider of bots, so that [`connect_bots`](Self::connect_bots) can succeed.
    #[must_use]
    pub fn has_bots(&self) -> bool {
        self.instances().exports.bot_connector.is_some()
    }

    /// Checks settings. [`connect`](Self::connect) calls it first.
    ///
    /// # Errors
    /// The problems of the settings, or a failed call.
    pub async fn check_settings(&self, settings: &[Setting]) -> Result<AcceptedSettings, Error<Vec<SettingsProblem>>> {
        let instances = self.instances();
        instances
            .pure_call(
                &InstancePool::new(&instances.shared.limits),
                instances.shared.limits.call_time,
                |store, instance| instances.exports.configuration.check_settings_at_once(store, instance, settings),
                async |store, instance| instances.exports.configuration.check_settings(store, instance, settings).await,
            )
            .await?
            .map_err(Error::Provider)
    }

    pub(crate) fn instances(&self) -> &Instances {
        &self.0.instances
    }

    /// Returns whether this provider was loaded from this component, precompiled or not.
    #[must_use]
    pub fn is_made_of(&self, component: &[u8]) -> bool {
        *self.fingerprint() == <[u8; 32]>::from(Sha256::digest(component))
    }

    pub(crate) fn fingerprint(&self) -> &[u8; 32] {
        &self.0.fingerprint
    }
}
