//! A human-handover provider for **Genesys Cloud Open Messaging**, behind the contract `handover:provider`.
//!
//! As a component it exports the contract; as a library it offers the same logic natively. This file holds the
//! exports and nothing else: each is a call into a module.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod api;
pub mod bindings;
mod clip;
pub mod contract;
pub mod copilot;
pub mod delivery;
pub mod delivery_lookup;
pub mod doctor;
pub mod events;
pub mod imports;
mod invisible;
mod lookup;
pub mod observation;
pub mod outbound;
pub mod provisioning;
mod public_url;
pub mod region;
#[cfg(target_family = "wasm")]
mod runtime;
pub mod settings;
mod surrogates;
mod time;
pub mod webhook;
pub mod wire;

use crate::bindings::{handover::provider as lent, wasi::clocks::wall_clock};
use crate::contract::*;
use alloc::{string::String, vec::Vec};

/// The provider.
#[derive(Debug)]
pub struct GenesysOpenMessaging;

#[cfg(all(feature = "component", target_family = "wasm"))]
#[allow(unreachable_pub, reason = "generated")]
mod component {
    use crate::GenesysOpenMessaging;
    crate::bindings::export!(GenesysOpenMessaging with_types_in crate::bindings);
}

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
        delivery::deliver(&mut Lent, &settings, &request)
    }

    fn find_delivery(
        settings: Vec<Setting>,
        conversation: Conversation,
        request: ProviderRequest,
    ) -> Result<DeliveryStatus, Failure> {
        delivery_lookup::find(&mut Lent, &settings, &conversation, &request)
    }

    fn observe_conversation(settings: Vec<Setting>, conversation: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        observation::observe(&mut Lent, &settings, &conversation)
    }

    fn check_connection(settings: Vec<Setting>, probe: Option<String>) -> Vec<Check> {
        doctor::check(&mut Lent, &settings, probe.as_deref())
    }

    fn provision(settings: Vec<Setting>, webhook_url: String, mode: ProvisioningMode) -> Vec<ProvisioningStep> {
        provisioning::provision(&mut Lent, &settings, &webhook_url, mode)
    }
}

/// The imports that the host really lends.
struct Lent;

impl imports::Imports for Lent {
    fn send(&mut self, request: &Request) -> Result<Response, HttpError> {
        lent::http::send(request)
    }

    fn cached(&mut self, key: &str) -> Option<Vec<u8>> {
        lent::cache::get(key)
    }

    fn cache(&mut self, key: &str, value: &[u8], seconds: u32) {
        lent::cache::put(key, value, seconds);
    }

    fn now(&mut self) -> Timestamp {
        let now = wall_clock::now();
        now.seconds.saturating_mul(1000).saturating_add(u64::from(now.nanoseconds / 1_000_000))
    }
}
