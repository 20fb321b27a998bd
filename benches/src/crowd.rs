//! Many calls at once, each in an instance of its own and waiting for the contact center.

use anyhow::{Context, ensure};
use async_trait::async_trait;
use handover_bench::{COMPONENT, message, settings};
use handover_host::{AllowedOrigins, Host, Limits, Transport, TransportError};
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

/// Calls at once.
const CALLS: usize = 1_000;

/// A contact center that answers nobody until all have asked.
struct Waiting(Arc<Barrier>);

#[async_trait]
impl Transport for Waiting {
    async fn send(&self, _: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        // Once until all are there, and again until their memory has been looked at.
        self.0.wait().await;
        self.0.wait().await;
        Err(TransportError::Unreachable)
    }
}

/// Prints how many bytes of this process are in memory while all of the calls wait.
pub(crate) fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let all = Arc::new(Barrier::new(CALLS + 1));
        let mut limits = Limits::default();
        // Calls with effects may be three quarters of all.
        limits.concurrent_calls = u32::try_from(CALLS.div_ceil(3) * 4)?;
        let host = Host::builder().limits(limits).http(Waiting(Arc::clone(&all))).build()?;
        let provider = host.load(COMPONENT).await?;
        let accepted = provider.check_settings(&settings()).await?;
        let allowed = AllowedOrigins::from_settings(&accepted.origins);
        let connection = provider.connect(settings(), &allowed).await?;
        let (conversation, outbound) = message(400);
        let built = connection.build_outbound_message(&conversation, &outbound).await?;
        let request = Arc::new(built.into_iter().next().context("a request")?);
        let mut calls = JoinSet::new();
        for _ in 0..CALLS {
            let (connection, request) = (connection.clone(), Arc::clone(&request));
            calls.spawn(async move { connection.deliver(&request).await });
        }
        all.wait().await;
        println!("{}", resident()?);
        all.wait().await;
        while let Some(call) = calls.join_next().await {
            ensure!(call?.is_err(), "a request without an answer was delivered");
        }
        Ok(())
    })
}

/// proc(5), `/proc/pid/statm`, in pages of 4 KiB.
fn resident() -> anyhow::Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages = statm.split(' ').nth(1).context("no figure")?;
    Ok(pages.parse::<u64>()? * 4_096)
}
