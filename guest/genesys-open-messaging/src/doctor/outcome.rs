//! The outcomes of checks.

use alloc::{format, vec::Vec};
use handover_guest::contract::*;

/// Returns the check for a failure to read an object that only the doctor reads. A missing permission is only a
/// warning.
pub(super) fn unreadable_check(name: &str, failure: Failure, remedy: &str) -> Check {
    match failure {
        Failure::Credentials(message) => warning(name, &format!("cannot be checked: {message}"), remedy),
        failure => failed(name, failure, remedy),
    }
}

/// Returns the check of what works, but should be looked at.
pub(super) fn warning(name: &str, message: &str, remedy: &str) -> Check {
    Check { outcome: CheckOutcome::Warning, remedy: Some(remedy.into()), ..passed(name, message) }
}

/// Returns the check of what does not work.
pub(super) fn error(name: &str, message: &str, remedy: &str) -> Check {
    Check { outcome: CheckOutcome::Error, remedy: Some(remedy.into()), ..passed(name, message) }
}

/// Returns the check of what works.
pub(super) fn passed(name: &str, message: &str) -> Check {
    Check { name: name.into(), outcome: CheckOutcome::Ok, message: message.into(), remedy: None }
}

/// Returns the check for a failure.
pub(super) fn failed(name: &str, failure: Failure, remedy: &str) -> Check {
    let (message, remedy) = match failure {
        Failure::Credentials(message) | Failure::Permanent(message) => (message, remedy),
        Failure::Retry(advice) => (
            advice.message,
            "Try again. If it keeps failing, compare host with your region and look at Genesys's status page.",
        ),
        Failure::Unsupported => ("this is not supported".into(), remedy),
        Failure::StaleSettings => ("the settings must be checked again".into(), remedy),
    };
    Check { name: name.into(), outcome: CheckOutcome::Error, message, remedy: Some(remedy.into()) }
}

/// Returns checks that an earlier failure prevents.
pub(super) fn skipped(names: &[&str]) -> Vec<Check> {
    let why = "an earlier check failed";
    names.iter().map(|name| Check { outcome: CheckOutcome::Skipped, ..passed(name, why) }).collect()
}
