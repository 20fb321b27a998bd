//! The cases that apply to every provider.

mod bots;
mod build;
mod describe;
mod effects;
mod map;
mod prepared;
mod purity;
mod settings;
mod verify;

use crate::case::{Case, Verdict};
use crate::session::Subject;
use std::time::Instant;

/// Runs cases. The name is the one in the report.
macro_rules! run {
    ($subject:expr; $($name:literal => $case:path),+ $(,)?) => {{
        let mut cases = Vec::new();
        $(
            let began = Instant::now();
            let verdict: Verdict = $case($subject).await;
            cases.push(Case { name: $name.into(), outcome: verdict.into(), took: began.elapsed() });
        )+
        cases
    }};
}

/// Runs the cases for the interfaces that the component exports.
pub(crate) async fn run(subject: &Subject) -> Vec<Case> {
    let mut cases = configuration(subject).await;
    if subject.interfaces().handover {
        cases.extend(handover(subject).await);
    }
    if subject.interfaces().bot_connector {
        cases.extend(bot_connector(subject).await);
    }
    cases
}

async fn configuration(subject: &Subject) -> Vec<Case> {
    run! { subject;
        "describe/names-are-well-formed" => describe::names,
        "describe/settings-form-is-complete" => describe::form,
        "settings/examples-are-accepted" => settings::examples,
        "settings/missing-required-settings-are-reported" => settings::required,
        "settings/all-problems-are-reported-at-once" => settings::all_at_once,
        "settings/unknown-keys-are-refused" => settings::unknown,
        "settings/only-repeatable-settings-may-repeat" => settings::repeated,
        "settings/booleans-are-true-or-false" => settings::booleans,
        "settings/problems-do-not-contain-secrets" => settings::secrets,
        "settings/origins-match-the-description" => settings::origins,
    }
}

async fn handover(subject: &Subject) -> Vec<Case> {
    run! { subject;
        "prepared/foreign-settings-are-refused" => prepared::foreign,
        "prepared/cut-settings-are-refused" => prepared::cut,
        "prepared/settings-of-another-version-are-refused" => prepared::version,
        "verify/unsigned-webhooks-are-rejected" => verify::unsigned,
        "verify/without-a-secret-every-webhook-is-rejected" => verify::no_secret,
        "verify/receiving-agrees-with-verifying" => verify::received,
        "map/every-json-object-is-mapped" => map::total,
        "map/non-objects-are-malformed" => map::malformed,
        "map/unknown-events-are-ignored" => map::unknown,
        "map/reasons-contain-no-message-text" => map::reasons,
        "map/ids-are-stable" => map::ids,
        "build/kinds-match-the-abilities" => build::abilities,
        "build/keys-are-unique-and-stable" => build::keys,
        "build/invalid-ids-are-refused" => build::ids,
        "build/a-handover-of-0-is-refused" => build::handover_number,
        "build/empty-texts-are-refused" => build::empty,
        "build/long-texts-are-complete" => build::long,
        "build/operations-contain-no-personal-data" => build::operations,
        "purity/no-pure-function-calls-an-import" => purity::no_imports,
        "purity/reused-instances-return-the-same-results" => purity::warm,
        "effects/unreachable-network-is-retryable" => effects::unreachable,
        "effects/timeouts-are-retryable" => effects::timed_out,
        "effects/retry-after-is-passed-on" => effects::rate_limited,
        "effects/server-errors-are-retryable" => effects::server_error,
        "effects/unexpected-responses-are-tolerated" => effects::garbage,
        "effects/failures-do-not-contain-secrets" => effects::secrets,
        "effects/unknown-operations-fail-permanently" => effects::foreign,
        "doctor/every-failure-has-a-remedy" => effects::doctor,
        "provisioning/failures-are-reported" => effects::provisioning,
    }
}

async fn bot_connector(subject: &Subject) -> Vec<Case> {
    run! { subject;
        "bots/foreign-settings-are-refused" => bots::foreign,
        "bots/requests-without-a-secret-are-rejected" => bots::unsigned,
        "bots/non-objects-are-malformed" => bots::malformed,
        "bots/other-paths-are-unknown" => bots::unknown,
        "bots/every-answer-has-a-response" => bots::answers,
        "bots/late-answers-match-the-turn" => bots::late_answers,
        "bots/no-pure-function-calls-an-import" => bots::no_imports,
        "bots/reused-instances-return-the-same-results" => bots::warm,
        "bots/unreachable-network-is-retryable" => bots::unreachable,
        "bots/unknown-operations-fail-permanently" => bots::operations,
    }
}
