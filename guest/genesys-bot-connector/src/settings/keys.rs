//! The keys of the settings, and their defaults.

/// The Genesys product.
pub const PRODUCT: &str = "product";
/// The integration's name or id.
pub const INTEGRATION: &str = "integration";
/// The name of the header in which Genesys sends the secret.
pub const HEADER: &str = "header";
/// The value of that header.
pub const SECRET: &str = "secret";
/// The intent of a handover.
pub const HANDOVER_INTENT: &str = "handover-intent";
/// The intent of an answer after which the bot waits.
pub const TALKING_INTENT: &str = "talking-intent";
/// Whether the bots may send files.
pub const ATTACHMENTS: &str = "attachments";
/// The name of the platform.
pub const PLATFORM: &str = "platform";

pub(super) const BOT_CONNECTOR: &str = "bot-connector";
pub(super) const DIGITAL_BOT_CONNECTOR: &str = "digital-bot-connector";
pub(super) const DEFAULT_HEADER: &str = "verify-token";
pub(super) const DEFAULT_HANDOVER_INTENT: &str = "handover";
pub(super) const DEFAULT_TALKING_INTENT: &str = "talking";
pub(super) const DEFAULT_PLATFORM: &str = "Handover";
