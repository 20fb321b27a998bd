//! What can go wrong, sorted by what the caller can do about it.

use crate::contract::{Origin, SettingsProblem};
use std::fmt;

/// The host cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the WebAssembly engine cannot be set up: {0}")]
pub struct BuildError(pub(crate) wasmtime::Error);

/// A plugin is not one that this host can load.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("the file {} cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The bytes are not WebAssembly.
    #[error("this is no WebAssembly: it does not begin with the bytes 00 61 73 6d")]
    NotWasm,
    /// A core module, not a component.
    #[error(
        "this is a core WebAssembly module, not a component; build it for wasm32-wasip2, or with `cargo component`"
    )]
    NotAComponent,
    /// It has the form of a component and is broken, or is more than [`Limits`](crate::Limits) allow.
    #[error("the component is not valid: {0}")]
    Invalid(String),
    /// It wants what the host does not lend.
    #[error("the component imports what this host does not lend: {}; a provider may import {}", .0.join(", "), crate::contract::LENT.join(", "))]
    ForeignImports(Vec<String>),
    /// It is a component of another world.
    #[error("the component does not export {}; it exports {}", crate::contract::EXPORT, list(.0))]
    AnotherWorld(Vec<String>),
    /// It names the contract's functions and means others: another version of the contract.
    #[error("the component's functions are not those of the contract: {0}")]
    AnotherContract(String),
    /// It was loaded and cannot say what it is.
    #[error("the component cannot describe itself: {0}")]
    Describe(#[source] CallError),
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

/// A connection cannot be made with these settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The provider refuses the settings; every problem is named.
    #[error("the settings cannot be used: {}", problems(.0))]
    Settings(Vec<SettingsProblem>),
    /// The settings lead to an origin that the operator did not allow.
    #[error("the settings lead to {} (origin `{}`), which is not among the allowed origins", .0.url, .0.name)]
    OriginNotAllowed(Origin),
    /// The provider names an origin in a way that is none.
    #[error("the provider's origin `{}` is no origin: {why}", .origin.name)]
    InvalidOrigin {
        /// What it named.
        origin: Origin,
        /// What is wrong with it, for people.
        why: String,
    },
    /// The provider failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// An error of wasmtime's with its causes, in one line.
pub(crate) fn chain(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn problems(problems: &[SettingsProblem]) -> String {
    let lines = problems.iter().map(|problem| format!("{}: {} {}", problem.key, problem.message, problem.remedy));
    lines.collect::<Vec<_>>().join("; ")
}

/// Why a call of the contract has no result: the provider answered with an error of the contract, or the call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error<E> {
    /// The provider's answer.
    Provider(E),
    /// The call failed before the provider could answer.
    Call(CallError),
}

impl<E> Error<E> {
    /// Separates the provider's answer from a failed call.
    ///
    /// # Errors
    /// The call failed.
    pub fn into_provider(self) -> Result<E, CallError> {
        match self {
            Self::Provider(error) => Ok(error),
            Self::Call(error) => Err(error),
        }
    }
}

impl<E> From<CallError> for Error<E> {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl<E: fmt::Debug> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(error) => write!(f, "the provider answered {error:?}"),
            Self::Call(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug> std::error::Error for Error<E> {}

/// A call did not come to an answer: the plugin is at fault, or its input too large, or the contact center too slow.
/// The next call works.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// A bound of [`Limits`](crate::Limits) was reached.
    #[error("the call went past the limit `{limit}` ({allowed})")]
    Limit {
        /// Which.
        limit: Limit,
        /// What it is set to, in the unit of its field in `Limits`; times in milliseconds.
        allowed: u64,
    },
    /// The host had no room for the call: others have the memory or the permits now. Nothing was done and nothing was
    /// sent; the same call can be made again.
    #[error("the host is busy: no room for the call within the limit `{limit}` ({allowed})")]
    Busy {
        /// The limit that others use up.
        limit: Limit,
        /// What it is set to, in the unit of its field in `Limits`.
        allowed: u64,
    },
    /// The plugin called an import from a function that the contract calls pure.
    #[error("the plugin called {0} from a pure function")]
    Impure(&'static str),
    /// The plugin trapped: a panic, an access out of bounds, an `unreachable`.
    #[error("the plugin trapped: {0}")]
    Trapped(String),
    /// What the plugin handed back is not what the contract says: text that is not UTF-8, a case that there is not.
    #[error("the plugin broke the contract: {0}")]
    Broken(String),
}

/// The bounds of [`Limits`](crate::Limits), by the names of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// `memory`
    Memory,
    /// `total_memory`
    TotalMemory,
    /// `table_elements`
    TableElements,
    /// `stack`
    Stack,
    /// `cpu_time`
    CpuTime,
    /// `call_time`
    CallTime,
    /// `concurrent_calls`
    ConcurrentCalls,
    /// `connection_calls`
    ConnectionCalls,
    /// `input`
    Input,
    /// `headers`
    Headers,
    /// `output`
    Output,
    /// `items`
    Items,
    /// `id`
    Id,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::TotalMemory => "total_memory",
            Self::TableElements => "table_elements",
            Self::Stack => "stack",
            Self::CpuTime => "cpu_time",
            Self::CallTime => "call_time",
            Self::ConcurrentCalls => "concurrent_calls",
            Self::ConnectionCalls => "connection_calls",
            Self::Input => "input",
            Self::Headers => "headers",
            Self::Output => "output",
            Self::Items => "items",
            Self::Id => "id",
        })
    }
}
