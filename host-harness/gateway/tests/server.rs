//! The server, before clients that mean no good.

#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use axum::routing::get;
use handover_gateway::{ServerLimits, serve};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

/// A server whose answers are of a mebibyte, until the guard is dropped.
async fn serving(limits: ServerLimits) -> (TcpStream, String, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let stop = CancellationToken::new();
    let router = axum::Router::new().route("/", get(|| async { vec![b'a'; 1 << 20] }));
    tokio::spawn(serve(listener, router, limits, stop.clone()));
    (TcpStream::connect(&address).await.expect("a connection"), address, stop.drop_guard())
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.expect("an answer");
    String::from_utf8_lossy(&start).into_owned()
}

/// Nothing more comes; in good time.
async fn is_closed(stream: &mut TcpStream) {
    let closed = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut Vec::new())).await;
    // An end, or a reset.
    let _ = closed.expect("the server closes the connection");
}

#[tokio::test]
async fn headers_are_few_and_small() {
    let (mut stream, _, _stop) = serving(ServerLimits::default()).await;
    let many = "a: b\r\n".repeat(65);
    stream.write_all(format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n").as_bytes()).await.expect("sent");
    assert_eq!(answer(&mut stream).await, "HTTP/1.1 431");

    let (mut stream, _, _stop) = serving(ServerLimits::default()).await;
    let large = "b".repeat(128 << 10);
    stream.write_all(format!("GET / HTTP/1.1\r\nhost: a\r\na: {large}\r\n\r\n").as_bytes()).await.expect("sent");
    // What the server has not read makes it a reset, before which the answer may be lost.
    let mut start = vec![0; 12];
    let answered = stream.read_exact(&mut start).await;
    assert!(answered.is_err() || start == b"HTTP/1.1 431", "{}", String::from_utf8_lossy(&start));
    is_closed(&mut stream).await;
}

#[tokio::test]
async fn headers_come_in_time_or_not_at_all() {
    let mut limits = ServerLimits::default();
    limits.headers_within = Duration::from_millis(300);
    let (mut stream, _, _stop) = serving(limits).await;
    let began = Instant::now();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n").await.expect("sent");
    is_closed(&mut stream).await;
    assert!(began.elapsed() >= Duration::from_millis(250), "{:?}", began.elapsed());
}

/// Whoever asks and reads nothing, holds nothing for long.
#[tokio::test]
async fn who_takes_no_answer_is_dropped() {
    let mut limits = ServerLimits::default();
    limits.written_within = Duration::from_millis(300);
    limits.connections = 1;
    let (mut stream, address, _stop) = serving(limits).await;
    // More than the sockets of both sides hold.
    for _ in 0..64 {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    }
    // The only connection that there may be is free again.
    let mut other = TcpStream::connect(address).await.expect("a connection");
    other.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    let answered = tokio::time::timeout(Duration::from_secs(20), answer(&mut other)).await;
    assert_eq!(answered.expect("in time"), "HTTP/1.1 200");
    drop(stream);
}

#[tokio::test]
async fn what_was_begun_is_ended_before_the_server_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let stop = CancellationToken::new();
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        "done"
    };
    let router = axum::Router::new().route("/", get(slow));
    let server = tokio::spawn(serve(listener, router, ServerLimits::default(), stop.clone()));
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.cancel();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer");
    assert!(text.ends_with("done"), "{text}");
    server.await.expect("it ends");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
}
