//! A conformance case, its outcome, and the component under test.

use crate::script::{ClearableCache, Script, Scripted};
use handover_host::contract::{Description, Setting};
use handover_host::{
    AllowedOrigins, BuildError, CallError, Connection, Error, Host, HostBuilder, Limits, LoadError, Provider,
};
use std::time::Duration;

/// The result of a conformance case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The name, in the form `area/expected-behavior`. Stable, so results can be compared between versions.
    pub name: String,
    /// Whether the case passed.
    pub outcome: Outcome,
    /// The run time.
    pub took: Duration,
}

/// Whether a case passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The component behaves as the contract requires.
    Passed,
    /// The component violates the contract. The text states the expected and the actual behavior.
    Failed(String),
}

/// The verdict of a case; the error is the reason why it failed.
pub(crate) type Verdict = Result<(), String>;

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        verdict.map_or_else(Self::Failed, |()| Self::Passed)
    }
}

/// Fails the case with a reason unless the condition holds.
macro_rules! ensure {
    ($holds:expr, $($reason:tt)+) => {
        if !$holds {
            return Err(format!($($reason)+));
        }
    };
}
pub(crate) use ensure;

/// The component under test, loaded in two hosts: one creates an instance for each call, the other reuses its instance.
pub(crate) struct Subject {
    fresh: Provider,
    warm: Provider,
    network: Scripted,
    cache: ClearableCache,
}

impl Subject {
    /// Loads a compiled component.
    ///
    /// # Safety
    /// The bytes must come from [`precompile`].
    pub(crate) async unsafe fn load(compiled: &[u8]) -> Result<Self, LoadError> {
        let (network, cache) = (Scripted::default(), ClearableCache::default());
        let builder = Host::builder().limits(limits()).http(network.clone()).cache(cache.clone());
        let host = host(builder)?;
        let warm = self::host(Host::builder().limits(limits()).reuse(u32::MAX))?;
        // SAFETY: the caller guarantees the origin of the bytes, and `precompile` uses the same limits.
        let (fresh, warm) = unsafe { (host.load_precompiled(compiled).await?, warm.load_precompiled(compiled).await?) };
        Ok(Self { fresh, warm, network, cache })
    }

    pub(crate) fn description(&self) -> &Description {
        self.fresh.description()
    }

    pub(crate) fn provider(&self) -> &Provider {
        &self.fresh
    }

    pub(crate) fn warm(&self) -> &Provider {
        &self.warm
    }

    /// The example settings of the description.
    pub(crate) fn examples(&self) -> Vec<Setting> {
        let fields = self.description().settings.iter();
        fields.map(|field| Setting { key: field.key.clone(), value: field.example.clone() }).collect()
    }

    /// Creates a connection with the example settings and without network access.
    pub(crate) async fn connection(&self) -> Result<Connection, String> {
        self.fresh.connect_offline(self.examples()).await.map_err(|error| error.to_string())
    }

    /// Creates a connection with a scripted network and an empty cache. Invalidates the previous scripted connection,
    /// because both share the network and the cache.
    pub(crate) async fn scripted(
        &self,
        settings: Vec<Setting>,
        script: Script,
    ) -> Result<(Connection, Scripted), String> {
        self.network.begin(script);
        self.cache.clear();
        let accepted = answered(self.fresh.check_settings(&settings).await)?;
        let accepted = accepted.map_err(|problems| format!("`check-settings` rejects the settings: {problems:?}"))?;
        let allowed = AllowedOrigins::from_settings(&accepted.origins);
        let connection = self.fresh.connect(settings, &allowed).await.map_err(|error| error.to_string())?;
        Ok((connection, self.network.clone()))
    }
}

/// Compiles a component for [`Subject::load`].
pub(crate) fn precompile(component: &[u8]) -> Result<Vec<u8>, LoadError> {
    host(Host::builder().limits(limits()))?.precompile(component)
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    // The cases make one call at a time.
    limits.concurrent_calls = 4;
    limits
}

/// Builds a host. If this fails, the component is not at fault, but it cannot be tested.
fn host(builder: HostBuilder) -> Result<Host, LoadError> {
    builder.build().map_err(|error: BuildError| LoadError::Invalid(error.to_string()))
}

/// Separates the provider's answer from a call that failed.
pub(crate) fn answered<T, E>(result: Result<T, Error<E>>) -> Result<Result<T, E>, String> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Provider(error)) => Ok(Err(error)),
        Err(Error::Call(error)) => Err(failed(error)),
    }
}

/// Describes a call that returned no answer.
pub(crate) fn failed(error: CallError) -> String {
    error.to_string()
}
