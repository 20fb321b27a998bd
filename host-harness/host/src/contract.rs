//! The words of the contract as Rust types, the same for the host and for whoever embeds it.
//!
//! They mirror `wit/0.1.0/types.wit`, name by name; wasmtime compares them with the component's types when it is
//! loaded. Written out rather than generated, so that they can be read and written as JSON (kebab-case, variants as
//! `{"name": value}`) and so that what holds secrets, people's words or their data prints none.

/// `Debug` for what holds people's words or data: only the name is printed.
macro_rules! keep_private {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), " { .. }"))
            }
        }
    )+};
}

mod effect;
mod event;
mod outbound;
mod settings;
mod webhook;

pub use effect::*;
pub use event::*;
pub use outbound::*;
pub use settings::*;
pub use webhook::*;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Timestamp = u64;

/// What a provider may import; nothing else is lent.
pub(crate) const LENT: [&str; 4] = [
    "handover:provider/types@0.1.0",
    "handover:provider/http@0.1.0",
    "handover:provider/cache@0.1.0",
    "wasi:clocks/wall-clock@0.2.6",
];

/// What a provider has to export.
pub(crate) const EXPORT: &str = "handover:provider/provider@0.1.0";
