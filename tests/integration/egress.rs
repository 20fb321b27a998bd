//! Where a plugin's requests can go: what the operator allowed, by the connection that the host makes, and nowhere else.

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

/// Counts who connects, and answers 204.
async fn listener() -> (u16, Arc<AtomicUsize>) {
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

/// What an operator allows is compared with where the settings lead: as origins, not as text.
#[tokio::test]
async fn what_was_not_allowed_is_not_lent() {
    let host = Host::builder().http(client()).build().expect("a host");
    let evil = Case::origin_that_is_not_granted.of(handover_tests::EVIL).expect("the slot");
    let provider = host.load(&evil).await.expect("it loads");
    for (allowed, wanted) in [
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
        let refused = provider.connect(settings(&[("url", wanted)]), &allowed).await;
        assert!(matches!(refused, Err(ConnectError::OriginNotAllowed(_))), "{wanted}: {refused:?}");
    }
    for wanted in ["https://api.example.com@evil.org", "https://api.example.com/a", "file:///etc/passwd", "api", ""] {
        let allowed: AllowedOrigins = "https://api.example.com".parse().expect("origins");
        let refused = provider.connect(settings(&[("url", wanted)]), &allowed).await;
        assert!(matches!(refused, Err(ConnectError::InvalidOrigin { .. })), "{wanted}: {refused:?}");
    }
}

/// Other settings of a connection lead where its own lead.
#[tokio::test]
async fn other_settings_lead_nowhere_else() {
    let host = Host::builder().http(client()).build().expect("a host");
    let evil = Case::origin_that_is_not_granted.of(handover_tests::EVIL).expect("the slot");
    let provider = host.load(&evil).await.expect("it loads");
    let allowed: AllowedOrigins = "https://api.example.com, https://api.example.org".parse().expect("origins");
    let connection =
        provider.connect(settings(&[("url", "https://api.example.com")]), &allowed).await.expect("allowed");
    assert!(connection.with_settings(settings(&[("url", "https://api.example.com:443/")])).await.is_ok());
    // The operator allowed the second one as well, and this connection was not lent it.
    for elsewhere in ["https://api.example.org", "https://evil.org", "http://api.example.com"] {
        let refused = connection.with_settings(settings(&[("url", elsewhere)])).await;
        assert!(matches!(refused, Err(ConnectError::OriginNotAllowed(_))), "{elsewhere}: {refused:?}");
    }
}

/// A name that leads to this machine, or to its network, is dialled under no spelling but the one that can mean nothing else.
#[tokio::test]
async fn a_name_leads_to_public_addresses_only() {
    let (port, count) = listener().await;
    assert_eq!(get(&format!("http://localhost:{port}/")).await, Ok(204));
    assert_eq!(get(&format!("http://LOCALHOST:{port}/")).await, Ok(204));
    assert_eq!(count.load(Ordering::SeqCst), 2);
    let this_machine = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    for name in ["localhost.", "ip6-localhost", "ip6-loopback", this_machine.trim()] {
        if !name.is_empty() {
            assert_eq!(get(&format!("http://{name}:{port}/")).await, Err(TransportError::Unreachable), "{name}");
        }
    }
    assert_eq!(count.load(Ordering::SeqCst), 2, "nobody was dialled");
}

/// The certificate is for the right name, and nobody vouches for it.
#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../tls/localhost.crt")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../tls/localhost.key")).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("they belong together")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let asked = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut bytes = Vec::new();
        if let Ok(mut stream) = acceptor.accept(stream).await {
            let _ = stream.read_to_end(&mut bytes).await;
        }
        bytes
    });
    assert_eq!(get(&format!("https://localhost:{port}/secret")).await, Err(TransportError::Unreachable));
    assert_eq!(asked.await.expect("it ends"), b"", "nothing was said to it");
}

/// In a process of its own, with a proxy in its environment.
#[test]
fn no_proxy_of_the_environment_is_asked() {
    let own = std::env::current_exe().expect("a path");
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", proxy.local_addr().expect("an address"));
    let mut command = std::process::Command::new(own);
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(variable, &url);
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy");
    let output =
        command.args(["--exact", "egress::with_a_proxy", "--ignored", "--nocapture"]).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout);
    // A filter that matches nothing succeeds as well.
    assert!(output.status.success() && told.contains("test result: ok. 1 passed"), "{told}");
    proxy.set_nonblocking(true).expect("it can be set");
    assert!(proxy.accept().is_err(), "the proxy was asked");
}

#[tokio::test]
#[ignore = "run by no_proxy_of_the_environment_is_asked"]
async fn with_a_proxy() {
    let (port, count) = listener().await;
    assert_eq!(get(&format!("http://127.0.0.1:{port}/")).await, Ok(204));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}
