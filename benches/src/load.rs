//! Generates load: each connection sends the same webhook again as soon as it has received the response.

use anyhow::{Context, ensure};
use handover_bench::{body, signature};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The number of concurrent connections.
const CONNECTIONS: usize = 16;

/// Sends webhooks for some seconds and prints the number of responses with status 200. Any other status is an error.
pub(crate) fn run(address: &str, size: usize, seconds: u64) -> anyhow::Result<()> {
    let body = body(size);
    let head = format!(
        "POST /handover/genesysCloudOM HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\naccept: */*\r\n\
         user-agent: Genesys/1.0\r\nx-hub-signature-256: {}\r\ncontent-length: {}\r\n\r\n",
        signature(&body),
        body.len()
    );
    let request: Arc<[u8]> = [head.as_bytes(), &body].concat().into();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answered = runtime.block_on(async {
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut connections = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let stream = TcpStream::connect(address).await.context("cannot connect to the receiver")?;
            connections.spawn(send_repeatedly(stream, Arc::clone(&request), end));
        }
        // Keep this process from sleeping, because the receiver would pay for waking it, and slower receivers would pay
        // more often.
        let busy_loop = tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
        let mut answered = 0;
        while let Some(connection) = connections.join_next().await {
            answered += connection??;
        }
        busy_loop.abort();
        anyhow::Ok(answered)
    })?;
    println!("{answered}");
    Ok(())
}

async fn send_repeatedly(mut stream: TcpStream, request: Arc<[u8]>, end: Instant) -> anyhow::Result<u64> {
    stream.set_nodelay(true)?;
    let (mut answered, mut response) = (0, Vec::with_capacity(1_024));
    while Instant::now() < end {
        stream.write_all(&request).await?;
        response.clear();
        // All receivers respond with headers only.
        while !response.ends_with(b"\r\n\r\n") {
            ensure!(stream.read_buf(&mut response).await? > 0, "the receiver closed the connection");
        }
        ensure!(response.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&response));
        answered += 1;
    }
    Ok(answered)
}
