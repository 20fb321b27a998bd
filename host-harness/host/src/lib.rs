//! Loads human-handover providers, which are WebAssembly components of the world `handover:provider/handover-provider`,
//! and calls them within limits.
//!
//! A [`Host`] loads a [`Provider`]. A provider and the settings of one contact center make a [`Connection`], which has
//! the functions of the contract; for a contact center that asks the platform's bots, a [`BotConnection`]. A provider reaches the network only through a [`Transport`] and only at the
//! [`AllowedOrigins`], stores values only in a [`Cache`], and stays within [`Limits`].
//!
//! # Example
//!
//! ```
//! use handover_host::contract::{Setting, Webhook};
//! use handover_host::{AllowedOrigins, CallError, Connection, Error, Host, HttpClient, HttpClientLimits};
//!
//! /// Connects a provider. Call this once at startup: compiling a component takes up to a second.
//! async fn connect(component: &[u8], settings: Vec<Setting>) -> Result<Connection, Box<dyn std::error::Error>> {
//!     let host = Host::builder().http(HttpClient::new(HttpClientLimits::default())?).build()?;
//!     let provider = host.load(component).await?;
//!     let allowed: AllowedOrigins = "https://api.mypurecloud.de, https://login.mypurecloud.de".parse()?;
//!     Ok(provider.connect(settings, &allowed).await?)
//! }
//!
//! /// Returns the HTTP status to answer a webhook with. The body must be the bytes that arrived.
//! async fn receive(connection: &Connection, webhook: &Webhook) -> Result<u16, CallError> {
//!     match connection.verify_webhook(webhook).await {
//!         Ok(_) => Ok(200),
//!         Err(Error::Provider(_rejection)) => Ok(401),
//!         Err(Error::Call(error)) => Err(error),
//!     }
//! }
//! ```

mod bindings;
mod bot_connection;
mod cache;
mod call;
mod client;
mod connecting;
mod connection;
pub mod contract;
mod error;
mod exports;
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
mod signature;

pub use self::bot_connection::BotConnection;
pub use self::cache::{Cache, MemoryCache};
pub use self::client::{HttpClient, HttpClientError, HttpClientLimits, is_public};
pub use self::connection::Connection;
pub use self::error::{BuildError, CallError, ConnectError, Error, Limit, LoadError};
pub use self::host::{Host, HostBuilder};
pub use self::http::{Transport, TransportError};
pub use self::limits::{Limits, MAX_STACK_AT_ONCE, TICK};
pub use self::origin::{AllowedOrigins, InvalidOrigin};
pub use self::provider::Provider;
/// For implementations of [`Transport`] and [`Cache`].
pub use async_trait::async_trait;

/// The code blocks of the documents are compiled with the tests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../../README.md")]
    struct Readme;

    #[doc = include_str!("../../../docs/embedding.md")]
    struct Embedding;
}
