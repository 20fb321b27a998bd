//! A human-handover provider for **Genesys Cloud Open Messaging**, behind the contract `handover:provider`.
//!
//! As a component, it exports the contract. As a library, it offers the same logic natively. This file contains only
//! the exports, each of which calls one module.
//!
//! | module | exports | effects |
//! |---|---|---|
//! | [`settings`] | `describe`, `check-settings` | none |
//! | [`webhook`] | `verify-webhook` | none |
//! | [`events`] | `map-agent-events` | none |
//! | [`outbound`] | `build-outbound-message` | none |
//! | [`delivery`], [`delivery_lookup`] | `deliver`, `find-delivery` | through `api` |
//! | [`observation`] | `observe-conversation` | through `api` |
//! | [`history`] | `fetch-agent-messages` | through `api` |
//! | [`availability`] | `check-availability` | through `api` |
//! | [`doctor`], [`provisioning`] | `check-connection`, `provision` | through `api` |

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod api;
pub mod availability;
pub mod copilot;
pub mod delivery;
pub mod delivery_lookup;
pub mod doctor;
pub mod events;
pub mod history;
mod hours;
mod ids;
mod lookup;
pub mod observation;
pub mod operations;
pub mod outbound;
pub mod provisioning;
mod public_url;
mod queue_activity;
mod queue_state;
mod routing;
pub mod settings;
pub mod webhook;
pub mod wire;

pub use handover_guest::contract;

use alloc::vec::Vec;
use handover_guest::{
    contract::*,
    imports::HostImports,
    provider::{Configuration, Handover},
};
use settings::Prepared;

/// The provider for Genesys Cloud Open Messaging.
#[derive(Debug)]
pub struct GenesysOpenMessaging;

#[cfg(feature = "component")]
handover_guest::export!(GenesysOpenMessaging);

impl Configuration for GenesysOpenMessaging {
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

    fn provision(
        settings: &Prepared<'_>,
        webhook_url: &str,
        mode: ProvisioningMode,
    ) -> Result<Vec<ProvisioningStep>, Failure> {
        provisioning::provision(&mut HostImports, settings, webhook_url, mode)
    }
}

impl Handover for GenesysOpenMessaging {
    fn verify_webhook(settings: &Prepared<'_>, webhook: &Webhook) -> Result<Authenticity, Rejection> {
        webhook::verify(&settings.webhook()?, webhook)
    }

    fn map_agent_events(settings: &Prepared<'_>, source: &EventSource) -> Result<Vec<AgentEvent>, MappingError> {
        events::map(&settings.events()?, source)
    }

    fn build_outbound_message(
        settings: &Prepared<'_>,
        conversation: &Conversation,
        message: &Outbound,
    ) -> Result<Vec<ProviderRequest>, Unsupported> {
        outbound::build(&settings.messages()?, conversation, message)
    }

    fn deliver(settings: &Prepared<'_>, request: &ProviderRequest) -> Result<Delivery, Failure> {
        delivery::deliver(&mut HostImports, settings, request)
    }

    fn find_delivery(
        settings: &Prepared<'_>,
        conversation: &Conversation,
        request: &ProviderRequest,
    ) -> Result<DeliveryStatus, Failure> {
        delivery_lookup::find(&mut HostImports, settings, conversation, request)
    }

    fn observe_conversation(settings: &Prepared<'_>, conversation: &Conversation) -> Result<Vec<AgentEvent>, Failure> {
        observation::observe(&mut HostImports, settings, conversation)
    }

    fn fetch_agent_messages(settings: &Prepared<'_>, conversation: &Conversation) -> Result<Vec<AgentEvent>, Failure> {
        history::fetch(&mut HostImports, settings, conversation)
    }

    fn check_availability(settings: &Prepared<'_>, routing: &Routing) -> Result<Availability, Failure> {
        availability::check(&mut HostImports, settings, routing)
    }
}
