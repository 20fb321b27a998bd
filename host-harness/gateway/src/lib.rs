//! A gateway between a contact center and a bot platform that cannot embed a plugin.
//!
//! ```text
//! webhook ──▶ inbound ──▶ Mailbox ──▶ log, callback        platform ──▶ outbound ──▶ Mailbox ──▶ contact center
//!                            ╰──────────────── Worker ────────────────────╯
//! ```
//!
//! A webhook or a request of the platform is stored in a [`mailbox`] before it is answered. The [`Worker`] delivers the
//! stored items.
//!
//! In the other direction, the contact center asks the platform's bots:
//!
//! ```text
//! turn of the user ──▶ bot_turns ──▶ Session ──▶ log, callback        platform ──▶ bot_answers ──▶ Session
//!                 ◀── response ─────────╯                            Worker ◀── late answers ────────╯
//! ```
//!
//! What a turn is answered with is stored in a [`session`] before the response is sent.

mod address;
mod availability;
mod bot_answers;
mod bot_service;
mod bot_turns;
mod callback;
mod clock;
mod connection_service;
mod dead_letters;
mod declared_intents;
mod file_url;
mod http;
mod inbound;
mod json_text;
pub mod mailbox;
mod mailboxes;
mod message_texts;
mod metrics;
mod outbound;
mod platform_event;
mod poll_schedule;
mod publication;
mod publish;
mod record;
pub mod redaction;
mod repository;
mod retention;
mod routing;
mod server;
pub mod session;
mod sessions;
mod signed_client;
pub mod store;
mod store_check;
mod supervisor;
mod trace;
pub mod translation;
mod worker;

pub use self::address::Address;
pub use self::bot_service::{BotOptions, BotService};
pub use self::callback::Callback;
pub use self::connection_service::{ConnectionService, InvalidName, Options};
pub use self::dead_letters::StoredDeadLetter;
pub use self::file_url::why_unfetchable;
pub use self::http::{Gateway, InvalidTokens, Tokens, document};
pub use self::mailboxes::Mailboxes;
pub use self::metrics::Metrics;
pub use self::platform_event::{PlatformEvent, PlatformSessionEvent};
pub use self::record::VERSION as RECORD_VERSION;
pub use self::repository::{ChangeError, Repository};
pub use self::server::{ServerLimits, serve};
pub use self::sessions::Sessions;
pub use self::signed_client::SignedClientError;
pub use self::store_check::check_sqlite_store;
pub use self::supervisor::{Parts, RunError, run};
pub use self::trace::Trace;
pub use self::worker::Worker;
