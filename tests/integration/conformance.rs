//! The real provider passes the conformance kit, and every case of the kit detects a mutant.

use futures_util::StreamExt;
use handover_conformance::vectors::VectorFile;
use handover_conformance::{Outcome, Report};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

fn vectors() -> Arc<[VectorFile]> {
    vectors_of("genesys-open-messaging")
}

fn vectors_of(provider: &str) -> Arc<[VectorFile]> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(provider);
    let files = std::fs::read_dir(folder).expect("the vectors").map(|entry| entry.expect("a file").path());
    files
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a vector file");
            VectorFile::parse(&path.display().to_string(), &text).expect("the format")
        })
        .collect()
}

async fn run(component: &[u8]) -> Report {
    handover_conformance::run(component, &vectors()).await.expect("the component loads")
}

#[tokio::test]
async fn the_provider_passes_every_case() {
    let report = run(handover_tests::GENESYS).await;
    assert_eq!(report.failed().count(), 0, "{report}");
    assert!(report.cases.len() > 80);
    // The mutant without an active fault passes, too. Every failure below is therefore caused by a fault.
    let report = run(handover_tests::MUTANT).await;
    assert_eq!(report.failed().count(), 0, "{report}");
}

#[tokio::test]
async fn the_smallest_provider_passes_every_case() {
    let vectors = vectors_of("handover-echo");
    let report = handover_conformance::run(handover_tests::ECHO, &vectors).await.expect("the component loads");
    assert_eq!(report.failed().count(), 0, "{report}");
    assert!(report.cases.len() > 35);
    let lines = include_str!("../../guest/echo/src/lib.rs").lines().count();
    assert!(lines <= 150, "{lines} lines: the smallest provider must stay short enough to read in one sitting");
}

#[tokio::test]
async fn case_names_are_unique() {
    let report = run(handover_tests::GENESYS).await;
    let names: BTreeSet<_> = report.cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), report.cases.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_detects_a_mutant_and_every_mutant_is_detected() {
    let gaps = gaps(handover_tests::MUTANT, mutant_guest::FAULTS, mutant_guest::with_fault, &vectors()).await;
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
}

#[tokio::test]
async fn the_provider_of_bots_passes_every_case() {
    let vectors = vectors_of("genesys-bot-connector");
    for component in [handover_tests::BOT_CONNECTOR, handover_tests::BOT_MUTANT] {
        let report = handover_conformance::run(component, &vectors).await.expect("the component loads");
        assert_eq!(report.failed().count(), 0, "{report}");
        assert!(report.cases.len() > 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_of_bots_detects_a_mutant_and_every_mutant_is_detected() {
    let vectors = vectors_of("genesys-bot-connector");
    let mut gaps =
        gaps(handover_tests::BOT_MUTANT, bot_mutant_guest::FAULTS, bot_mutant_guest::with_fault, &vectors).await;
    // The mutants of the other provider show that these cases can fail.
    gaps.retain(|gap| {
        !["describe/", "settings/"].iter().any(|area| gap.starts_with(&format!("no mutant fails {area}")))
    });
    assert!(gaps.is_empty(), "{}", gaps.join("\n"));
}

/// Runs the kit with each fault of a mutant, and returns what it shows about the kit: a case that no mutant fails tests
/// nothing. A mutant that fails no case shows a gap in the kit. A mutant that fails most cases proves nothing.
async fn gaps(
    component: &[u8],
    faults: &'static [&'static str],
    with_fault: fn(&[u8], &str) -> Option<Vec<u8>>,
    vectors: &Arc<[VectorFile]>,
) -> Vec<String> {
    let mut failed_by: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut gaps = Vec::new();
    let compiled = handover_conformance::precompile(component).expect("a component");
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    let reports = futures_util::stream::iter(faults).map(|fault| {
        // The slot is data, before and after compilation, so the mutants share the same code.
        let mutant = with_fault(&compiled, fault).expect("the slot");
        let vectors = vectors.clone();
        // SAFETY: the bytes are what `precompile` returned, except for the digits in the slot.
        let report = async move { unsafe { handover_conformance::run_precompiled(&mutant, &vectors) }.await };
        async move { (fault, tokio::spawn(report).await.expect("no panic").expect("the component loads")) }
    });
    let mut reports = reports.buffer_unordered(at_once);
    while let Some((fault, report)) = reports.next().await {
        let failed = report.failed().count();
        if failed == 0 {
            gaps.push(format!("no case detects the fault `{fault}`"));
        }
        if failed > report.cases.len() / 2 {
            gaps.push(format!("`{fault}` fails {failed} cases: it is not a single fault"));
        }
        for case in report.cases {
            let mutants = failed_by.entry(case.name).or_default();
            if case.outcome != Outcome::Passed {
                mutants.push(fault);
            }
        }
    }
    gaps.extend(
        failed_by.iter().filter(|(_, mutants)| mutants.is_empty()).map(|(case, _)| format!("no mutant fails {case}")),
    );
    gaps
}
