//! Measures the calls of one connection while calls of another one compute forever.

use anyhow::Context;
use evil_guest::Case;
use handover_bench::{COMPONENT, EVIL, settings, webhook};
use handover_host::contract::EventSource;
use handover_host::{Connection, Host, Limits};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The numbers of calls that compute forever.
pub(crate) const LOOPING: [usize; 4] = [0, 1, 8, 64];
/// The threads that run all calls.
const THREADS: usize = 2;
/// The duration of each measurement.
const DURATION: Duration = Duration::from_secs(10);
/// The pause between two calls of the connection that is measured.
const PAUSE: Duration = Duration::from_millis(2);

/// The times of the connection's calls.
pub(crate) struct Times {
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
}

/// Measures with each number of looping calls. `stack` is the limit of a call's stack: above
/// [`MAX_STACK_AT_ONCE`](handover_host::MAX_STACK_AT_ONCE), no call runs on the thread of its caller.
pub(crate) fn measure(stack: usize) -> anyhow::Result<Vec<Times>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    runtime.block_on(async {
        let mut limits = Limits::default();
        limits.stack = stack;
        let host = Host::builder().limits(limits).reuse(u32::MAX).build()?;
        let connection = host.load(COMPONENT).await?.connect_offline(settings()).await?;
        let evil = Case::loop_in_map_agent_events.of(EVIL).context("the guest has no slot")?;
        let evil = host.load(&evil).await?.connect_offline(vec![]).await?;
        let mut all = Vec::new();
        for calls in LOOPING {
            all.push(measure_beside(&connection, &evil, calls).await?);
        }
        Ok(all)
    })
}

async fn measure_beside(connection: &Connection, evil: &Connection, calls: usize) -> anyhow::Result<Times> {
    let mut looping = JoinSet::new();
    for _ in 0..calls {
        let evil = evil.clone();
        looping.spawn(async move {
            loop {
                // Fails when its CPU time is used up, and begins again.
                let _ = evil.map_agent_events(&EventSource::Webhook(b"{}".to_vec())).await;
            }
        });
    }
    let (connection, webhook, end) = (connection.clone(), webhook(500), Instant::now() + DURATION);
    let measured = tokio::spawn(async move {
        let mut times = Vec::new();
        while Instant::now() < end {
            let due = Instant::now() + PAUSE;
            tokio::time::sleep_until(due.into()).await;
            connection.receive_webhook(&webhook).await?;
            times.push(due.elapsed());
        }
        anyhow::Ok(times)
    });
    let mut times = measured.await??;
    looping.shutdown().await;
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).copied().context("no call was measured");
    Ok(Times { median: at(50)?, p99: at(99)? })
}
