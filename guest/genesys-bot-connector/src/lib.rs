//! A provider for the **Genesys Bot Connector**: Genesys Cloud owns the channel, and an Architect flow asks the platform's
//! bots. It knows both versions: the Bot Connector (v1), which waits for each answer, and the Digital Bot Connector (v2),
//! which also accepts answers later.
//!
//! | module | exports | effects |
//! |---|---|---|
//! | [`settings`] | `describe`, `check-settings` | none |
//! | [`authentication`] | `verify-bot-request` | none |
//! | [`request`] | `map-bot-request` | none |
//! | [`answer`] | `build-bot-response`, `build-late-answer` | none |
//! | [`bots`] | `build-bot-list` | none |
//! | [`delivery`] | `deliver-late-answer` | through the API |
//! | [`registration`] | `register-bots` | through the API |
//! | [`doctor`], [`provisioning`] | `check-connection`, `provision` | through the API |

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

pub mod answer;
pub mod authentication;
pub mod bots;
pub mod delivery;
pub mod doctor;
mod integration;
pub mod provisioning;
pub mod registration;
mod reply;
pub mod request;
pub mod settings;
mod slots;
pub mod wire;

use alloc::vec::Vec;
use bot_connector_guest::BotConnector;
use bot_connector_guest::contract::*;
use handover_guest::contract::*;
use handover_guest::imports::HostImports;
use handover_guest::provider::Configuration;
use settings::Prepared;

/// The provider for the Genesys Bot Connector.
#[derive(Debug)]
pub struct GenesysBotConnector;

#[cfg(feature = "component")]
bot_connector_guest::export!(GenesysBotConnector);

impl Configuration for GenesysBotConnector {
    const STAMP: &str = settings::STAMP;
    type Settings<'a> = Prepared<'a>;

    fn describe() -> Description {
        settings::description()
    }

    fn check_settings(settings: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
        settings::check(settings)
    }

    fn check_connection(settings: &Prepared<'_>, probe: Option<&str>) -> Result<Vec<Check>, Failure> {
        doctor::check(&mut HostImports, settings, probe)
    }

    fn provision(settings: &Prepared<'_>, url: &str, mode: ProvisioningMode) -> Result<Vec<ProvisioningStep>, Failure> {
        provisioning::provision(&mut HostImports, settings, url, mode)
    }
}

impl BotConnector for GenesysBotConnector {
    fn verify_bot_request(settings: &Prepared<'_>, request: &Webhook) -> Result<u32, Rejection> {
        authentication::verify(settings, request)
    }

    fn map_bot_request(settings: &Prepared<'_>, request: &Webhook) -> Result<BotRequest, MappingError> {
        request::map(settings, request)
    }

    fn build_bot_response(
        settings: &Prepared<'_>,
        _: &Turn,
        turn_number: u32,
        answer: &BotAnswer,
    ) -> Result<BotResponse, Unsupported> {
        answer::build(settings, turn_number, answer)
    }

    fn build_bot_list(settings: &Prepared<'_>, bots: &[Bot], id: Option<&str>) -> Result<BotResponse, Unsupported> {
        bots::build_list(settings, bots, id)
    }

    fn build_late_answer(
        settings: &Prepared<'_>,
        turn: &Turn,
        answer: &BotAnswer,
        time: Timestamp,
    ) -> Result<ProviderRequest, Unsupported> {
        answer::build_late(settings, turn, answer, time)
    }

    fn deliver_late_answer(settings: &Prepared<'_>, request: &ProviderRequest) -> Result<Delivery, Failure> {
        delivery::deliver(&mut HostImports, settings, request)
    }

    fn register_bots(settings: &Prepared<'_>, bots: &[Bot]) -> Result<(), Failure> {
        registration::register(&mut HostImports, settings, bots)
    }
}
