//! The HTTP server, with a limit on every resource that a client can hold.

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

/// Limits of the server. The defaults suit a gateway behind a proxy.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ServerLimits {
    /// Concurrent connections. Further connections wait to be accepted.
    pub connections: usize,
    /// The maximum number of headers of a request.
    pub headers: usize,
    /// The approximate maximum size of a request's line and headers together, in bytes.
    pub header_bytes: usize,
    /// The timeout for all headers of a request, and between two requests.
    pub headers_within: Duration,
    /// The time within which a client must read more of a response.
    pub written_within: Duration,
    /// The time for requests in progress to complete after the server is stopped.
    pub grace: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            headers: 64,
            header_bytes: 32 << 10,
            headers_within: Duration::from_secs(15),
            written_within: Duration::from_secs(30),
            grace: Duration::from_secs(12),
        }
    }
}

/// Serves until `stop` is cancelled, and then completes requests in progress.
pub async fn serve(listener: TcpListener, router: axum::Router, limits: ServerLimits, stop: CancellationToken) {
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers_within)
        .max_headers(limits.headers)
        .max_buf_size(limits.header_bytes)
        .keep_alive(true);
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(limits.connections));
    loop {
        let (permit, accepted) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = async {
                // The semaphore is never closed.
                let permit = Arc::clone(&connections).acquire_owned().await;
                (permit, listener.accept().await)
            } => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Usually the process has no free file descriptors; waiting frees some.
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Small responses must not wait for more data.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the connection delays small packets");
        }
        let service = TowerToHyperService::new(router.clone());
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.written_within));
        let connection = graceful.watch(server.serve_connection(TokioIo::new(Box::pin(stream)), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("the server ended before some requests did");
    }
}
