//! Measures webhooks that are stored before they are answered, on a machine that the gateway shares with the contact
//! center and the client:
//!
//! - with more and more open handovers, at a constant rate;
//! - against a receiver in Node that stores each webhook in SQLite, both as fast as they can.
//!
//! Prints the figures without asserting any, because machines differ. Environment variables: `HANDOVERS` (numbers,
//! separated by commas), `RATE` (webhooks per second), `SECONDS` and `STORE` (`sqlite`, or `nats` with three gateways).
//! Node is compared with SQLite only, and only if `NODE` is the folder of the receiver with its packages installed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a measurement")]
#![allow(dead_code, reason = "shared with the crash test, which uses the rest")]

#[path = "../crash/center.rs"]
mod center;
#[path = "../crash/fleet.rs"]
mod fleet;
#[path = "../crash/gateway.rs"]
mod gateway;
mod node;
#[path = "../crash/platform.rs"]
mod platform;
#[path = "../crash/proxy.rs"]
mod proxy;
mod webhooks;

use center::Center;
use fleet::{Fleet, Nats};
use node::NodeReceiver;
use platform::Platform;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use webhooks::Webhooks;

/// The rounds of the comparison with Node, of which the median is reported.
const ROUNDS: usize = 3;
/// The open handovers during the comparison with Node.
const COMPARED_HANDOVERS: usize = 10_000;
/// The duration of a round for each receiver.
const FLOOD: Duration = Duration::from_secs(5);

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

#[tokio::main]
async fn main() {
    let handovers = std::env::var("HANDOVERS").unwrap_or_else(|_| "1000,10000".into());
    let handovers = handovers.split(',').map(|count| count.trim().parse().expect("HANDOVERS has numbers")).collect();
    let (rate, seconds) = (setting("RATE", 500), setting("SECONDS", 30));
    let proxy = proxy::Proxy::bind().await;
    let center = Arc::new(Center::start(&proxy.url()).await);
    let platform = Arc::new(Platform::start(&proxy.url(), 0).await);
    let (gateways, nats) = match std::env::var("STORE").as_deref() {
        Ok("nats") => (3, Some(Nats::start().await)),
        _ => (1, None),
    };
    let has_sqlite = nats.is_none();
    let mut webhooks = Webhooks::new(&center);

    // Without callbacks, because the receiver in Node sends none either.
    let fleet = Fleet::start(gateways, center.folder(), gateway::ACME, None, nats, &proxy).await;
    let mut ratios = measure_growth(&fleet, &platform, &mut webhooks, handovers, rate, seconds).await;
    fleet.stop();

    if let (true, Some(folder)) = (has_sqlite, std::env::var_os("NODE").map(PathBuf::from)) {
        let fleet = Fleet::start(1, center.folder(), gateway::ACME, None, None, &proxy).await;
        begin(&platform, 0, COMPARED_HANDOVERS).await;
        wait_until_idle(&fleet).await;
        ratios.push(compare_with_node(&fleet, &folder, center.webhook_secret(), &mut webhooks).await);
        fleet.stop();
    }
    println!();
    for ratio in ratios {
        println!("{ratio}");
    }
}

/// Measures with more and more open handovers. Returns the ratios.
async fn measure_growth(
    fleet: &Fleet,
    platform: &Arc<Platform>,
    webhooks: &mut Webhooks,
    handovers: Vec<usize>,
    rate: usize,
    seconds: usize,
) -> Vec<String> {
    println!(
        "| open handovers | begun in s | MiB | p50 ms | p99 ms | max ms | µs of CPU a webhook | cores before | not 200 |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let (mut open, mut ratios) = (0, Vec::new());
    for count in handovers {
        let began = Instant::now();
        begin(platform, open, count).await;
        open = open.max(count);
        let took = began.elapsed().as_secs();
        let background = wait_until_idle(fleet).await;
        let (cpu, start) = (fleet.cpu_time(), Instant::now());
        let measured = webhooks.at_rate(fleet.port(), open, rate, seconds).await;
        // The events are published soon after their webhooks are answered.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let used = (fleet.cpu_time() - cpu).as_secs_f64() - background * start.elapsed().as_secs_f64();
        let cpu = used * 1e6 / (rate * seconds) as f64;
        let memory = fleet.memory() >> 20;
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| measured.percentile(share).as_secs_f64() * 1e3);
        println!(
            "| {open} | {took} | {memory} | {p50:.1} | {p99:.1} | {max:.1} | {cpu:.0} | {background:.2} | {} |",
            measured.failed
        );
        let [memory_aim, p99_aim] = if open == 100_000 { ["<= 1024", "< 50"] } else { ["none", "none"] };
        ratios.push(format!("ratio handovers:{open}:MiB {memory} aim {memory_aim}"));
        ratios.push(format!("ratio handovers:{open}:{rate}-per-second:p99:ms {p99:.1} aim {p99_aim}"));
    }
    ratios
}

/// Lets the gateway and a receiver in Node store as many webhooks as they can, in turns. Returns the ratio.
async fn compare_with_node(fleet: &Fleet, folder: &Path, secret: &str, webhooks: &mut Webhooks) -> String {
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        rates[0].push(webhooks.flood(fleet.port(), COMPARED_HANDOVERS, FLOOD).await);
        wait_until_idle(fleet).await;
        let node = NodeReceiver::start(folder, secret);
        rates[1].push(webhooks.flood(node.port, COMPARED_HANDOVERS, FLOOD).await);
    }
    let [ours, node] = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[ROUNDS / 2]
    });
    println!("\n| stored webhooks, as fast as possible | a second |\n|---|---|");
    println!("| `serve` with SQLite | {ours:.0} |\n| Node with better-sqlite3 | {node:.0} |");
    format!("ratio durable:serve/node:rate {:.2} aim >= 3", ours / node)
}

/// Begins the handovers from the number `open` up to `count`.
async fn begin(platform: &Arc<Platform>, open: usize, count: usize) {
    let (permits, mut begun) = (Arc::new(Semaphore::new(64)), JoinSet::new());
    for number in open..count {
        let (platform, permits) = (Arc::clone(platform), Arc::clone(&permits));
        begun.spawn(async move {
            let _permit = permits.acquire().await;
            platform.begin(&webhooks::recipient(number)).await;
        });
    }
    while begun.join_next().await.is_some() {}
}

/// Waits until the contact center has received the handovers and the log of events is written: until the gateway uses
/// as little of the processor as before, at most a minute. Returns the share of a core that it still uses.
async fn wait_until_idle(fleet: &Fleet) -> f64 {
    let (deadline, window) = (Instant::now() + Duration::from_secs(60), Duration::from_secs(2));
    loop {
        let before = fleet.cpu_time();
        tokio::time::sleep(window).await;
        let share = (fleet.cpu_time() - before).as_secs_f64() / window.as_secs_f64();
        if share < 0.1 || Instant::now() > deadline {
            return share;
        }
    }
}
