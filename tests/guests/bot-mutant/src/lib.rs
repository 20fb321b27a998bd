//! The provider for the Genesys Bot Connector with a selectable fault, to test the conformance kit.
//!
//! One component contains all faults. [`with_fault`] patches the component's slot to switch one on.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod answer;
#[cfg(target_family = "wasm")]
mod exported;
mod fault;

use alloc::{format, string::String, vec, vec::Vec};
use bot_connector_guest::BotConnector;
use bot_connector_guest::contract::*;
use fault::on;
use genesys_bot_connector::GenesysBotConnector as Original;
use genesys_bot_connector::settings::{Prepared, Product};
use handover_guest::contract::*;
use handover_guest::imports::{HostImports, Imports};
use handover_guest::provider::Configuration;
use handover_guest::signature::header_values;

pub use fault::{FAULTS, with_fault};

/// The provider with the selected fault.
#[derive(Debug)]
pub struct Mutant;

#[cfg(target_family = "wasm")]
#[allow(unreachable_pub, reason = "generated")]
mod component {
    use crate::exported::Exported;
    bot_connector_guest::bindings::export!(Exported with_types_in bot_connector_guest::bindings);
}

impl Configuration for Mutant {
    const STAMP: &str = Original::STAMP;
    type Settings<'a> = Prepared<'a>;

    fn describe() -> Description {
        Original::describe()
    }

    fn check_settings(settings: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
        let mut checked = Original::check_settings(settings);
        if let Err(problems) = &mut checked
            && on("settings: every setting is accepted")
        {
            problems.clear();
        }
        if let Ok(accepted) = &mut checked {
            if on("settings: the region is ignored") {
                accepted.origins.iter_mut().for_each(|origin| origin.url = "https://api.mypurecloud.com".into());
            }
            if on("settings: the header is always the default") {
                accepted.headers = vec!["verify-token".into()];
            }
            if on("settings: warnings are dropped") {
                accepted.warnings.clear();
            }
        }
        match checked {
            Err(problems) if problems.is_empty() => {
                let examples: Vec<_> = Self::describe()
                    .settings
                    .into_iter()
                    .map(|field| Setting { key: field.key, value: field.example })
                    .collect();
                Original::check_settings(&examples)
            }
            Ok(mut accepted) if on("settings: every problem is an error") && !accepted.warnings.is_empty() => {
                accepted.warnings.iter_mut().for_each(|problem| problem.severity = Severity::Error);
                Err(accepted.warnings)
            }
            other => other,
        }
    }

    fn check_connection(settings: &Prepared<'_>, probe: Option<&str>) -> Result<Vec<Check>, Failure> {
        if on("doctor: nothing is checked") {
            return Ok(Vec::new());
        }
        let probe = probe.filter(|_| !on("doctor: no bot is asked"));
        let mut checks = Original::check_connection(settings, probe)?;
        if on("doctor: every check passes") {
            checks.iter_mut().for_each(|check| check.outcome = CheckOutcome::Ok);
        }
        Ok(checks)
    }

    fn provision(settings: &Prepared<'_>, url: &str, mode: ProvisioningMode) -> Result<Vec<ProvisioningStep>, Failure> {
        let mode = if on("provisioning: a plan is applied") { ProvisioningMode::Apply } else { mode };
        let mut steps = Original::provision(settings, url, mode)?;
        if on("provisioning: every step is applied") {
            steps.iter_mut().for_each(|step| step.outcome = StepOutcome::Applied);
        }
        Ok(steps)
    }
}

impl BotConnector for Mutant {
    fn verify_bot_request(settings: &Prepared<'_>, request: &Webhook) -> Result<u32, Rejection> {
        let sent = |name: &str| header_values(&request.headers, name).next().unwrap_or_default().to_vec();
        if on("verify: every request is accepted") {
            return Ok(0);
        }
        if on("verify: nothing is accepted") {
            return Err(Rejection::KeyMismatch);
        }
        if on("verify: a beginning is enough") {
            let sent = sent(settings.header);
            let found = (0..).zip(&settings.secrets).find(|(_, secret)| secret.as_bytes().starts_with(&sent));
            return found.map(|(index, _)| index).ok_or(Rejection::KeyMismatch);
        }
        if on("verify: case is ignored") {
            let sent = sent(settings.header);
            let found = (0..).zip(&settings.secrets).find(|(_, secret)| secret.as_bytes().eq_ignore_ascii_case(&sent));
            return found.map(|(index, _)| index).ok_or(Rejection::KeyMismatch);
        }
        let mut request = request.clone();
        if on("verify: the first of several headers counts") {
            request.headers.dedup_by(|one, other| one.0 == other.0);
        }
        if on("verify: the header of the settings is ignored") {
            let value = request.headers.first().map(|(_, value)| value.clone()).unwrap_or_default();
            request.headers.push((settings.header.into(), value));
        }
        match Original::verify_bot_request(settings, &request) {
            Ok(_) if on("verify: every secret has the index 0") => Ok(0),
            Err(_) if on("verify: the reason is always the same") => Err(Rejection::NoSecret),
            verified => verified,
        }
    }

    fn map_bot_request(settings: &Prepared<'_>, request: &Webhook) -> Result<BotRequest, MappingError> {
        if on("map: every request is unknown") {
            return Ok(BotRequest::Unknown);
        }
        if on("map: an id in a path is not decoded")
            && let Some(id) = request.path.strip_prefix("/bots/").filter(|id| !id.is_empty())
        {
            return Ok(BotRequest::GetBot(id.into()));
        }
        if on("purity: a pure function asks for the time") {
            HostImports.now();
        }
        let mut mapped = Original::map_bot_request(settings, request);
        if on("map: every malformed body is empty") && mapped.is_err() {
            return Err(MappingError::Empty);
        }
        if on("map: only an object is a request") && matches!(mapped, Err(MappingError::Empty)) {
            return Ok(BotRequest::Unknown);
        }
        if on("map: every other request is a list") && mapped == Ok(BotRequest::Unknown) {
            return Ok(BotRequest::ListBots);
        }
        if let Ok(BotRequest::Turn(turn)) = &mut mapped {
            if on("map: minutes count as seconds") {
                turn.session_seconds = turn.session_seconds.map(|seconds| seconds / 60);
            }
            if on("map: no turn permits a late answer") {
                turn.permits_late_answer = false;
            }
            if on("map: the bot is its name") {
                turn.bot = "Acme support".into();
            }
            if on("map: the payload is dropped") {
                turn.input.payload = None;
            }
            if on("map: values of parameters are dropped") {
                turn.parameters.iter_mut().for_each(|parameter| parameter.value.clear());
            }
        }
        mapped
    }

    fn build_bot_response(
        settings: &Prepared<'_>,
        turn: &Turn,
        turn_number: u32,
        answer: &BotAnswer,
    ) -> Result<BotResponse, Unsupported> {
        answer::build(settings, turn, turn_number, answer)
    }

    fn build_bot_list(settings: &Prepared<'_>, bots: &[Bot], id: Option<&str>) -> Result<BotResponse, Unsupported> {
        let mut listed = Original::build_bot_list(settings, bots, id);
        if on("list: the limits are ignored") && listed.is_err() {
            return Original::build_bot_list(settings, &[], None);
        }
        if let Ok(response) = &mut listed {
            if on("list: every id is found") {
                response.status = 200;
            }
            if on("list: every bot has another name") {
                answer::edit(response, r#""name""#, r#""title""#);
                answer::edit(response, "[]", "[{}]");
            }
            if on("list: the description is missing") {
                answer::edit(response, r#""description":""#, r#""note":""#);
            }
        }
        listed
    }

    fn build_late_answer(
        settings: &Prepared<'_>,
        turn: &Turn,
        answer: &BotAnswer,
        time: Timestamp,
    ) -> Result<ProviderRequest, Unsupported> {
        let mut turn = turn.clone();
        if on("late: every turn permits a late answer") {
            turn.permits_late_answer = true;
        }
        if on("late: the language is invented") {
            turn.language = Some("en".into());
        }
        if on("late: the version is invented") {
            turn.version = Some("0".into());
        }
        let mut request = Original::build_late_answer(settings, &turn, answer, time)?;
        if on("late: every answer has the same key") {
            request.idempotency_key = "late".into();
        }
        if on("late: an answer is never the same again") {
            request.idempotency_key = format!("{}", HostImports.now());
        }
        Ok(request)
    }

    fn deliver_late_answer(settings: &Prepared<'_>, request: &ProviderRequest) -> Result<Delivery, Failure> {
        if on("deliver: nothing is accepted") {
            return Err(Failure::Unsupported);
        }
        let delivered = match Original::deliver_late_answer(settings, request) {
            Err(_) if on("deliver: everything is accepted") => {
                Ok(Delivery { message_id: None, conversation_id: None, events: Vec::new() })
            }
            Err(Failure::Retry(advice)) if on("deliver: the outcome of every failure is unknown") => {
                Err(Failure::Retry(RetryAdvice { may_have_arrived: true, ..advice }))
            }
            Err(Failure::Retry(advice)) if on("deliver: nothing was sent without an answer") => {
                Err(Failure::Retry(RetryAdvice { may_have_arrived: false, ..advice }))
            }
            other => other,
        };
        delivered.map(|delivery| match on("deliver: the id is dropped") {
            true => Delivery { message_id: None, ..delivery },
            false => delivery,
        })
    }

    fn register_bots(settings: &Prepared<'_>, bots: &[Bot]) -> Result<(), Failure> {
        if on("register: nothing is registered") {
            return Ok(());
        }
        let mut settings = settings.clone();
        if on("register: the list of the Digital Bot Connector is registered") {
            settings.product = Product::BotConnector;
        }
        match Original::register_bots(&settings, bots) {
            Err(_) if on("register: failures are ignored") => Ok(()),
            other => other,
        }
    }
}

/// A text that differs in each call of an instance, with the fault.
pub(crate) fn state() -> String {
    if on("purity: calls are counted") { format!("{}", fault::count()) } else { String::new() }
}
