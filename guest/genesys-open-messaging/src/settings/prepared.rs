//! The encoding of the settings for calls: one part for each policy, so that a call decodes only what it needs.

use super::policy::{Account, EventPolicy, MessagePolicy, QueuePolicy, SetupPolicy, WebhookPolicy};
use super::values::Unusable;
use alloc::vec::Vec;
use handover_guest::contract::*;
use handover_guest::prepared::{self, Stale};
use serde::{Deserialize, Serialize};

/// Identifies the provider and its version.
pub const STAMP: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// The encoded policies. Each is decoded only when it is needed.
#[derive(Deserialize, Serialize)]
pub struct Prepared<'a> {
    webhook: &'a [u8],
    events: &'a [u8],
    messages: &'a [u8],
    account: &'a [u8],
    queue: &'a [u8],
    setup: &'a [u8],
}

/// Encodes settings. Fails if they are not valid.
pub(super) fn prepare(settings: &[Setting], warnings: &[SettingsProblem]) -> Result<Vec<u8>, Unusable> {
    let prepared = Prepared {
        webhook: &prepared::encode(&WebhookPolicy::of(settings)?),
        events: &prepared::encode(&EventPolicy::of(settings)?),
        messages: &prepared::encode(&MessagePolicy::of(settings)?),
        account: &prepared::encode(&Account::of(settings)?),
        queue: &prepared::encode(&QueuePolicy::of(settings)?),
        setup: &prepared::encode(&SetupPolicy::of(settings, warnings)),
    };
    Ok(prepared::seal(STAMP, &prepared))
}

impl<'a> Prepared<'a> {
    /// Opens prepared settings.
    ///
    /// # Errors
    /// They are not from this version of the provider.
    pub fn open(settings: &'a [u8]) -> Result<Self, Stale> {
        prepared::open(STAMP, settings)
    }

    /// Returns the settings for verifying webhooks.
    ///
    /// # Errors
    /// The prepared settings are damaged.
    pub fn webhook(&self) -> Result<WebhookPolicy<'a>, Stale> {
        prepared::decode(self.webhook)
    }

    /// Returns the settings for mapping events.
    ///
    /// # Errors
    /// As for [`webhook`](Self::webhook).
    pub fn events(&self) -> Result<EventPolicy<'a>, Stale> {
        prepared::decode(self.events)
    }

    /// Returns the settings for building messages.
    ///
    /// # Errors
    /// As for [`webhook`](Self::webhook).
    pub fn messages(&self) -> Result<MessagePolicy<'a>, Stale> {
        prepared::decode(self.messages)
    }

    /// Returns the settings for calling the API.
    ///
    /// # Errors
    /// As for [`webhook`](Self::webhook).
    pub fn account(&self) -> Result<Account<'a>, Stale> {
        prepared::decode(self.account)
    }

    /// Returns the settings for the state of queues and for the hours of operation.
    ///
    /// # Errors
    /// As for [`webhook`](Self::webhook).
    pub fn queue(&self) -> Result<QueuePolicy<'a>, Stale> {
        prepared::decode(self.queue)
    }

    /// Returns the settings for the doctor and for provisioning.
    ///
    /// # Errors
    /// As for [`webhook`](Self::webhook).
    pub fn setup(&self) -> Result<SetupPolicy<'a>, Stale> {
        prepared::decode(self.setup)
    }
}
