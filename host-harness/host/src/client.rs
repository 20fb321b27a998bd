//! The HTTP transport.

use crate::http::{Transport, TransportError};
use async_trait::async_trait;
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The limits of an HTTP exchange.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpClientLimits {
    /// The timeout for connecting, including TLS.
    pub connect: Duration,
    /// The timeout for each part of the response, including the first.
    pub read: Duration,
    /// The timeout for the whole exchange, from the first byte sent to the last byte received.
    pub total: Duration,
    /// The maximum size of a response's body, in bytes.
    pub response: usize,
}

impl Default for HttpClientLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(15),
            total: Duration::from_secs(30),
            response: 4 << 20,
        }
    }
}

/// An HTTP client (reqwest on rustls). It follows no redirect, uses no proxy, verifies certificates, and connects to a
/// host name only at public addresses. An address that the operator configured is used as it is.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    limits: HttpClientLimits,
}

/// The client cannot be created.
#[derive(Debug, thiserror::Error)]
#[error(
    "the HTTP client cannot be set up: {0}. It needs the system's certificates: install them (Debian: ca-certificates), or \
     set SSL_CERT_FILE"
)]
pub struct HttpClientError(#[source] reqwest::Error);

impl HttpClient {
    /// Creates a client with these limits.
    ///
    /// # Errors
    /// The TLS library or the system's certificates are not available.
    pub fn new(limits: HttpClientLimits) -> Result<Self, HttpClientError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .dns_resolver(Arc::new(PublicAddresses))
            .connect_timeout(limits.connect)
            .read_timeout(limits.read)
            .timeout(limits.total)
            .user_agent(concat!("handover-host/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(HttpClientError)?;
        Ok(Self { client, limits })
    }
}

#[async_trait]
impl Transport for HttpClient {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(|error| classify(&error))?;
        let mut response = self.client.execute(request).await.map_err(|error| classify(&error))?;
        let mut answer = http::Response::new(Vec::new());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
            if answer.body().len() + chunk.len() > self.limits.response {
                return Err(TransportError::TooLarge);
            }
            answer.body_mut().extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

fn classify(error: &reqwest::Error) -> TransportError {
    // The URL may contain personal data, so only the cause is logged.
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::debug!(cause, "an exchange failed");
    if error.is_connect() || error.is_builder() {
        TransportError::Unreachable
    } else if error.is_timeout() {
        TransportError::TimedOut
    } else {
        TransportError::Interrupted
    }
}

/// Resolves a name once and returns only its public addresses, so the client connects to no others. `localhost` is the
/// exception: it names this machine (RFC 6761, section 6.3), so an operator who allows it intends that.
struct PublicAddresses;

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let local = name.as_str().eq_ignore_ascii_case("localhost");
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let is_allowed =
                |address: &SocketAddr| if local { address.ip().is_loopback() } else { is_public(address.ip()) };
            let addresses: Vec<_> = found.filter(is_allowed).collect();
            if addresses.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Address blocks that are not public: the special-purpose registries of IANA (RFC 6890 and its successors), multicast
/// and reserved blocks.
static SPECIAL_PURPOSE: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/8", // unspecified, loopback, IPv4-compatible
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23", // Teredo, ORCHID and other assignments of the IETF
        "2001:db8::/32",
        "2002::/16", // 6to4 carries any IPv4 address
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    ]
    .iter()
    .filter_map(|network| network.parse().ok())
    .collect()
});

/// Returns whether an address is reachable from the public internet: it is in none of the special-purpose blocks of
/// IANA's registries (RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    // An IPv4 address mapped to IPv6, or behind a translator (RFC 6052), counts as the IPv4 address.
    let address = match address.to_canonical() {
        IpAddr::V6(v6) => match v6.segments() {
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                let [a, b] = high.to_be_bytes();
                let [c, d] = low.to_be_bytes();
                IpAddr::from([a, b, c, d])
            }
            _ => IpAddr::V6(v6),
        },
        v4 => v4,
    };
    !SPECIAL_PURPOSE.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases that the hosts for other languages test too.
    fn addresses(name: &str) -> Vec<IpAddr> {
        let mut file: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/hosts/egress.json")).expect("the file is JSON");
        serde_json::from_value(file[name].take()).expect("the cases are addresses")
    }

    #[test]
    fn distinguishes_public_and_special_purpose_addresses() {
        for public in addresses("public-addresses") {
            assert!(is_public(public), "{public}");
        }
        for special in addresses("special-purpose-addresses") {
            assert!(!is_public(special), "{special}");
        }
    }
}
