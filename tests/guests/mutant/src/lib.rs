//! The Genesys provider with a selectable fault, to test the conformance kit.
//!
//! One component contains all faults. [`with_fault`] patches the component's slot to switch one on. The faults of a
//! function are in the module with its name.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod agent;
mod availability;
mod build;
mod deliver;
#[cfg(target_family = "wasm")]
mod exported;
mod failure;
mod fault;
mod find;
mod history;
mod json;
mod map;
mod observe;
mod original;
mod outcome;
mod settings;
mod verify;

use alloc::{string::String, vec::Vec};
use fault::on;
use genesys_open_messaging::GenesysOpenMessaging as Original;
use handover_guest::contract::*;
use handover_guest::provider::{Configuration, Handover};
use original::OriginalSettings;

pub use fault::{FAULTS, with_fault};

/// The provider with the selected fault.
#[derive(Debug)]
pub struct Mutant;

#[cfg(target_family = "wasm")]
#[allow(unreachable_pub, reason = "generated")]
mod component {
    use crate::exported::Exported;
    handover_guest::bindings::export!(Exported with_types_in handover_guest::bindings);
}

impl Configuration for Mutant {
    const STAMP: &str = "mutant 0.1.0";
    /// Keys and values as entered, because many faults change the settings.
    type Settings<'a> = Vec<(String, String)>;

    fn describe() -> Description {
        settings::describe()
    }

    fn check_settings(settings: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
        settings::check(settings.to_vec())
    }

    fn provision(
        settings: &Entered,
        webhook_url: &str,
        mode: ProvisioningMode,
    ) -> Result<Vec<ProvisioningStep>, Failure> {
        let settings = OriginalSettings::of(&settings_of(settings));
        let mut steps = Original::provision(&settings.open()?, webhook_url, mode)?;
        if on("provisioning: every step is applied") {
            steps.iter_mut().for_each(|step| step.outcome = StepOutcome::Applied);
        }
        Ok(steps)
    }

    fn check_connection(settings: &Entered, probe: Option<&str>) -> Result<Vec<Check>, Failure> {
        let settings = OriginalSettings::of(&settings_of(settings));
        let mut checks = Original::check_connection(&settings.open()?, probe)?;
        if on("doctor: the inactivity timeout of the queue is not reported") {
            checks.retain(|check| check.name != "queue-inactivity");
        }
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
        Ok(checks)
    }
}

impl Handover for Mutant {
    fn verify_webhook(settings: &Entered, webhook: &Webhook) -> Result<Authenticity, Rejection> {
        verify::verify(settings_of(settings), webhook.clone())
    }

    fn map_agent_events(settings: &Entered, source: &EventSource) -> Result<Vec<AgentEvent>, MappingError> {
        map::map(settings_of(settings), source.clone())
    }

    fn build_outbound_message(
        settings: &Entered,
        conversation: &Conversation,
        message: &Outbound,
    ) -> Result<Vec<ProviderRequest>, Unsupported> {
        build::build(settings_of(settings), conversation.clone(), message.clone())
    }

    fn deliver(settings: &Entered, request: &ProviderRequest) -> Result<Delivery, Failure> {
        deliver::deliver(settings_of(settings), request.clone())
    }

    fn find_delivery(
        settings: &Entered,
        conversation: &Conversation,
        request: &ProviderRequest,
    ) -> Result<DeliveryStatus, Failure> {
        find::find(settings_of(settings), conversation.clone(), request.clone())
    }

    fn observe_conversation(settings: &Entered, conversation: &Conversation) -> Result<Vec<AgentEvent>, Failure> {
        observe::observe(settings_of(settings), conversation.clone())
    }

    fn fetch_agent_messages(settings: &Entered, conversation: &Conversation) -> Result<Vec<AgentEvent>, Failure> {
        history::fetch(&settings_of(settings), conversation)
    }

    fn check_availability(settings: &Entered, routing: &Routing) -> Result<Availability, Failure> {
        availability::check(settings_of(settings), routing.clone())
    }
}

type Entered = Vec<(String, String)>;

fn settings_of(entered: &Entered) -> Vec<Setting> {
    entered.iter().map(|(key, value)| Setting { key: key.clone(), value: value.clone() }).collect()
}
