//! Measures the webhook latency and the memory of the gateway while many handovers are open. Prints the figures without
//! asserting any, because machines differ.
//!
//! Environment variables: `HANDOVERS`, `RATE` (webhooks per second), `SECONDS` and `STORE` (`sqlite`, or `nats` with
//! three gateways). The contact center, the client and the platform share the machine with the gateway.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used, clippy::panic, reason = "a measurement")]
#![allow(dead_code, reason = "shared with the crash test, which uses the rest")]

#[path = "../crash/center.rs"]
mod center;
#[path = "../crash/fleet.rs"]
mod fleet;
#[path = "../crash/gateway.rs"]
mod gateway;
#[path = "../crash/platform.rs"]
mod platform;
#[path = "../crash/proxy.rs"]
mod proxy;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use center::Center;
use fleet::{Fleet, Nats};
use hmac::{Hmac, KeyInit, Mac};
use platform::Platform;
use sha2::Sha256;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

#[tokio::main]
async fn main() {
    let (handovers, rate, seconds) = (setting("HANDOVERS", 10_000), setting("RATE", 500), setting("SECONDS", 30));
    let proxy = proxy::Proxy::bind().await;
    let center = Arc::new(Center::start(&proxy.url()).await);
    let platform = Arc::new(Platform::start(&proxy.url(), 0).await);
    let (gateways, nats) = match std::env::var("STORE").as_deref() {
        Ok("nats") => (3, Some(Nats::start().await)),
        _ => (1, None),
    };
    let fleet = Fleet::start(gateways, &center, &platform, nats, &proxy).await;
    println!("idle: {} MiB", fleet.memory() >> 20);

    let began = Instant::now();
    let (permits, mut started) = (Arc::new(Semaphore::new(64)), JoinSet::new());
    for number in 0..handovers {
        let (platform, permits) = (Arc::clone(&platform), Arc::clone(&permits));
        started.spawn(async move {
            let _permit = permits.acquire().await;
            platform.begin(&format!("user-{number}")).await;
        });
    }
    while started.join_next().await.is_some() {}
    println!("{handovers} handovers started in {} s: {} MiB", began.elapsed().as_secs(), fleet.memory() >> 20);
    tokio::time::sleep(Duration::from_secs(10)).await;

    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
    let url = format!("{}/handover/genesysCloudOM", proxy.url());
    let (start, mut answers) = (Instant::now(), JoinSet::new());
    for number in 0..rate * seconds {
        let due = start + Duration::from_secs_f64(number as f64 / rate as f64);
        tokio::time::sleep_until(due.into()).await;
        let body = webhook(&center, number, &format!("user-{}", fastrand::usize(0..handovers)));
        let signature = sign(center.webhook_secret(), &body);
        let request = client.post(&url).header("x-hub-signature-256", signature).body(body);
        answers.spawn(async move {
            let status = request.send().await.map(|answer| answer.status().as_u16()).unwrap_or(0);
            // Measured from the due time, so that a slow response does not delay the schedule.
            (status, due.elapsed())
        });
    }
    let mut times = Vec::new();
    let mut failed = 0;
    while let Some(answer) = answers.join_next().await {
        match answer.unwrap() {
            (200, time) => times.push(time),
            _ => failed += 1,
        }
    }
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    println!(
        "{} webhooks at {rate} per second, {failed} not answered with 200: p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms; {} MiB",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0),
        fleet.memory() >> 20
    );
    fleet.stop();
}

/// Returns the webhook body of an agent's text, as Genesys sends it ("Open Messaging", outbound messages).
fn webhook(center: &Center, number: usize, recipient: &str) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let time = jiff::Timestamp::from_millisecond(now.as_millis() as i64).unwrap();
    let id = format!("{number:032x}");
    format!(
        r#"{{"id":"{id}","channel":{{"id":"{integration}","platform":"Open","type":"Private","to":{{"id":"{recipient}","idType":"Opaque"}},"from":{{"id":"{integration}","nickname":"Grace"}},"time":"{time}","messageId":"{id}"}},"type":"Text","text":"Hello, how can I help?","originatingEntity":"Human","direction":"Outbound"}}"#,
        integration = center.integration_id(),
    )
}

fn sign(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    format!("sha256={}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}
