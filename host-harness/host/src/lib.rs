//! Loads human-handover providers (WebAssembly components of the world `handover:provider/handover-provider`) and
//! calls them within limits.
//!
//! A [`Host`] loads a [`Provider`]; a provider and the settings of one contact center make a [`Connection`], which has
//! the calls of the contract. A plugin reaches the network through a [`Transport`] only, at the [`AllowedOrigins`]
//! only; it remembers through a [`Cache`] only; and it stays within [`Limits`].
#![doc = include_str!("../../../README.md")]

mod bindings;
mod cache;
mod call;
mod client;
mod connection;
pub mod contract;
mod error;
mod exports;
pub mod features;
pub mod handover;
mod host;
mod http;
mod instances;
mod limits;
mod memory;
mod origin;
mod permits;
mod provider;
mod shared;

pub use self::cache::{Cache, MemoryCache};
pub use self::client::{HttpClient, HttpClientError, HttpClientLimits, is_public};
pub use self::connection::{Believed, Connection};
pub use self::error::{BuildError, CallError, ConnectError, Limit, LoadError};
pub use self::host::{Builder, Host};
pub use self::http::{Transport, TransportError};
pub use self::limits::{Limits, TICK};
pub use self::origin::{AllowedOrigins, InvalidOrigin};
pub use self::provider::Provider;
