//! Tests whether the time to reject a webhook reveals which byte of its signature is wrong, with the method of dudect
//! (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?"): Welch's t-test between two classes of inputs. In
//! one class, the first byte of the tag is wrong; in the other, the last byte. |t| > 5 indicates a leak. A control that
//! leaks deliberately shows that the test detects leaks.

use dudect_bencher::rand::{Rng, RngExt};
use dudect_bencher::{BenchRng, Class, CtRunner, ctbench_main};
use genesys_open_messaging::settings::Prepared;
use genesys_open_messaging::webhook::verify;
use handover_native_bench::{settings, signature, tag, webhook};

/// The number of inputs per run.
const INPUTS: usize = 200_000;
/// The length of a tag, in bytes.
const TAG_LENGTH: usize = 32;

/// Returns a tag with one wrong byte: the first byte for the left class, the last byte for the right class.
fn corrupt(valid: &[u8; TAG_LENGTH], class: &Class, rng: &mut BenchRng) -> [u8; TAG_LENGTH] {
    let mut tag = *valid;
    let at = if matches!(class, Class::Left) { 0 } else { TAG_LENGTH - 1 };
    if let Some(byte) = tag.get_mut(at) {
        *byte ^= rng.random_range(1..=u8::MAX);
    }
    tag
}

fn inputs(valid: &[u8; TAG_LENGTH], rng: &mut BenchRng) -> Vec<(Class, [u8; TAG_LENGTH])> {
    let input = |_| {
        let class = if rng.next_u32() & 1 == 0 { Class::Left } else { Class::Right };
        let tag = corrupt(valid, &class, rng);
        (class, tag)
    };
    (0..INPUTS).map(input).collect()
}

fn verify_webhook(runner: &mut CtRunner, rng: &mut BenchRng) {
    let settings = settings();
    let policy = Prepared::open(&settings).and_then(|settings| settings.webhook()).expect("the settings are valid");
    let valid = tag(&handover_native_bench::body());
    let mut webhook = webhook(valid);
    for (class, tag) in inputs(&valid, rng) {
        // Reuse the buffer, so that all inputs have the same address and only the bytes differ.
        let encoded = signature(tag);
        if let Some((_, value)) = webhook.headers.last_mut() {
            value.clear();
            value.extend_from_slice(encoded.as_bytes());
        }
        runner.run_one(class, || assert!(verify(&policy, &webhook).is_err()));
    }
}

/// Compares byte by byte and stops at the first difference, as `==` may.
fn early_exit_equals(one: &[u8], other: &[u8]) -> bool {
    one.iter().zip(other).all(|(a, b)| std::hint::black_box(a) == std::hint::black_box(b))
}

fn control_that_leaks(runner: &mut CtRunner, rng: &mut BenchRng) {
    let valid = tag(b"{}");
    for (class, tag) in inputs(&valid, rng) {
        runner.run_one(class, || assert!(!early_exit_equals(&valid, &tag)));
    }
}

ctbench_main!(verify_webhook, control_that_leaks);
