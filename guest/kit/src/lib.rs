//! The parts that all human-handover providers share, independent of any contact center.
//!
//! A provider is a crate with `crate-type = ["cdylib"]` that implements [`contract::Guest`] and exports it:
//!
//! ```
//! use handover_guest::contract::*;
//!
//! struct MyProvider;
//!
//! impl Guest for MyProvider {
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
//!     // … and the other functions of the contract.
//! #   fn check_settings(_: Vec<Setting>) -> Result<AcceptedSettings, Vec<SettingsProblem>> { Err(vec![]) }
//! #   fn verify_webhook(_: Vec<Setting>, _: Webhook) -> Result<Authenticity, Rejection> { Err(Rejection::NoSecret) }
//! #   fn map_agent_events(_: Vec<Setting>, _: EventSource) -> Result<Vec<AgentEvent>, Malformed> { Ok(vec![]) }
//! #   fn build_outbound_message(_: Vec<Setting>, _: Conversation, _: Outbound)
//! #       -> Result<Vec<ProviderRequest>, Unsupported> { Ok(vec![]) }
//! #   fn deliver(_: Vec<Setting>, _: ProviderRequest) -> Result<Delivery, Failure> { Err(Failure::Permanent("".into())) }
//! #   fn find_delivery(_: Vec<Setting>, _: Conversation, _: ProviderRequest) -> Result<DeliveryStatus, Failure> {
//! #       Ok(DeliveryStatus::Unknown) }
//! #   fn observe_conversation(_: Vec<Setting>, _: Conversation) -> Result<Vec<AgentEvent>, Failure> { Ok(vec![]) }
//! #   fn check_connection(_: Vec<Setting>, _: Option<String>) -> Vec<Check> { vec![] }
//! #   fn provision(_: Vec<Setting>, _: String, _: ProvisioningMode) -> Vec<ProvisioningStep> { vec![] }
//! }
//!
//! handover_guest::export!(MyProvider);
//! ```
//!
//! On wasm, the crate also contains the provider's runtime: its allocator, its panic handler and `cabi_realloc`. The
//! provider itself is `no_std`, so the component imports only what the contract grants.

#![no_std]

extern crate alloc;

pub mod bindings;
pub mod clip;
pub mod contract;
pub mod encoding;
pub mod events;
pub mod http;
pub mod imports;
pub mod invisible;
pub mod json;
pub mod lenient;
pub mod outbound;
#[cfg(target_family = "wasm")]
mod runtime;
pub mod settings;
pub mod signature;
pub mod split;
pub mod surrogates;
pub mod time;

/// Exports a provider as the component's implementation of the contract. Does nothing on targets other than wasm.
#[macro_export]
macro_rules! export {
    ($provider:ident) => {
        #[cfg(target_family = "wasm")]
        #[allow(unreachable_pub, missing_docs, clippy::missing_docs_in_private_items, reason = "generated")]
        mod component {
            use super::$provider;
            $crate::bindings::export!($provider with_types_in $crate::bindings);
        }
    };
}
