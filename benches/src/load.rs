//! The load: some connections, each of which sends the same webhook again as soon as it has the answer.

use anyhow::{Context, ensure};
use handover_bench::{body, signature};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const CONNECTIONS: usize = 16;

/// Prints how many webhooks were answered with 200. Any other answer is an error.
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
            let stream = TcpStream::connect(address).await.context("nobody listens")?;
            connections.spawn(again_and_again(stream, Arc::clone(&request), end));
        }
        // Never asleep: to wake this process would cost the receiver, and the slower receivers would pay it more often.
        let awake = tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
        let mut answered = 0;
        while let Some(connection) = connections.join_next().await {
            answered += connection??;
        }
        awake.abort();
        anyhow::Ok(answered)
    })?;
    println!("{answered}");
    Ok(())
}

async fn again_and_again(mut stream: TcpStream, request: Arc<[u8]>, end: Instant) -> anyhow::Result<u64> {
    stream.set_nodelay(true)?;
    let (mut answered, mut answer) = (0, Vec::with_capacity(1_024));
    while Instant::now() < end {
        stream.write_all(&request).await?;
        answer.clear();
        // None of the receivers says anything but its headers.
        while !answer.ends_with(b"\r\n\r\n") {
            ensure!(stream.read_buf(&mut answer).await? > 0, "the receiver closed the connection");
        }
        ensure!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
        answered += 1;
    }
    Ok(answered)
}
