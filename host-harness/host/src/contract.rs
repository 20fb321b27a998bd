//! The types of the contract in Rust.
//!
//! They mirror `wit/0.1.0/types.wit` and `bot-connector.wit` name by name; wasmtime compares them with a component's types when the component
//! is loaded. They are written by hand so that they have JSON forms (kebab-case, variants as `{"name": value}`), and so
//! that `Debug` prints no secrets, message texts or personal data.

/// Implements `Debug` for types with message texts or personal data. Prints only the name.
macro_rules! keep_private {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), " { .. }"))
            }
        }
    )+};
}

mod bot_connector;
mod effect;
mod event;
mod outbound;
mod settings;
mod webhook;

pub use bot_connector::*;
pub use effect::*;
pub use event::*;
pub use outbound::*;
pub use settings::*;
pub use webhook::*;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Timestamp = u64;

/// The imports that the host grants.
pub(crate) const GRANTED_IMPORTS: [&str; 4] = [
    "handover:provider/types@0.1.0",
    "handover:provider/http@0.1.0",
    "handover:provider/cache@0.1.0",
    "wasi:clocks/wall-clock@0.2.6",
];

/// The interface of the description and the settings, which a provider must export.
pub(crate) const CONFIGURATION: &str = "handover:provider/configuration@0.1.0";

/// The interface of handovers. A provider must export it or [`BOT_CONNECTOR`].
pub(crate) const HANDOVER: &str = "handover:provider/handover@0.1.0";

/// The interface of bots that a contact center asks.
pub(crate) const BOT_CONNECTOR: &str = "handover:provider/bot-connector@0.1.0";
