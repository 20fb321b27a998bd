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
//! | [`doctor`], [`provisioning`] | `check-connection`, `provision` | through `api` |

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod api;
pub mod copilot;
pub mod delivery;
pub mod delivery_lookup;
pub mod doctor;
pub mod events;
mod ids;
mod lookup;
pub mod observation;
pub mod operations;
pub mod outbound;
pub mod provisioning;
mod public_url;
pub mod region;
pub mod settings;
pub mod webhook;
pub mod wire;

pub use handover_guest::contract;

use alloc::{string::String, vec::Vec};
use handover_guest::{contract::*, imports::HostImports};

/// The provider for Genesys Cloud Open Messaging.
#[derive(Debug)]
pub struct GenesysOpenMessaging;

#[cfg(feature = "component")]
handover_guest::export!(GenesysOpenMessaging);

impl Guest for GenesysOpenMessaging {
    fn describe() -> Description {
        settings::description()
    }

    fn check_settings(settings: Vec<Setting>) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
        settings::check(&settings)
    }

    fn verify_webhook(settings: Vec<Setting>, webhook: Webhook) -> Result<Authenticity, Rejection> {
        webhook::verify(&settings, &webhook)
    }

    fn map_agent_events(settings: Vec<Setting>, source: EventSource) -> Result<Vec<AgentEvent>, Malformed> {
        events::map(&settings, &source)
    }

    fn build_outbound_message(
        settings: Vec<Setting>,
        conversation: Conversation,
        message: Outbound,
    ) -> Result<Vec<ProviderRequest>, Unsupported> {
        outbound::build(&settings, &conversation, &message)
    }

    fn deliver(settings: Vec<Setting>, request: ProviderRequest) -> Result<Delivery, Failure> {
        delivery::deliver(&mut HostImports, &settings, &request)
    }

    fn find_delivery(
        settings: Vec<Setting>,
        conversation: Conversation,
        request: ProviderRequest,
    ) -> Result<DeliveryStatus, Failure> {
        delivery_lookup::find(&mut HostImports, &settings, &conversation, &request)
    }

    fn observe_conversation(settings: Vec<Setting>, conversation: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        observation::observe(&mut HostImports, &settings, &conversation)
    }

    fn check_connection(settings: Vec<Setting>, probe: Option<String>) -> Vec<Check> {
        doctor::check(&mut HostImports, &settings, probe.as_deref())
    }

    fn provision(settings: Vec<Setting>, webhook_url: String, mode: ProvisioningMode) -> Vec<ProvisioningStep> {
        provisioning::provision(&mut HostImports, &settings, &webhook_url, mode)
    }
}
