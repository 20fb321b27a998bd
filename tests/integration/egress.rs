//! Egress control: a plugin reaches only the origins that the operator allowed, over connections that the host makes.

use crate::support::settings;
use evil_guest::Case;
use handover_host::{AllowedOrigins, ConnectError, Host, HttpClient, HttpClientLimits, Transport, TransportError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

fn client() -> HttpClient {
    HttpClient::new(HttpClientLimits::default()).expect("a client")
}

async fn get(url: &str) -> Result<u16, TransportError> {
    let request = http::Request::get(url).body(Vec::new()).expect("a request");
    client().send(request).await.map(|response| response.status().as_u16())
}

/// Starts a server that counts connections and answers 204.
async fn counting_server() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4_096]).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    (port, count)
}

/// The host compares the allowed origins and those in the settings as origins, not as text.
#[tokio::test]
async fn refuses_origins_that_are_not_allowed() {
    let host = Host::builder().http(client()).build().expect("a host");
    let evil = Case::origin_that_is_not_granted.of(handover_tests::EVIL).expect("the slot");
    let provider = host.load(&evil).await.expect("the component loads");
    for (allowed, requested) in [
        ("", "https://api.example.com"),
        ("https://api.example.com", "http://api.example.com"),
        ("https://api.example.com", "https://api.example.com:8443"),
        ("https://api.example.com", "https://api.example.com.evil.org"),
        ("https://api.example.com", "https://evil.org"),
        ("https://api.example.com", "https://example.com"),
        ("https://api.example.com", "https://api.xn--exmple-cua.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8081"),
        ("http://127.0.0.1:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080", "http://[::1]:8080"),
        ("http://127.0.0.1:8080", "http://[::ffff:127.0.0.1]:8080"),
    ] {
        let allowed: AllowedOrigins = allowed.parse().expect("origins");
        let refused = provider.connect(settings(&[("url", requested)]), &allowed).await;
        assert!(matches!(refused, Err(ConnectError::OriginNotAllowed(_))), "{requested}: {refused:?}");
    }
    for requested in ["https://api.example.com@evil.org", "https://api.example.com/a", "file:///etc/passwd", "api", ""]
    {
        let allowed: AllowedOrigins = "https://api.example.com".parse().expect("origins");
        let refused = provider.connect(settings(&[("url", requested)]), &allowed).await;
        assert!(matches!(refused, Err(ConnectError::InvalidOrigin { .. })), "{requested}: {refused:?}");
    }
}

/// `with_settings` is limited to the origins of the connection.
#[tokio::test]
async fn with_settings_reaches_no_other_origin() {
    let host = Host::builder().http(client()).build().expect("a host");
    let evil = Case::origin_that_is_not_granted.of(handover_tests::EVIL).expect("the slot");
    let provider = host.load(&evil).await.expect("the component loads");
    let allowed: AllowedOrigins = "https://api.example.com, https://api.example.org".parse().expect("origins");
    let connection =
        provider.connect(settings(&[("url", "https://api.example.com")]), &allowed).await.expect("allowed");
    assert!(connection.with_settings(settings(&[("url", "https://api.example.com:443/")])).await.is_ok());
    // The operator also allowed the second origin, but it was not granted to this connection.
    for elsewhere in ["https://api.example.org", "https://evil.org", "http://api.example.com"] {
        let refused = connection.with_settings(settings(&[("url", elsewhere)])).await;
        assert!(matches!(refused, Err(ConnectError::OriginNotAllowed(_))), "{elsewhere}: {refused:?}");
    }
}

/// The client refuses names that resolve to this machine or its network, except `localhost`, which cannot mean anything
/// else.
#[tokio::test]
async fn refuses_names_that_resolve_to_private_addresses() {
    let (port, count) = counting_server().await;
    assert_eq!(get(&format!("http://localhost:{port}/")).await, Ok(204));
    assert_eq!(get(&format!("http://LOCALHOST:{port}/")).await, Ok(204));
    assert_eq!(count.load(Ordering::SeqCst), 2);
    let this_machine = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    for name in ["localhost.", "ip6-localhost", "ip6-loopback", this_machine.trim()] {
        if !name.is_empty() {
            assert_eq!(get(&format!("http://{name}:{port}/")).await, Err(TransportError::Unreachable), "{name}");
        }
    }
    assert_eq!(count.load(Ordering::SeqCst), 2, "a refused name was dialed");
}

/// The certificate has the right name but is not signed by a trusted authority.
#[tokio::test]
async fn refuses_an_untrusted_certificate() {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../tls/localhost.crt")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../tls/localhost.key")).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("a matching certificate and key")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let received = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut bytes = Vec::new();
        if let Ok(mut stream) = acceptor.accept(stream).await {
            let _ = stream.read_to_end(&mut bytes).await;
        }
        bytes
    });
    assert_eq!(get(&format!("https://localhost:{port}/secret")).await, Err(TransportError::Unreachable));
    assert_eq!(received.await.expect("no panic"), b"", "the client sent data");
}

/// Runs a test in a separate process that has proxy variables in its environment.
#[test]
fn ignores_the_proxy_of_the_environment() {
    let executable = std::env::current_exe().expect("a path");
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", proxy.local_addr().expect("an address"));
    let mut command = std::process::Command::new(executable);
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(variable, &url);
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = command
        .args(["--exact", "egress::request_with_a_proxy", "--ignored", "--nocapture"])
        .output()
        .expect("the test runs");
    let stdout = String::from_utf8_lossy(&output.stdout);
    // A filter that matches nothing succeeds as well.
    assert!(output.status.success() && stdout.contains("test result: ok. 1 passed"), "{stdout}");
    proxy.set_nonblocking(true).expect("a nonblocking listener");
    assert!(proxy.accept().is_err(), "the client connected to the proxy");
}

#[tokio::test]
#[ignore = "run by ignores_the_proxy_of_the_environment"]
async fn request_with_a_proxy() {
    let (port, count) = counting_server().await;
    assert_eq!(get(&format!("http://127.0.0.1:{port}/")).await, Ok(204));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
