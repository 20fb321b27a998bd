//! Faults in failures.

use crate::fault::on;
use alloc::string::String;
use handover_guest::contract::*;

/// Returns the client secret, which one fault discloses.
pub(crate) fn secret(settings: &[Setting]) -> String {
    let secret = settings.iter().find(|setting| setting.key == "client-secret");
    secret.map(|setting| setting.value.clone()).unwrap_or_default()
}

pub(crate) fn fail(failure: Failure, secret: &str) -> Failure {
    let Failure::Retry(mut advice) = failure else { return failure };
    let permanent = match advice.cause {
        RetryCause::Network => on("failure: a network error is permanent"),
        RetryCause::ServerError => on("failure: a server error is permanent"),
        RetryCause::RateLimited => on("failure: a rate limit is permanent"),
        _ => false,
    };
    if permanent {
        return Failure::Permanent(advice.message);
    }
    if on("failure: a timeout is a network error") && advice.cause == RetryCause::TimedOut {
        advice.cause = RetryCause::Network;
    }
    if on("failure: Retry-After is dropped") {
        advice.after_seconds = None;
    }
    if on("failure: may-have-arrived is always false") {
        advice.may_have_arrived = false;
    }
    if on("failure: may-have-arrived is always true") {
        advice.may_have_arrived = true;
    }
    if on("failure: the message contains a secret") {
        advice.message.push_str(secret);
    }
    Failure::Retry(advice)
}
