//! Faults in telling failures.

use crate::fault::on;
use alloc::string::String;
use handover_guest::contract::*;

/// What a fault might tell.
pub(crate) fn secret(settings: &[Setting]) -> String {
    let secret = settings.iter().find(|setting| setting.key == "client-secret");
    secret.map(|setting| setting.value.clone()).unwrap_or_default()
}

pub(crate) fn fail(failure: Failure, secret: &str) -> Failure {
    let Failure::Retry(mut advice) = failure else { return failure };
    let never = match advice.cause {
        RetryCause::Network => on("failure: no network means never"),
        RetryCause::ServerError => on("failure: a server error means never"),
        RetryCause::RateLimited => on("failure: too many requests means never"),
        _ => false,
    };
    if never {
        return Failure::Permanent(advice.message);
    }
    if on("failure: silence is a broken network") && advice.cause == RetryCause::TimedOut {
        advice.cause = RetryCause::Network;
    }
    if on("failure: Retry-After gets lost") {
        advice.after_seconds = None;
    }
    if on("failure: it surely did not arrive") {
        advice.may_have_arrived = false;
    }
    if on("failure: it may always have arrived") {
        advice.may_have_arrived = true;
    }
    if on("failure: a secret is told") {
        advice.message.push_str(secret);
    }
    Failure::Retry(advice)
}
