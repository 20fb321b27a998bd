//! Whether the time that it takes to refuse a webhook tells where its signature is wrong, in the manner of dudect
//! (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?"): Welch's t-test between two classes of inputs,
//! one wrong in the first byte of the tag, the other in the last. Past |t| = 5 there is a leak; a control that leaks on
//! purpose shows that the test would see one.

#![allow(clippy::expect_used, missing_docs, reason = "a benchmark")]

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use dudect_bencher::rand::{Rng, RngExt};
use dudect_bencher::{BenchRng, Class, CtRunner, ctbench_main};
use genesys_open_messaging::contract::{Setting, Webhook};
use genesys_open_messaging::webhook::verify;
use handover_bench::{native, settings, signature, webhook};

/// Inputs of each run.
const INPUTS: usize = 200_000;
const TAG: usize = 32;

fn right_tag(body: &[u8]) -> [u8; TAG] {
    let encoded = signature(body);
    let tag = BASE64_STANDARD.decode(encoded.trim_start_matches("sha256=")).expect("base64");
    tag.try_into().expect("a tag")
}

/// A tag that is wrong in one byte: the first, or the last.
fn wrong(right: &[u8; TAG], class: &Class, rng: &mut BenchRng) -> [u8; TAG] {
    let mut tag = *right;
    let at = if matches!(class, Class::Left) { 0 } else { TAG - 1 };
    if let Some(byte) = tag.get_mut(at) {
        *byte ^= rng.random_range(1..=u8::MAX);
    }
    tag
}

fn inputs(right: &[u8; TAG], rng: &mut BenchRng) -> Vec<(Class, [u8; TAG])> {
    let input = |_| {
        let class = if rng.next_u32() & 1 == 0 { Class::Left } else { Class::Right };
        let tag = wrong(right, &class, rng);
        (class, tag)
    };
    (0..INPUTS).map(input).collect()
}

fn verify_webhook(runner: &mut CtRunner, rng: &mut BenchRng) {
    let settings: Vec<Setting> = native::settings(&settings());
    let whole = native::webhook(webhook(500));
    let right = right_tag(&whole.body);
    let mut webhook: Webhook = whole;
    for (class, tag) in inputs(&right, rng) {
        // In the same place each time, so that only the bytes differ.
        let encoded = format!("sha256={}", BASE64_STANDARD.encode(tag));
        if let Some((_, value)) = webhook.headers.last_mut() {
            value.clear();
            value.extend_from_slice(encoded.as_bytes());
        }
        runner.run_one(class, || assert!(verify(&settings, &webhook).is_err()));
    }
}

/// Stops at the first byte that differs, as `==` may.
fn leaks(one: &[u8], other: &[u8]) -> bool {
    one.iter().zip(other).all(|(a, b)| std::hint::black_box(a) == std::hint::black_box(b))
}

fn control_that_leaks(runner: &mut CtRunner, rng: &mut BenchRng) {
    let right = right_tag(b"{}");
    for (class, tag) in inputs(&right, rng) {
        runner.run_one(class, || assert!(!leaks(&right, &tag)));
    }
}

ctbench_main!(verify_webhook, control_that_leaks);
