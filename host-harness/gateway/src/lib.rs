//! A gateway between a contact center and a bot platform that cannot embed a plugin.
//!
//! ```text
//! webhook ──▶ inbound ──▶ Mailbox ──▶ log, callback        platform ──▶ outbound ──▶ Mailbox ──▶ contact center
//!                            ╰──────────────── Worker ────────────────────╯
//! ```
//!
//! A webhook or a request of the platform is stored in a [`mailbox`] before it is answered. The [`Worker`] delivers the
//! stored items.

mod address;
mod callback;
mod clock;
mod connection_service;
mod dead_letters;
mod file_url;
mod http;
mod inbound;
pub mod mailbox;
mod mailboxes;
mod metrics;
mod outbound;
mod platform_event;
mod publication;
mod publish;
mod record;
mod retention;
mod routing;
mod server;
pub mod store;
mod store_check;
mod supervisor;
mod trace;
mod worker;

pub use self::address::Address;
pub use self::callback::{Callback, CallbackError};
pub use self::connection_service::{ConnectionService, InvalidName, Options};
pub use self::dead_letters::StoredDeadLetter;
pub use self::file_url::why_unfetchable;
pub use self::http::{Gateway, InvalidTokens, Tokens, document};
pub use self::mailboxes::{ChangeError, Mailboxes};
pub use self::metrics::Metrics;
pub use self::platform_event::PlatformEvent;
pub use self::record::VERSION as RECORD_VERSION;
pub use self::server::{ServerLimits, serve};
pub use self::store_check::check_sqlite_store;
pub use self::supervisor::{Parts, RunError, run};
pub use self::trace::Trace;
pub use self::worker::Worker;
