//! The exports of the component, and the fault in prepared settings: the kit of providers refuses foreign ones before the
//! mutant sees them.

use crate::Mutant;
use crate::fault::on;
use alloc::{string::String, vec::Vec};
use genesys_open_messaging::settings::description;
use handover_guest::bindings::exports::handover::provider::{configuration, handover};
use handover_guest::contract::*;
use handover_guest::prepared;
use handover_guest::provider::Configuration;

pub(crate) struct Exported;

/// Returns prepared settings. With the fault, those of the examples replace foreign ones.
fn adopt(settings: Vec<u8>) -> Vec<u8> {
    let is_foreign = prepared::open::<Vec<(String, String)>>(Mutant::STAMP, &settings).is_err();
    if !is_foreign || !on("prepared: foreign settings are accepted") {
        return settings;
    }
    let examples: Vec<_> = description().settings.into_iter().map(|field| (field.key, field.example)).collect();
    prepared::seal(Mutant::STAMP, &examples)
}

impl configuration::Guest for Exported {
    fn describe() -> Description {
        <Mutant as configuration::Guest>::describe()
    }

    fn check_settings(settings: Vec<Setting>) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
        <Mutant as configuration::Guest>::check_settings(settings)
    }

    fn check_connection(settings: Vec<u8>, probe: Option<String>) -> Result<Vec<Check>, Failure> {
        <Mutant as configuration::Guest>::check_connection(adopt(settings), probe)
    }

    fn provision(settings: Vec<u8>, url: String, mode: ProvisioningMode) -> Result<Vec<ProvisioningStep>, Failure> {
        <Mutant as configuration::Guest>::provision(adopt(settings), url, mode)
    }
}

impl handover::Guest for Exported {
    fn verify_webhook(settings: Vec<u8>, webhook: Webhook) -> Result<Authenticity, Rejection> {
        <Mutant as handover::Guest>::verify_webhook(adopt(settings), webhook)
    }

    fn map_agent_events(settings: Vec<u8>, source: EventSource) -> Result<Vec<AgentEvent>, MappingError> {
        <Mutant as handover::Guest>::map_agent_events(adopt(settings), source)
    }

    fn receive_webhook(settings: Vec<u8>, webhook: Webhook) -> Result<ReceivedWebhook, Rejection> {
        <Mutant as handover::Guest>::receive_webhook(adopt(settings), webhook)
    }

    fn build_outbound_message(
        settings: Vec<u8>,
        conversation: Conversation,
        message: Outbound,
    ) -> Result<Vec<ProviderRequest>, Unsupported> {
        <Mutant as handover::Guest>::build_outbound_message(adopt(settings), conversation, message)
    }

    fn deliver(settings: Vec<u8>, request: ProviderRequest) -> Result<Delivery, Failure> {
        <Mutant as handover::Guest>::deliver(adopt(settings), request)
    }

    fn find_delivery(
        settings: Vec<u8>,
        conversation: Conversation,
        request: ProviderRequest,
    ) -> Result<DeliveryStatus, Failure> {
        <Mutant as handover::Guest>::find_delivery(adopt(settings), conversation, request)
    }

    fn observe_conversation(settings: Vec<u8>, conversation: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        <Mutant as handover::Guest>::observe_conversation(adopt(settings), conversation)
    }

    fn fetch_agent_messages(settings: Vec<u8>, conversation: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        <Mutant as handover::Guest>::fetch_agent_messages(adopt(settings), conversation)
    }

    fn check_availability(settings: Vec<u8>, routing: Routing) -> Result<Availability, Failure> {
        <Mutant as handover::Guest>::check_availability(adopt(settings), routing)
    }
}
