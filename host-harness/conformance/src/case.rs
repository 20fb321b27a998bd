//! One case, and what it is tried on.

use crate::script::{Forgetful, Script, Scripted};
use handover_host::contract::{Description, Setting};
use handover_host::{
    AllowedOrigins, BuildError, CallError, Connection, Error, Host, HostBuilder, Limits, LoadError, Provider,
};
use std::time::Duration;

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// `area/what-must-hold`; stable, so that results can be compared between versions.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// Whether it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It does.
    Passed,
    /// It does not: what was expected and what was there.
    Failed(String),
}

/// A result with the reason why a case failed.
pub(crate) type Verdict = Result<(), String>;

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        verdict.map_or_else(Self::Failed, |()| Self::Passed)
    }
}

/// Fails a case with a reason.
macro_rules! ensure {
    ($holds:expr, $($reason:tt)+) => {
        if !$holds {
            return Err(format!($($reason)+));
        }
    };
}
pub(crate) use ensure;

/// The component under test, in two hosts: one with a fresh instance for each call, and one that keeps its instance.
pub(crate) struct Subject {
    fresh: Provider,
    warm: Provider,
    network: Scripted,
    memory: Forgetful,
}

impl Subject {
    /// # Safety
    /// The bytes are what [`precompile`] returned.
    pub(crate) async unsafe fn load(compiled: &[u8]) -> Result<Self, LoadError> {
        let (network, memory) = (Scripted::default(), Forgetful::default());
        let builder = Host::builder().limits(limits()).http(network.clone()).cache(memory.clone());
        let host = host(builder)?;
        let warm = self::host(Host::builder().limits(limits()).reuse(u32::MAX))?;
        // SAFETY: the caller vouches for the bytes; the limits are the same.
        let (fresh, warm) = unsafe { (host.load_precompiled(compiled).await?, warm.load_precompiled(compiled).await?) };
        Ok(Self { fresh, warm, network, memory })
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

    /// The settings that the description gives as examples.
    pub(crate) fn examples(&self) -> Vec<Setting> {
        let fields = self.description().settings.iter();
        fields.map(|field| Setting { key: field.key.clone(), value: field.example.clone() }).collect()
    }

    /// A connection whose network says what the script tells it to, with nothing in the cache. The one before it must
    /// not be used any more.
    pub(crate) async fn scripted(
        &self,
        settings: Vec<Setting>,
        script: Script,
    ) -> Result<(Connection, Scripted), String> {
        self.network.begin(script);
        self.memory.forget();
        let accepted = answered(self.fresh.check_settings(&settings).await)?;
        let accepted = accepted.map_err(|problems| format!("the settings are refused: {problems:?}"))?;
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

/// A host that cannot be set up is no fault of the component's, and there is nothing to test with.
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

/// A call that did not come to an answer.
pub(crate) fn failed(error: CallError) -> String {
    error.to_string()
}
