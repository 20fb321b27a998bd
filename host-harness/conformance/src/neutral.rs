//! The cases that hold for every provider.

mod build;
mod describe;
mod effects;
mod map;
mod purity;
mod settings;
mod verify;

use crate::case::{Case, Subject, Verdict};
use std::time::Instant;

/// Runs cases, each under the name that it is reported by.
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

pub(crate) async fn run(subject: &Subject) -> Vec<Case> {
    run! { subject;
        "describe/names-are-well-formed" => describe::names,
        "describe/the-form-can-be-shown" => describe::form,
        "settings/examples-are-accepted" => settings::examples,
        "settings/what-is-required-is-asked-for" => settings::required,
        "settings/all-problems-are-told-at-once" => settings::all_at_once,
        "settings/unknown-keys-are-refused" => settings::unknown,
        "settings/what-does-not-repeat-is-refused-twice" => settings::repeated,
        "settings/switches-are-true-or-false" => settings::switches,
        "settings/problems-keep-secrets" => settings::secrets,
        "settings/origins-are-those-described" => settings::origins,
        "verify/what-nobody-signed-is-rejected" => verify::unsigned,
        "verify/without-a-secret-nobody-is-believed" => verify::no_secret,
        "map/any-object-maps" => map::total,
        "map/what-is-no-object-is-malformed" => map::malformed,
        "map/the-unknown-is-ignored" => map::unknown,
        "map/reasons-hold-no-text" => map::reasons,
        "map/ids-are-stable" => map::ids,
        "build/kinds-match-the-abilities" => build::abilities,
        "build/keys-are-unique-and-stable" => build::keys,
        "build/wrong-ids-are-refused" => build::ids,
        "build/empty-texts-are-refused" => build::empty,
        "build/long-texts-are-kept-whole" => build::long,
        "build/operations-hold-no-personal-data" => build::operations,
        "purity/no-pure-function-calls-an-import" => purity::no_imports,
        "purity/a-used-instance-answers-like-a-fresh-one" => purity::warm,
        "effects/no-network-means-try-again" => effects::unreachable,
        "effects/silence-may-mean-that-it-arrived" => effects::timed_out,
        "effects/retry-after-is-handed-on" => effects::rate_limited,
        "effects/a-server-error-means-try-again" => effects::server_error,
        "effects/any-answer-comes-to-an-end" => effects::garbage,
        "effects/failures-keep-secrets" => effects::secrets,
        "effects/what-the-provider-did-not-build-is-never-delivered" => effects::foreign,
        "doctor/every-failure-has-a-remedy" => effects::doctor,
        "provisioning/where-nothing-works-it-says-so" => effects::provisioning,
    }
}
