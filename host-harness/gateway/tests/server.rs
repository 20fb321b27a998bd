//! Tests of the HTTP server's limits against misbehaving clients.

#![allow(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use axum::routing::get;
use handover_gateway::{ServerLimits, serve};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Starts a server that answers with 1 MiB and runs until the guard is dropped. Returns a connection to it.
async fn start_server(limits: ServerLimits) -> (TcpStream, String, DropGuard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("has an address").to_string();
    let stop = CancellationToken::new();
    let router = axum::Router::new().route("/", get(|| async { vec![b'a'; 1 << 20] }));
    tokio::spawn(serve(listener, router, limits, stop.clone()));
    (TcpStream::connect(&address).await.expect("connects"), address, stop.drop_guard())
}

async fn answer(stream: &mut TcpStream) -> String {
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.expect("the server answers");
    String::from_utf8_lossy(&start).into_owned()
}

/// Waits at most 20 s for the server to close the connection.
async fn expect_closed(stream: &mut TcpStream) {
    let closed = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut Vec::new())).await;
    // The connection may end or be reset.
    let _ = closed.expect("the server closes the connection");
}

#[tokio::test]
async fn refuses_too_many_or_too_large_headers() {
    let (mut stream, _, _stop) = start_server(ServerLimits::default()).await;
    let many = "a: b\r\n".repeat(65);
    stream.write_all(format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n").as_bytes()).await.expect("the request is sent");
    assert_eq!(answer(&mut stream).await, "HTTP/1.1 431");

    let (mut stream, _, _stop) = start_server(ServerLimits::default()).await;
    let large = "b".repeat(128 << 10);
    stream
        .write_all(format!("GET / HTTP/1.1\r\nhost: a\r\na: {large}\r\n\r\n").as_bytes())
        .await
        .expect("the request is sent");
    // The server closes with unread data, which resets the connection; the answer may be lost.
    let mut start = vec![0; 12];
    let answered = stream.read_exact(&mut start).await;
    assert!(answered.is_err() || start == b"HTTP/1.1 431", "{}", String::from_utf8_lossy(&start));
    expect_closed(&mut stream).await;
}

#[tokio::test]
async fn closes_a_connection_whose_headers_are_late() {
    let mut limits = ServerLimits::default();
    limits.headers_within = Duration::from_millis(300);
    let (mut stream, _, _stop) = start_server(limits).await;
    let started = Instant::now();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n").await.expect("the request is sent");
    expect_closed(&mut stream).await;
    assert!(started.elapsed() >= Duration::from_millis(250), "{:?}", started.elapsed());
}

#[tokio::test]
async fn drops_a_client_that_does_not_read_the_response() {
    let mut limits = ServerLimits::default();
    limits.written_within = Duration::from_millis(300);
    limits.connections = 1;
    let (mut stream, address, _stop) = start_server(limits).await;
    // The answers exceed the socket buffers of both sides.
    for _ in 0..64 {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("the request is sent");
    }
    // The only allowed connection is available again.
    let mut other = TcpStream::connect(address).await.expect("connects");
    other.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("the request is sent");
    let answered = tokio::time::timeout(Duration::from_secs(20), answer(&mut other)).await;
    assert_eq!(answered.expect("the server answers in time"), "HTTP/1.1 200");
    drop(stream);
}

#[tokio::test]
async fn completes_requests_before_it_stops() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("has an address");
    let stop = CancellationToken::new();
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        "done"
    };
    let router = axum::Router::new().route("/", get(slow));
    let server = tokio::spawn(serve(listener, router, ServerLimits::default(), stop.clone()));
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("the request is sent");
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.cancel();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("the server answers");
    assert!(text.ends_with("done"), "{text}");
    server.await.expect("the server ends");
    assert!(TcpStream::connect(address).await.is_err(), "the port is closed");
}
