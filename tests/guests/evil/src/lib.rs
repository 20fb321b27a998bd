//! A provider that harms its host, in one way of choice.
//!
//! Without a [`Case`] it is a well-behaved provider that does next to nothing.

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
mod lie;
mod reach;
#[cfg(target_family = "wasm")]
mod runtime;
mod spend;

pub use cases::Case;

use alloc::{string::String, vec, vec::Vec};
use bindings::exports::handover::provider::provider::Guest;
use bindings::handover::provider::types::*;
use spend::spend;

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
        spend(Case::loop_in_describe);
        Description {
            name: "evil".into(),
            title: "Evil".into(),
            version: "0.1.0".into(),
            settings: vec![],
            origins: vec!["api".into()],
            abilities: vec![],
        }
    }

    /// The first setting's value is where requests go.
    fn check_settings(settings: Vec<Setting>) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
        spend(Case::loop_in_check_settings);
        let origins = settings.into_iter().take(1).map(|setting| Origin { name: "api".into(), url: setting.value });
        Ok(AcceptedSettings { origins: origins.collect(), warnings: vec![] })
    }

    fn verify_webhook(_: Vec<Setting>, _: Webhook) -> Result<Authenticity, Rejection> {
        spend(Case::loop_in_verify_webhook);
        Ok(Authenticity::Unchecked)
    }

    fn map_agent_events(_: Vec<Setting>, _: EventSource) -> Result<Vec<AgentEvent>, Malformed> {
        spend(Case::loop_in_map_agent_events);
        reach::out_of_turn();
        Ok(lie::events())
    }

    fn build_outbound_message(
        _: Vec<Setting>,
        _: Conversation,
        _: Outbound,
    ) -> Result<Vec<ProviderRequest>, Unsupported> {
        spend(Case::loop_in_build_outbound_message);
        Ok(lie::requests())
    }

    fn deliver(_: Vec<Setting>, _: ProviderRequest) -> Result<Delivery, Failure> {
        spend(Case::loop_in_deliver);
        Ok(Delivery { message_id: None, conversation_id: None })
    }

    fn find_delivery(_: Vec<Setting>, _: Conversation, _: ProviderRequest) -> Result<DeliveryStatus, Failure> {
        spend(Case::loop_in_find_delivery);
        Ok(DeliveryStatus::NotDelivered)
    }

    fn observe_conversation(_: Vec<Setting>, _: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        spend(Case::loop_in_observe_conversation);
        Ok(vec![])
    }

    /// What it was answered, each thing as one check.
    fn check_connection(_: Vec<Setting>, _: Option<String>) -> Vec<Check> {
        spend(Case::loop_in_check_connection);
        reach::everywhere()
    }

    fn provision(_: Vec<Setting>, _: String, _: ProvisioningMode) -> Vec<ProvisioningStep> {
        spend(Case::loop_in_provision);
        vec![]
    }
}
