//! Arbitrary headers and bodies as a webhook: no signature can be forged, and no key can be guessed.

#![no_main]

use genesys_open_messaging::settings::WebhookPolicy;
use genesys_open_messaging::webhook::verify;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let settings = handover_fuzz::settings(
        "webhook-secret=a-secret-of-16-or-more-chars\nevent-bus-key=a-key-of-the-event-bus\ntrigger-key=a-key-of-the-trigger",
    );
    let webhook = handover_fuzz::webhook(data);
    let policy = WebhookPolicy::of(&settings).expect("the settings are valid");
    let verdict = verify(&policy, &webhook);
    // The fuzzer may learn the keys from comparisons, so inputs that contain a part of a key do not count.
    let guessed = webhook.headers.iter().any(|(_, value)| value.windows(5).any(|part| part == b"a-key"));
    assert!(verdict.is_err() || guessed, "{verdict:?}");
});
