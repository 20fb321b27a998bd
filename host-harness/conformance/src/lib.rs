//! The conformance kit. It tests whether a component conforms to the contract of human-handover providers.
//!
//! The kit checks only behavior that a host can see. It reads no logs and no internal state. It has two kinds of cases:
//!
//! - *Neutral* cases apply to every provider. They require only the provider's description and use its example
//!   settings.
//! - *Vectors* ([`vectors`]) are data for one provider: an input, the contact center's responses if there are any, and
//!   the expected result.

mod case;
mod inputs;
mod neutral;
mod report;
mod script;
pub mod vectors;

pub use case::{Case, Outcome};
pub use report::Report;

use case::Subject;
use handover_host::LoadError;
use vectors::VectorFile;

/// Runs the neutral cases, and the vectors for the component's provider.
///
/// # Errors
/// The component cannot be loaded. The contract requires that it can.
pub async fn run(component: &[u8], vectors: &[VectorFile]) -> Result<Report, LoadError> {
    let compiled = precompile(component)?;
    // SAFETY: the bytes come from `precompile`.
    unsafe { run_precompiled(&compiled, vectors) }.await
}

/// Compiles a component for [`run_precompiled`].
///
/// # Errors
/// The bytes are not a valid component.
pub fn precompile(component: &[u8]) -> Result<Vec<u8>, LoadError> {
    case::precompile(component)
}

/// Runs the cases as [`run`] does, but on a compiled component. This saves the compilation time.
///
/// # Errors
/// See [`run`].
///
/// # Safety
/// The bytes are native code, which this function runs. They must come from [`precompile`], with their code unchanged.
pub async unsafe fn run_precompiled(compiled: &[u8], vectors: &[VectorFile]) -> Result<Report, LoadError> {
    // SAFETY: the caller guarantees the origin of the bytes.
    let subject = unsafe { Subject::load(compiled) }.await?;
    let mut cases = neutral::run(&subject).await;
    let provider = &subject.description().name;
    for file in vectors.iter().filter(|file| file.provider == *provider) {
        cases.extend(file.run(&subject).await);
    }
    Ok(Report { provider: provider.clone(), version: subject.description().version.clone(), cases })
}
