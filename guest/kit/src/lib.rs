//! The parts that all human-handover providers share, independent of any contact center.
//!
//! A provider is a crate with `crate-type = ["cdylib"]` that implements the interfaces of the contract and exports them:
//! [`provider::Configuration`] and [`provider::Handover`].
//!
//! ```
//! use handover_guest::contract::*;
//! use handover_guest::provider::{Configuration, Handover};
//!
//! struct MyProvider;
//!
//! impl Configuration for MyProvider {
//!     const STAMP: &str = concat!("my-provider ", env!("CARGO_PKG_VERSION"));
//!     /// The secret of the webhooks.
//!     type Settings<'a> = &'a str;
//!
//!     fn describe() -> Description {
//!         Description {
//!             name: "my-provider".into(),
//!             title: "My contact center".into(),
//!             version: env!("CARGO_PKG_VERSION").into(),
//!             settings: vec![],
//!             origins: vec![],
//!             abilities: vec![],
//!         }
//!     }
//!     // … and the other functions of the interface.
//! #   fn check_settings(_: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>> { Err(vec![]) }
//! #   fn check_connection(_: &&str, _: Option<&str>) -> Result<Vec<Check>, Failure> { Ok(vec![]) }
//! }
//!
//! impl Handover for MyProvider {
//!     // …
//! #   fn verify_webhook(_: &&str, _: &Webhook) -> Result<Authenticity, Rejection> { Err(Rejection::NoSecret) }
//! #   fn map_agent_events(_: &&str, _: &EventSource) -> Result<Vec<AgentEvent>, MappingError> { Ok(vec![]) }
//! #   fn build_outbound_message(_: &&str, _: &Conversation, _: &Outbound)
//! #       -> Result<Vec<ProviderRequest>, Unsupported> { Ok(vec![]) }
//! #   fn deliver(_: &&str, _: &ProviderRequest) -> Result<Delivery, Failure> { Err(Failure::Unsupported) }
//! }
//!
//! handover_guest::export!(MyProvider);
//! ```
//!
//! On wasm, the crate also contains the provider's runtime: its allocator, its panic handler and `cabi_realloc`. The
//! provider itself is `no_std`, so the component imports only what the contract grants.

#![no_std]

extern crate alloc;

#[cfg(any(target_family = "wasm", test))]
mod arena;
pub mod bindings;
pub mod clip;
#[doc(hidden)]
pub mod component;
pub mod contract;
pub mod encoding;
pub mod events;
pub mod http;
pub mod imports;
pub mod invisible;
pub mod json;
pub mod outbound;
pub mod plain_text;
pub mod prepared;
pub mod provider;
#[cfg(target_family = "wasm")]
mod runtime;
pub mod settings;
pub mod signature;
pub mod split;
pub mod time;

/// Exports a provider of handovers as the component's implementation of the contract. Does nothing on targets other than
/// wasm.
#[macro_export]
macro_rules! export {
    ($provider:ident) => {
        #[cfg(target_family = "wasm")]
        #[allow(unreachable_pub, missing_docs, clippy::missing_docs_in_private_items, reason = "generated")]
        mod component {
            use super::$provider;
            $crate::bindings::export!($provider with_types_in $crate::component);
        }
    };
}
