//! Any headers and any body as a webhook: nobody forges a signature, or guesses a key.

#![no_main]

use genesys_open_messaging::webhook::verify;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let settings = handover_fuzz::settings(
        "webhook-secret=a-secret-of-16-or-more-chars\nevent-bus-key=a-key-of-the-event-bus\ntrigger-key=a-key-of-the-trigger",
    );
    let webhook = handover_fuzz::webhook(data);
    let verdict = verify(&settings, &webhook);
    // What is in the settings is not in the corpus: the fuzzer could learn it from comparisons, and does not.
    let guessed = webhook.headers.iter().any(|(_, value)| value.windows(5).any(|part| part == b"a-key"));
    assert!(verdict.is_err() || guessed, "{verdict:?}");
});
