//! The exports of the component, and the fault in prepared settings: the kit of providers refuses foreign ones before the
//! mutant sees them.

use crate::Mutant;
use crate::fault::on;
use alloc::{string::String, vec::Vec};
use bot_connector_guest::bindings::exports::handover::provider::{bot_connector, configuration};
use bot_connector_guest::contract::*;
use genesys_bot_connector::settings::{Prepared, description};
use handover_guest::contract::*;

pub(crate) struct Exported;

/// Returns prepared settings. With the fault, those of the examples replace foreign ones.
fn adopt(settings: Vec<u8>) -> Vec<u8> {
    if Prepared::open(&settings).is_ok() || !on("prepared: foreign settings are accepted") {
        return settings;
    }
    let examples: Vec<_> =
        description().settings.into_iter().map(|field| Setting { key: field.key, value: field.example }).collect();
    Prepared::of(&examples).seal()
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

impl bot_connector::Guest for Exported {
    fn verify_bot_request(settings: Vec<u8>, request: Webhook) -> Result<u32, Rejection> {
        <Mutant as bot_connector::Guest>::verify_bot_request(adopt(settings), request)
    }

    fn map_bot_request(settings: Vec<u8>, request: Webhook) -> Result<BotRequest, MappingError> {
        <Mutant as bot_connector::Guest>::map_bot_request(adopt(settings), request)
    }

    fn build_bot_response(
        settings: Vec<u8>,
        turn: Turn,
        turn_number: u32,
        answer: BotAnswer,
    ) -> Result<BotResponse, Unsupported> {
        <Mutant as bot_connector::Guest>::build_bot_response(adopt(settings), turn, turn_number, answer)
    }

    fn build_bot_list(settings: Vec<u8>, bots: Vec<Bot>, id: Option<String>) -> Result<BotResponse, Unsupported> {
        <Mutant as bot_connector::Guest>::build_bot_list(adopt(settings), bots, id)
    }

    fn build_late_answer(
        settings: Vec<u8>,
        turn: Turn,
        answer: BotAnswer,
        time: Timestamp,
    ) -> Result<ProviderRequest, Unsupported> {
        <Mutant as bot_connector::Guest>::build_late_answer(adopt(settings), turn, answer, time)
    }

    fn deliver_late_answer(settings: Vec<u8>, request: ProviderRequest) -> Result<Delivery, Failure> {
        <Mutant as bot_connector::Guest>::deliver_late_answer(adopt(settings), request)
    }

    fn register_bots(settings: Vec<u8>, bots: Vec<Bot>) -> Result<(), Failure> {
        <Mutant as bot_connector::Guest>::register_bots(adopt(settings), bots)
    }
}
