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
use bindings::exports::handover::provider::provider::Guest;
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

impl Guest for Evil {
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
        Ok(AcceptedSettings { origins: origins.collect(), warnings: vec![] })
    }

    fn verify_webhook(_: Vec<Setting>, _: Webhook) -> Result<Authenticity, Rejection> {
        exhaust(Case::loop_in_verify_webhook);
        Ok(Authenticity::Unchecked)
    }

    fn map_agent_events(_: Vec<Setting>, _: EventSource) -> Result<Vec<AgentEvent>, Malformed> {
        exhaust(Case::loop_in_map_agent_events);
        imports::call_from_pure_function();
        Ok(results::events())
    }

    fn build_outbound_message(
        _: Vec<Setting>,
        _: Conversation,
        _: Outbound,
    ) -> Result<Vec<ProviderRequest>, Unsupported> {
        exhaust(Case::loop_in_build_outbound_message);
        Ok(results::requests())
    }

    fn deliver(_: Vec<Setting>, _: ProviderRequest) -> Result<Delivery, Failure> {
        exhaust(Case::loop_in_deliver);
        Ok(Delivery { message_id: None, conversation_id: None })
    }

    fn find_delivery(_: Vec<Setting>, _: Conversation, _: ProviderRequest) -> Result<DeliveryStatus, Failure> {
        exhaust(Case::loop_in_find_delivery);
        Ok(DeliveryStatus::NotDelivered)
    }

    fn observe_conversation(_: Vec<Setting>, _: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        exhaust(Case::loop_in_observe_conversation);
        Ok(vec![])
    }

    /// Calls the imports of the case, and returns one check for each result.
    fn check_connection(_: Vec<Setting>, _: Option<String>) -> Vec<Check> {
        exhaust(Case::loop_in_check_connection);
        imports::call_from_effect()
    }

    fn provision(_: Vec<Setting>, _: String, _: ProvisioningMode) -> Vec<ProvisioningStep> {
        exhaust(Case::loop_in_provision);
        vec![]
    }
}
