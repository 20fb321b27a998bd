//! The conformance kit: whether a component keeps the contract of human-handover providers.
//!
//! The kit looks at what a host can see, and at nothing else: no log lines, no internals. Its cases are of two kinds.
//! The *neutral* ones hold for every provider and need nothing but its description, whose example settings they use.
//! *Vectors* are data about one provider ([`vectors`]): an input, the contact center's answers where there are any,
//! and what has to come of them.

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

/// Runs every case on a component, and of the vectors those that are for its provider.
///
/// # Errors
/// The component cannot be loaded, which is the first thing that the contract asks for.
pub async fn run(component: &[u8], vectors: &[VectorFile]) -> Result<Report, LoadError> {
    let compiled = precompile(component)?;
    // SAFETY: the bytes are what `precompile` just returned.
    unsafe { run_precompiled(&compiled, vectors) }.await
}

/// Compiles a component for [`run_precompiled`].
///
/// # Errors
/// It is no valid component.
pub fn precompile(component: &[u8]) -> Result<Vec<u8>, LoadError> {
    case::precompile(component)
}

/// Runs every case on a component that was compiled before, in a fraction of the time.
///
/// # Errors
/// As [`run`].
///
/// # Safety
/// The bytes are native code, which will run: what [`precompile`] returned, with no code in it changed.
pub async unsafe fn run_precompiled(compiled: &[u8], vectors: &[VectorFile]) -> Result<Report, LoadError> {
    // SAFETY: the caller vouches for the bytes.
    let subject = unsafe { Subject::load(compiled) }.await?;
    let mut cases = neutral::run(&subject).await;
    let provider = &subject.description().name;
    for file in vectors.iter().filter(|file| file.provider == *provider) {
        cases.extend(file.run(&subject).await);
    }
    Ok(Report { provider: provider.clone(), version: subject.description().version.clone(), cases })
}
