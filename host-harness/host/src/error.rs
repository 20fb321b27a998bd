//! Errors, by what the caller can do about them.

use crate::contract::{Origin, SettingsProblem};
use std::fmt;

/// The host cannot be created.
#[derive(Debug, thiserror::Error)]
#[error("the WebAssembly engine cannot be set up: {0}")]
pub struct BuildError(pub(crate) wasmtime::Error);

/// Why a component cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("the file {} cannot be read: {source}", path.display())]
    Io {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The bytes are not WebAssembly.
    #[error("this is not WebAssembly: it does not start with the bytes 00 61 73 6d")]
    NotWasm,
    /// The bytes are a core module, not a component.
    #[error(
        "this is a core WebAssembly module, not a component; build it for wasm32-wasip2, or with `cargo component`"
    )]
    NotAComponent,
    /// The component is not valid or exceeds the [`Limits`](crate::Limits).
    #[error("the component is not valid: {0}")]
    Invalid(String),
    /// The component has imports that the host does not grant.
    #[error("the component imports {}, which this host does not grant; a provider may import {}", .0.join(", "), crate::contract::GRANTED_IMPORTS.join(", "))]
    ForeignImports(Vec<String>),
    /// The component belongs to another world.
    #[error(
        "the component does not export {} and one of {} and {}; it exports {}",
        crate::contract::CONFIGURATION,
        crate::contract::HANDOVER,
        crate::contract::BOT_CONNECTOR,
        list(.0)
    )]
    AnotherWorld(Vec<String>),
    /// The functions have other types: the component implements another version of the contract.
    #[error("the component's functions are not those of the contract: {0}")]
    AnotherContract(String),
    /// The call of `describe` failed.
    #[error("the component cannot describe itself: {0}")]
    Describe(#[source] CallError),
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

/// Why a connection cannot be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The provider refuses the settings. Contains all problems.
    #[error("the settings are not valid: {}", problems(.0))]
    Settings(Vec<SettingsProblem>),
    /// The settings require an origin that the operator does not allow.
    #[error("the settings require {} (origin `{}`), which is not an allowed origin", .0.url, .0.name)]
    OriginNotAllowed(Origin),
    /// The provider returned an origin that is not valid.
    #[error("the provider's origin `{}` is not valid: {why}", .origin.name)]
    InvalidOrigin {
        /// The origin.
        origin: Origin,
        /// What is wrong with it.
        why: String,
    },
    /// The provider declares a signature that is not valid. The text says what is wrong.
    #[error("the provider's signature of webhooks is not valid: {0}")]
    InvalidSignature(String),
    /// The component does not export the interface `handover`.
    #[error("the component is no provider of handovers: it does not export `{}`", crate::contract::HANDOVER)]
    NoHandovers,
    /// The component does not export the interface `bot-connector`.
    #[error("the component is no provider of bots: it does not export `{}`", crate::contract::BOT_CONNECTOR)]
    NoBots,
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// Formats a wasmtime error with its causes on one line.
pub(crate) fn chain(error: &wasmtime::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn problems(problems: &[SettingsProblem]) -> String {
    let lines = problems.iter().map(|problem| format!("{}: {} {}", problem.key, problem.message, problem.remedy));
    lines.collect::<Vec<_>>().join("; ")
}

/// Why a call of the contract failed: the provider returned an error of the contract, or the call itself failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error<E> {
    /// The error that the provider returned.
    Provider(E),
    /// The call failed without an answer from the provider.
    Call(CallError),
}

impl<E> Error<E> {
    /// Separates an error that the provider returned from a failed call.
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

/// Why a call failed: the provider is faulty, the input is too large, or the contact center is too slow. A failed call
/// does not affect later calls.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The call exceeded one of the [`Limits`](crate::Limits).
    #[error("the call exceeded the limit `{limit}` ({allowed})")]
    Limit {
        /// The limit.
        limit: Limit,
        /// Its value in the unit of its field in `Limits`; times in milliseconds.
        allowed: u64,
    },
    /// Other calls use up the memory or the permits. Nothing was done and nothing was sent; the call can be repeated.
    #[error("the host is busy: other calls use up the limit `{limit}` ({allowed})")]
    Busy {
        /// The limit that other calls use up.
        limit: Limit,
        /// Its value in the unit of its field in `Limits`.
        allowed: u64,
    },
    /// The provider called an import in a pure function.
    #[error("the plugin called {0} from a pure function")]
    Impure(&'static str),
    /// The provider trapped: a panic, an access out of bounds, an `unreachable`.
    #[error("the plugin trapped: {0}")]
    Trapped(String),
    /// The provider returned a value that violates the contract: text that is not UTF-8, or an unknown case.
    #[error("the plugin broke the contract: {0}")]
    Broken(String),
}

/// The limits of [`Limits`](crate::Limits), named by its fields.
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
