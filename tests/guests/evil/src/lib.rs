//! A provider that attacks its host in a selectable way.
//!
//! Without a [`Case`], it is a well-behaved provider that does almost nothing.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

#[allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::undocumented_unsafe_blocks,
    reason = "generated from wit/, where it is documented"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit/0.1.0",
        world: "handover-provider",
        generate_all,
        pub_export_macro: true,
    });
}
mod cases;
mod exhaust;
mod imports;
mod results;
#[cfg(target_family = "wasm")]
mod runtime;

pub use cases::Case;

use alloc::{string::String, vec, vec::Vec};
use bindings::exports::handover::provider::configuration::Guest as Configuration;
use bindings::exports::handover::provider::handover::Guest as Handover;
use bindings::handover::provider::types::*;
use exhaust::exhaust;

/// The provider.
#[derive(Debug)]
pub struct Evil;

#[cfg(target_family = "wasm")]
#[allow(unreachable_pub, reason = "generated")]
mod component {
    use crate::{Evil, bindings};
    bindings::export!(Evil with_types_in bindings);
}

impl Configuration for Evil {
    fn describe() -> Description {
        exhaust(Case::loop_in_describe);
        Description {
            name: "evil".into(),
            title: "Evil".into(),
            version: "0.1.0".into(),
            settings: vec![],
            origins: vec!["api".into()],
            abilities: vec![],
        }
    }

    /// Returns the value of the first setting as the origin `api`.
    fn check_settings(settings: Vec<Setting>) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
        exhaust(Case::loop_in_check_settings);
        let origins = settings.into_iter().take(1).map(|setting| Origin { name: "api".into(), url: setting.value });
        Ok(AcceptedSettings {
            prepared: vec![],
            origins: origins.collect(),
            headers: vec![],
            signature: None,
            warnings: vec![],
        })
    }

    /// Calls the imports of the case, and returns one check for each result.
    fn check_connection(_: Vec<u8>, _: Option<String>) -> Result<Vec<Check>, Failure> {
        exhaust(Case::loop_in_check_connection);
        Ok(imports::call_from_effect())
    }

    fn provision(_: Vec<u8>, _: String, _: ProvisioningMode) -> Result<Vec<ProvisioningStep>, Failure> {
        exhaust(Case::loop_in_provision);
        Ok(vec![])
    }
}

impl Handover for Evil {
    fn verify_webhook(_: Vec<u8>, _: Webhook) -> Result<Authenticity, Rejection> {
        exhaust(Case::loop_in_verify_webhook);
        Ok(Authenticity::Unchecked)
    }

    fn map_agent_events(_: Vec<u8>, _: EventSource) -> Result<Vec<AgentEvent>, MappingError> {
        exhaust(Case::loop_in_map_agent_events);
        imports::call_from_pure_function();
        Ok(results::events())
    }

    fn receive_webhook(_: Vec<u8>, _: Webhook) -> Result<ReceivedWebhook, Rejection> {
        exhaust(Case::loop_in_receive_webhook);
        imports::call_from_pure_function();
        Ok(ReceivedWebhook { authenticity: Authenticity::Unchecked, events: Ok(results::events()) })
    }

    fn build_outbound_message(_: Vec<u8>, _: Conversation, _: Outbound) -> Result<Vec<ProviderRequest>, Unsupported> {
        exhaust(Case::loop_in_build_outbound_message);
        Ok(results::requests())
    }

    fn deliver(_: Vec<u8>, _: ProviderRequest) -> Result<Delivery, Failure> {
        exhaust(Case::loop_in_deliver);
        Ok(Delivery { message_id: None, conversation_id: None, events: vec![] })
    }

    fn find_delivery(_: Vec<u8>, _: Conversation, _: ProviderRequest) -> Result<DeliveryStatus, Failure> {
        exhaust(Case::loop_in_find_delivery);
        Ok(DeliveryStatus::NotDelivered)
    }

    fn observe_conversation(_: Vec<u8>, _: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        exhaust(Case::loop_in_observe_conversation);
        Ok(vec![])
    }

    fn fetch_agent_messages(_: Vec<u8>, _: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        exhaust(Case::loop_in_fetch_agent_messages);
        Ok(results::events())
    }

    fn check_availability(_: Vec<u8>, _: Routing) -> Result<Availability, Failure> {
        exhaust(Case::loop_in_check_availability);
        Err(Failure::Unsupported)
    }
}
