//! The HTTP server, with bounds on everything that a client can make it hold.

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Connections at a time at most; more wait to be accepted.
const CONNECTIONS: usize = 4_096;
/// Headers of a request at most, and their bytes together with the request line.
const HEADERS: usize = 64;
const HEADER_BYTES: usize = 32 << 10;
/// Until all headers of a request have come, and between two requests.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);
/// Until what was begun before the server was stopped has ended.
const GRACE: Duration = Duration::from_secs(12);

/// Serves until `stop` is cancelled, and then ends what has begun.
pub async fn serve(listener: TcpListener, router: axum::Router, stop: CancellationToken) {
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(HEADERS)
        .max_buf_size(HEADER_BYTES)
        .keep_alive(true);
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let (permit, accepted) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = async {
                // Nobody closes it.
                let permit = Arc::clone(&connections).acquire_owned().await;
                (permit, listener.accept().await)
            } => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Mostly for want of file descriptors: some will be free again.
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Small answers are not to wait for more.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection delays small packets");
        }
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(server.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests had not ended when the server did");
    }
}
