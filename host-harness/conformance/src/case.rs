//! A conformance case and its outcome.

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
