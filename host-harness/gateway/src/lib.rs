//! Stands between a contact center and a bot platform that cannot embed a plugin.
//!
//! ```text
//! webhook ──▶ inbound ──▶ Mailbox ──▶ log, callback        platform ──▶ outbound ──▶ Mailbox ──▶ contact center
//!                            ╰──────────────── Worker ────────────────────╯
//! ```
//!
//! What comes in is [received](Served::receive) or [commanded](Served::command), and stored in a [`mailbox`] before it
//! is answered. What waits there, the [`Worker`] does.

mod callback;
mod cleaning;
mod dead_letters;
mod file_address;
mod http;
mod inbound;
pub mod mailbox;
mod mailboxes;
mod metrics;
mod outbound;
mod platform_event;
mod served;
mod server;
pub mod store;
mod telling;
mod wire;
mod worker;

pub use self::callback::{Callback, CallbackError};
pub use self::cleaning::clean;
pub use self::dead_letters::Buried;
pub use self::file_address::why_unfetchable;
pub use self::http::{Gateway, InvalidTokens, Tokens, document};
pub use self::inbound::{Received, WebhookError};
pub use self::mailboxes::{Address, ChangeError, Mailboxes};
pub use self::metrics::Metrics;
pub use self::outbound::{Command, IdempotencyKey, InvalidKey, PlatformError};
pub use self::platform_event::PlatformEvent;
pub use self::served::{InvalidName, Options, Served};
pub use self::server::{ServerLimits, serve};
pub use self::wire::Wire;
pub use self::worker::Worker;
