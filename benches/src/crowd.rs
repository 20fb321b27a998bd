//! Measures the memory of many concurrent calls that wait for the contact center, each in a separate instance.

use anyhow::{Context, bail, ensure};
use async_trait::async_trait;
use handover_bench::{COMPONENT, message, settings};
use handover_host::{AllowedOrigins, Host, Limits, Transport, TransportError};
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// The number of concurrent calls.
const CALLS: usize = 1_000;

/// A contact center that does not respond until all calls have sent their requests.
struct BlockingTransport(Arc<Barrier>);

#[async_trait]
impl Transport for BlockingTransport {
    async fn send(&self, _: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        // The first wait ends when all calls have arrived, the second when the memory has been measured.
        self.0.wait().await;
        self.0.wait().await;
        Err(TransportError::Unreachable)
    }
}

/// Prints the resident memory of this process, in bytes, while all calls wait.
pub(crate) fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let all = Arc::new(Barrier::new(CALLS + 1));
        let mut limits = Limits::default();
        // Only three quarters of the permits are available to calls with effects.
        limits.concurrent_calls = u32::try_from(CALLS.div_ceil(3) * 4)?;
        limits.connection_calls = limits.concurrent_calls;
        let host = Host::builder().limits(limits).http(BlockingTransport(Arc::clone(&all))).build()?;
        let provider = host.load(COMPONENT).await?;
        let accepted = provider.check_settings(&settings()).await?;
        let allowed = AllowedOrigins::from_settings(&accepted.origins);
        let connection = provider.connect(settings(), &allowed).await?;
        let (conversation, outbound) = message(400);
        let built = connection.build_outbound_message(&conversation, &outbound).await?;
        let request = Arc::new(built.into_iter().next().context("the message has no requests")?);
        let mut calls = JoinSet::new();
        for _ in 0..CALLS {
            let (connection, request) = (connection.clone(), Arc::clone(&request));
            calls.spawn(async move { connection.deliver(&request).await });
        }
        tokio::select! {
            _ = all.wait() => {}
            Some(call) = calls.join_next() => bail!("a call ended before the others began: {:?}", call?),
        }
        println!("{}", resident_bytes()?);
        all.wait().await;
        while let Some(call) = calls.join_next().await {
            ensure!(call?.is_err(), "a request without a response was reported as delivered");
        }
        Ok(())
    })
}

/// Returns the resident memory of this process, in bytes: proc(5), `/proc/pid/statm`, in pages of 4 KiB.
fn resident_bytes() -> anyhow::Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages = statm.split(' ').nth(1).context("/proc/self/statm has no resident size")?;
    Ok(pages.parse::<u64>()? * 4_096)
}
