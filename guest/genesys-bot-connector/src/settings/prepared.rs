//! What the calls read of the settings.

use super::keys::*;
use alloc::vec::Vec;
use genesys_cloud::account::{CLIENT_ID, CLIENT_SECRET, Credentials};
use handover_guest::contract::{Failure, Setting};
use handover_guest::prepared::{self, Stale};
use handover_guest::settings::{value, values};
use serde::{Deserialize, Serialize};

/// Identifies the provider and its version.
pub const STAMP: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// The Genesys product.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq, Serialize)]
pub enum Product {
    /// The Bot Connector (v1).
    BotConnector,
    /// The Digital Bot Connector (v2).
    DigitalBotConnector,
}

/// The settings of a connection. `Debug` hides the secrets.
#[derive(Clone, Deserialize, Serialize)]
pub struct Prepared<'a> {
    /// The Genesys product.
    pub product: Product,
    integration: Option<&'a str>,
    /// The header with the secret.
    pub header: &'a str,
    /// The values of the header that are accepted, in the order of the settings.
    pub secrets: Vec<&'a str>,
    #[serde(borrow)]
    credentials: Option<Credentials<'a>>,
    /// The intent of a handover.
    pub handover_intent: &'a str,
    /// The intent of an answer after which the bot waits.
    pub talking_intent: &'a str,
    /// Whether files are sent as attachments.
    pub has_attachments: bool,
    /// The name of the platform.
    pub platform: &'a str,
}

impl core::fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Prepared").field("product", &self.product).finish_non_exhaustive()
    }
}

impl<'a> Prepared<'a> {
    /// Reads settings that [`check`](super::check) accepted.
    #[must_use]
    pub fn of(settings: &'a [Setting]) -> Self {
        let text = |key, default| value(settings, key).unwrap_or(default);
        Self {
            product: match value(settings, PRODUCT) {
                Some(DIGITAL_BOT_CONNECTOR) => Product::DigitalBotConnector,
                _ => Product::BotConnector,
            },
            integration: value(settings, INTEGRATION),
            header: text(HEADER, DEFAULT_HEADER),
            secrets: values(settings, SECRET).collect(),
            credentials: Credentials::of(settings),
            handover_intent: text(HANDOVER_INTENT, DEFAULT_HANDOVER_INTENT),
            talking_intent: text(TALKING_INTENT, DEFAULT_TALKING_INTENT),
            has_attachments: value(settings, ATTACHMENTS) == Some("true"),
            platform: text(PLATFORM, DEFAULT_PLATFORM),
        }
    }

    /// Encodes the settings.
    #[must_use]
    pub fn seal(&self) -> Vec<u8> {
        prepared::seal(STAMP, self)
    }

    /// Opens prepared settings.
    ///
    /// # Errors
    /// They are not from this version of the provider.
    pub fn open(settings: &'a [u8]) -> Result<Self, Stale> {
        prepared::open(STAMP, settings)
    }

    /// Returns the integration's name or id.
    ///
    /// # Errors
    /// The settings have none.
    pub fn integration(&self) -> Result<&'a str, Failure> {
        self.integration.ok_or_else(|| Failure::Credentials(alloc::format!("the setting {INTEGRATION} is missing")))
    }

    /// Returns the OAuth client.
    ///
    /// # Errors
    /// The settings have none.
    pub fn credentials(&self) -> Result<Credentials<'a>, Failure> {
        let missing =
            || Failure::Credentials(alloc::format!("the settings {CLIENT_ID} and {CLIENT_SECRET} are missing"));
        self.credentials.ok_or_else(missing)
    }
}
