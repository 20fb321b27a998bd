//! Calls the original provider with settings that a fault may have changed.

use alloc::vec::Vec;
use genesys_open_messaging::GenesysOpenMessaging as Original;
use genesys_open_messaging::settings::Prepared;
use handover_guest::contract::*;
use handover_guest::prepared::{self, Stale};
use handover_guest::provider::{Configuration, Handover};

/// Settings as the original provider prepares them.
pub(crate) struct OriginalSettings(Vec<u8>);

impl OriginalSettings {
    /// Prepares settings. If a fault made them invalid, every call is refused.
    pub(crate) fn of(settings: &[Setting]) -> Self {
        Self(Original::check_settings(settings).map(|accepted| accepted.prepared).unwrap_or_default())
    }

    pub(crate) fn open(&self) -> Result<Prepared<'_>, Stale> {
        prepared::open(Original::STAMP, &self.0)
    }
}

pub(crate) fn verify_webhook(settings: &[Setting], webhook: &Webhook) -> Result<Authenticity, Rejection> {
    Original::verify_webhook(&OriginalSettings::of(settings).open()?, webhook)
}

pub(crate) fn map_agent_events(settings: &[Setting], source: &EventSource) -> Result<Vec<AgentEvent>, MappingError> {
    Original::map_agent_events(&OriginalSettings::of(settings).open()?, source)
}

pub(crate) fn build_outbound_message(
    settings: &[Setting],
    conversation: &Conversation,
    message: &Outbound,
) -> Result<Vec<ProviderRequest>, Unsupported> {
    Original::build_outbound_message(&OriginalSettings::of(settings).open()?, conversation, message)
}

pub(crate) fn deliver(settings: &[Setting], request: &ProviderRequest) -> Result<Delivery, Failure> {
    Original::deliver(&OriginalSettings::of(settings).open()?, request)
}

pub(crate) fn find_delivery(
    settings: &[Setting],
    conversation: &Conversation,
    request: &ProviderRequest,
) -> Result<DeliveryStatus, Failure> {
    Original::find_delivery(&OriginalSettings::of(settings).open()?, conversation, request)
}

pub(crate) fn observe_conversation(
    settings: &[Setting],
    conversation: &Conversation,
) -> Result<Vec<AgentEvent>, Failure> {
    Original::observe_conversation(&OriginalSettings::of(settings).open()?, conversation)
}

pub(crate) fn fetch_agent_messages(
    settings: &[Setting],
    conversation: &Conversation,
) -> Result<Vec<AgentEvent>, Failure> {
    Original::fetch_agent_messages(&OriginalSettings::of(settings).open()?, conversation)
}

pub(crate) fn check_availability(settings: &[Setting], routing: &Routing) -> Result<Availability, Failure> {
    Original::check_availability(&OriginalSettings::of(settings).open()?, routing)
}
