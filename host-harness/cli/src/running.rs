//! A gateway that runs until it is asked to stop.

use anyhow::{Context, bail};
use axum::Router;
use handover_gateway::{Mailboxes, Served, ServerLimits, Worker, clean, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// All that runs for a gateway.
pub(crate) struct Running {
    pub(crate) served: Vec<Served>,
    pub(crate) mailboxes: Mailboxes,
    /// How long events are kept, in milliseconds.
    pub(crate) keep_events: u64,
    pub(crate) listener: TcpListener,
    pub(crate) router: Router,
    /// Ends all of it.
    pub(crate) stop: CancellationToken,
}

impl Running {
    /// Until Ctrl-C or SIGTERM; then what has begun is ended.
    pub(crate) async fn until_stopped(self) -> anyhow::Result<()> {
        let Self { served, mailboxes, keep_events, listener, router, stop } = self;
        let mut parts = JoinSet::new();
        parts.spawn(Worker::new(served, mailboxes.clone()).run(stop.clone()));
        parts.spawn(clean(mailboxes, keep_events, stop.clone()));
        parts.spawn(serve(listener, router, ServerLimits::default(), stop.clone()));
        let mut terminated = signal(SignalKind::terminate()).context("the signal to stop cannot be awaited")?;
        let broken = tokio::select! {
            _ = tokio::signal::ctrl_c() => false,
            _ = terminated.recv() => false,
            // None of them ends by itself. Without one of them the process would only look alive.
            _ = parts.join_next() => true,
        };
        tracing::info!("stopping: what has begun is ended");
        stop.cancel();
        while let Some(ended) = parts.join_next().await {
            ended?;
        }
        if broken {
            bail!("a part of the gateway has ended by itself; the log says which");
        }
        Ok(())
    }
}
