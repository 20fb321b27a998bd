//! Runs a gateway until it receives a signal to stop.

use crate::bot_service::BotService;
use crate::connection_service::ConnectionService;
use crate::mailboxes::Mailboxes;
use crate::retention::enforce_retention;
use crate::server::{ServerLimits, serve};
use crate::sessions::Sessions;
use crate::worker::Worker;
use axum::Router;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Everything that runs in a gateway.
pub struct Parts {
    /// The connections whose mailboxes are worked on.
    pub services: Vec<ConnectionService>,
    /// The mailboxes of all connections.
    pub mailboxes: Mailboxes,
    /// The connections whose sessions are worked on.
    pub bots: Vec<BotService>,
    /// The sessions of all connections.
    pub sessions: Sessions,
    /// How long events stay in the log.
    pub keep_events: Duration,
    /// The listener on which the router is served.
    pub listener: TcpListener,
    /// [`Gateway::router`](crate::Gateway::router), and other routes.
    pub router: Router,
    /// Cancelled when the gateway stops. Cancelling it does not stop the gateway.
    pub stop: CancellationToken,
}

/// Why a gateway ended without a signal to stop.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The operating system does not deliver the signal to stop.
    #[error("the signal to stop cannot be awaited: {0}")]
    Signal(#[from] std::io::Error),
    /// A part panicked.
    #[error("a part of the gateway panicked: {0}")]
    Panicked(#[from] JoinError),
    /// A part ended, although every part must run until the gateway stops.
    #[error("a part of the gateway ended by itself; the log says which")]
    EndedEarly,
}

/// Runs a gateway until Ctrl-C or SIGTERM, and then completes the work in progress.
///
/// # Errors
/// A part of the gateway ended by itself. The other parts were stopped, because a gateway without one of its parts
/// would only appear to work.
pub async fn run(parts: Parts) -> Result<(), RunError> {
    let Parts { services, mailboxes, bots, sessions, keep_events, listener, router, stop } = parts;
    let mut running = JoinSet::new();
    running.spawn(Worker::new(services, mailboxes.clone()).run(stop.clone()));
    running.spawn(Worker::new(bots, sessions.records().clone()).run(stop.clone()));
    // Requests in progress wait for answers until the server has ended.
    let waking = tokio::spawn(sessions.wake());
    running.spawn(enforce_retention(mailboxes, keep_events, stop.clone()));
    running.spawn(serve(listener, router, ServerLimits::default(), stop.clone()));
    let mut terminated = signal(SignalKind::terminate())?;
    let ended_early = tokio::select! {
        _ = tokio::signal::ctrl_c() => false,
        _ = terminated.recv() => false,
        _ = running.join_next() => true,
    };
    tracing::info!("stopping: completing the work in progress");
    stop.cancel();
    while let Some(ended) = running.join_next().await {
        ended?;
    }
    waking.abort();
    if ended_early { Err(RunError::EndedEarly) } else { Ok(()) }
}
