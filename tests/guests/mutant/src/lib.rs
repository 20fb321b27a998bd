//! The Genesys provider with a selectable fault, to test the conformance kit.
//!
//! One component contains all faults. [`with_fault`] patches the component's slot to switch one on. The faults of a
//! function are in the module with its name.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod agent;
mod build;
mod deliver;
mod failure;
mod fault;
mod find;
mod json;
mod map;
mod observe;
mod settings;
mod verify;

use alloc::{string::String, vec::Vec};
use fault::on;
use genesys_open_messaging::GenesysOpenMessaging as Original;
use handover_guest::contract::*;

pub use fault::{FAULTS, with_fault};

/// The provider with the selected fault.
#[derive(Debug)]
pub struct Mutant;

#[cfg(target_family = "wasm")]
#[allow(unreachable_pub, reason = "generated")]
mod component {
    use crate::Mutant;
    handover_guest::bindings::export!(Mutant with_types_in handover_guest::bindings);
}

impl Guest for Mutant {
    fn describe() -> Description {
        settings::describe()
    }

    fn check_settings(settings: Vec<Setting>) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
        settings::check(settings)
    }

    fn verify_webhook(settings: Vec<Setting>, webhook: Webhook) -> Result<Authenticity, Rejection> {
        verify::verify(settings, webhook)
    }

    fn map_agent_events(settings: Vec<Setting>, source: EventSource) -> Result<Vec<AgentEvent>, Malformed> {
        map::map(settings, source)
    }

    fn build_outbound_message(
        settings: Vec<Setting>,
        conversation: Conversation,
        message: Outbound,
    ) -> Result<Vec<ProviderRequest>, Unsupported> {
        build::build(settings, conversation, message)
    }

    fn deliver(settings: Vec<Setting>, request: ProviderRequest) -> Result<Delivery, Failure> {
        deliver::deliver(settings, request)
    }

    fn find_delivery(
        settings: Vec<Setting>,
        conversation: Conversation,
        request: ProviderRequest,
    ) -> Result<DeliveryStatus, Failure> {
        find::find(settings, conversation, request)
    }

    fn observe_conversation(settings: Vec<Setting>, conversation: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        observe::observe(settings, conversation)
    }

    fn provision(settings: Vec<Setting>, webhook_url: String, mode: ProvisioningMode) -> Vec<ProvisioningStep> {
        let mut steps = Original::provision(settings, webhook_url, mode);
        if on("provisioning: every step is applied") {
            steps.iter_mut().for_each(|step| step.outcome = StepOutcome::Applied);
        }
        steps
    }

    fn check_connection(settings: Vec<Setting>, probe: Option<String>) -> Vec<Check> {
        let mut checks = Original::check_connection(settings, probe);
        for check in &mut checks {
            if on("doctor: every check passes") {
                check.outcome = CheckOutcome::Ok;
            }
            if check.name == "clock" {
                if on("doctor: every clock passes")
                    || on("doctor: a clock that is ahead passes") && check.message.contains("ahead")
                {
                    check.outcome = CheckOutcome::Ok;
                }
                if on("doctor: every clock deviation is an error") && check.outcome == CheckOutcome::Warning {
                    check.outcome = CheckOutcome::Error;
                }
                if on("doctor: every clock is an error") {
                    check.outcome = CheckOutcome::Error;
                }
            }
            if on("doctor: remedies are missing") {
                check.remedy = None;
            }
        }
        checks
    }
}
