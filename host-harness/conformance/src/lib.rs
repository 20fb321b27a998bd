//! The conformance kit. It tests whether a component conforms to the contract of human-handover providers.
//!
//! The kit checks only behavior that a host can see. It reads no logs and no internal state. It has two kinds of cases:
//!
//! - *Neutral* cases apply to every provider. They require only the provider's description and use its example
//!   settings.
//! - *Vectors* ([`vectors`]) are data for one provider: an input, the contact center's responses if there are any, and
//!   the expected result.

mod case;
mod driver;
mod inputs;
mod interfaces;
mod json_form;
mod neutral;
mod report;
mod session;
pub mod vectors;

pub use case::{Case, Outcome};
pub use driver::{HostProcess, StartError};
pub use report::Report;

use driver::InProcess;
use handover_host::LoadError;
use session::Subject;
use vectors::VectorFile;

/// The cases did not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The component cannot be loaded. The contract requires that it can.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The provider, or the host under test, does not answer.
    #[error("{0}")]
    Describe(String),
}

/// Runs the neutral cases, and the vectors for the component's provider.
///
/// # Errors
/// The component cannot be loaded.
pub async fn run(component: &[u8], vectors: &[VectorFile]) -> Result<Report, RunError> {
    let compiled = precompile(component)?;
    // SAFETY: the bytes come from `precompile`.
    unsafe { run_precompiled(&compiled, vectors) }.await
}

/// Compiles a component for [`run_precompiled`].
///
/// # Errors
/// The bytes are not a valid component.
pub fn precompile(component: &[u8]) -> Result<Vec<u8>, LoadError> {
    driver::precompile(component)
}

/// Runs the cases as [`run`] does, but on a compiled component. This saves the compilation time.
///
/// # Errors
/// See [`run`].
///
/// # Safety
/// The bytes are native code, which this function runs. They must come from [`precompile`], with their code unchanged.
pub async unsafe fn run_precompiled(compiled: &[u8], vectors: &[VectorFile]) -> Result<Report, RunError> {
    // SAFETY: the caller guarantees the origin of the bytes.
    let host = unsafe { InProcess::load(compiled) }.await?;
    let interfaces = host.interfaces();
    run_cases(Subject::new(Box::new(host), interfaces).await.map_err(RunError::Describe)?, vectors).await
}

/// Runs the cases as [`run`] does, but in a host in another process, which has loaded the same component.
///
/// # Errors
/// The component cannot be loaded here, or the host does not answer.
pub async fn run_in(host: HostProcess, component: &[u8], vectors: &[VectorFile]) -> Result<Report, RunError> {
    let compiled = precompile(component)?;
    // SAFETY: the bytes come from `precompile`.
    let interfaces = unsafe { InProcess::load(&compiled) }.await?.interfaces();
    run_cases(Subject::new(Box::new(host), interfaces).await.map_err(RunError::Describe)?, vectors).await
}

async fn run_cases(subject: Subject, vectors: &[VectorFile]) -> Result<Report, RunError> {
    let mut cases = neutral::run(&subject).await;
    let provider = &subject.description().name;
    for file in vectors.iter().filter(|file| file.provider == *provider) {
        cases.extend(file.run(&subject).await);
    }
    Ok(Report { provider: provider.clone(), version: subject.description().version.clone(), cases })
}
