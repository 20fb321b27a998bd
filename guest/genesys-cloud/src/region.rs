//! Derives the hosts of a region from the setting *Host*.
//!
//! Operators paste the URL of the login page, of the user interface or of the API. All of these identify the region.

use alloc::{format, string::String};

/// AWS regions and base domains, as Genesys's own SDKs list them (`PureCloudRegionHosts`). Genesys adds regions, so an
/// unlisted domain is not an error.
const REGIONS: [(&str, &str); 18] = [
    ("us-east-1", "mypurecloud.com"),
    ("us-east-2", "use2.us-gov-pure.cloud"),
    ("us-west-2", "usw2.pure.cloud"),
    ("ca-central-1", "cac1.pure.cloud"),
    ("mx-central-1", "mxc1.pure.cloud"),
    ("sa-east-1", "sae1.pure.cloud"),
    ("eu-west-1", "mypurecloud.ie"),
    ("eu-west-2", "euw2.pure.cloud"),
    ("eu-central-1", "mypurecloud.de"),
    ("eu-central-2", "euc2.pure.cloud"),
    ("eusc-de-east-1", "edee1.eusc-pure.cloud"),
    ("me-central-1", "mec1.pure.cloud"),
    ("ap-south-1", "aps1.pure.cloud"),
    ("ap-northeast-1", "mypurecloud.jp"),
    ("ap-northeast-2", "apne2.pure.cloud"),
    ("ap-northeast-3", "apne3.pure.cloud"),
    ("ap-southeast-1", "apse1.pure.cloud"),
    ("ap-southeast-2", "mypurecloud.com.au"),
];

/// The first labels of hosts that name a service of the region.
const SERVICES: [&str; 5] = ["apps.", "login.", "api.", "api-downloads.", "developer."];

/// The origins of a region's services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The origin of the API.
    pub api: String,
    /// The origin of OAuth.
    pub login: String,
    /// Whether Genesys lists the region, or it is this machine.
    pub known: bool,
}

impl Region {
    /// Returns whether these are Genesys Cloud's own hosts. A proxy or a local Genesys Cloud has one origin for both
    /// services.
    #[must_use]
    pub fn is_genesys_cloud(&self) -> bool {
        self.api != self.login
    }
}

/// Returns the region that the operator entered, or `None` if the text does not contain a valid host name.
///
/// A host with a port, or on this machine, is a proxy or a local Genesys Cloud: it is the origin of both services.
#[must_use]
pub fn normalize(entered: &str) -> Option<Region> {
    let lower = entered.trim().to_ascii_lowercase();
    let (scheme, authority) = lower.split_once("://").map_or(("", lower.as_str()), |(scheme, rest)| (scheme, rest));
    let authority = authority.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let (host, port) = split_port(authority)?;

    let local = host == "localhost" || host == "[::1]" || is_loopback_v4(host);
    if !local && !is_host_name(host) {
        return None;
    }
    // In a URL, a host that ends in a number is an IPv4 address (URL Standard, "ends in a number").
    let last_label = host.rsplit('.').next().unwrap_or(host);
    let is_number = last_label.starts_with("0x") || last_label.bytes().all(|byte| byte.is_ascii_digit());
    if !local && is_number && (port.is_none() || !is_gateway_v4(host)) {
        return None;
    }
    // The scheme's default port is ignored.
    let port = port.filter(|port| !matches!((scheme, port), ("https" | "", 443) | ("http", 80)));
    if local || port.is_some() {
        let scheme = if local && scheme != "https" { "http" } else { "https" };
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        let origin = format!("{scheme}://{host}{port}");
        return Some(Region { api: origin.clone(), login: origin, known: local });
    }

    let host = SERVICES.iter().find_map(|service| host.strip_prefix(service)).unwrap_or(host);
    let listed = REGIONS.iter().find(|(region, base)| *region == host || *base == host);
    let base = match listed {
        Some((_, base)) => base,
        None if host.contains('.') => host,
        None => return None,
    };
    Some(Region { api: format!("https://api.{base}"), login: format!("https://login.{base}"), known: listed.is_some() })
}

/// Returns the host and the port. An IPv6 address keeps its brackets.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let after_address = authority.rfind(']').map_or(0, |at| at + 1);
    match authority.get(after_address..)?.rsplit_once(':') {
        None => Some((authority, None)),
        Some((_, port)) => {
            let host = authority.get(..authority.len() - port.len() - 1)?;
            // A port out of range, or none after the colon, is a mistake that the operator should see.
            Some((host, Some(port.parse().ok().filter(|port| *port != 0)?)))
        }
    }
}

/// Returns whether a proxy may have this address. Link-local addresses belong to the metadata services of machines.
fn is_gateway_v4(host: &str) -> bool {
    host.parse::<core::net::Ipv4Addr>().is_ok_and(|address| {
        !address.is_link_local() && !address.is_unspecified() && !address.is_multicast() && !address.is_broadcast()
    })
}

fn is_loopback_v4(host: &str) -> bool {
    host.parse::<core::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Returns whether a text is a host name (RFC 1123, section 2.1). Genesys has only ASCII host names, so an `xn--` label
/// is a mistake.
fn is_host_name(host: &str) -> bool {
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with("xn--")
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(entered: &str) -> (String, String) {
        let region = normalize(entered).expect(entered);
        (region.api, region.login)
    }

    #[test]
    fn accepts_every_common_form_of_a_region() {
        for entered in [
            "mypurecloud.de",
            " MyPureCloud.de ",
            "https://login.mypurecloud.de/",
            "https://apps.mypurecloud.de/directory/#/admin",
            "http://api.mypurecloud.de",
            "developer.mypurecloud.de",
            "https://user@api-downloads.mypurecloud.de/x?y=z",
            "eu-central-1",
            "https://login.mypurecloud.de:443/oauth/token",
            "http://api.mypurecloud.de:80",
        ] {
            assert_eq!(
                hosts(entered),
                ("https://api.mypurecloud.de".into(), "https://login.mypurecloud.de".into()),
                "{entered}"
            );
        }
    }

    #[test]
    fn knows_every_region_by_key_and_domain() {
        // A second copy of the SDKs' table, because a wrong entry in the first one would send secrets to another host.
        let published = "us-east-1 mypurecloud.com us-east-2 use2.us-gov-pure.cloud us-west-2 usw2.pure.cloud \
             ca-central-1 cac1.pure.cloud mx-central-1 mxc1.pure.cloud sa-east-1 sae1.pure.cloud \
             eu-west-1 mypurecloud.ie eu-west-2 euw2.pure.cloud eu-central-1 mypurecloud.de \
             eu-central-2 euc2.pure.cloud eusc-de-east-1 edee1.eusc-pure.cloud me-central-1 mec1.pure.cloud \
             ap-south-1 aps1.pure.cloud ap-northeast-1 mypurecloud.jp ap-northeast-2 apne2.pure.cloud \
             ap-northeast-3 apne3.pure.cloud ap-southeast-1 apse1.pure.cloud ap-southeast-2 mypurecloud.com.au";
        let words: Vec<_> = published.split_whitespace().collect();
        assert_eq!(words.len(), 36);
        for pair in words.chunks(2) {
            let expected = (format!("https://api.{}", pair[1]), format!("https://login.{}", pair[1]));
            assert_eq!(hosts(pair[0]), expected);
            assert_eq!(hosts(pair[1]), expected);
            assert!(normalize(pair[1]).expect("listed").known);
        }
    }

    #[test]
    fn accepts_a_new_region_as_unknown() {
        let region = normalize("login.afs1.pure.cloud").expect("a host name");
        assert_eq!((region.api.as_str(), region.known), ("https://api.afs1.pure.cloud", false));
    }

    #[test]
    fn an_address_with_a_port_is_the_origin_of_both_apis() {
        let one = |entered, origin: &str| assert_eq!(hosts(entered), (origin.into(), origin.into()), "{entered}");
        one("http://127.0.0.1:8080", "http://127.0.0.1:8080");
        one("127.0.0.1:8080", "http://127.0.0.1:8080");
        one("http://localhost", "http://localhost");
        one("http://[::1]:8080/x", "http://[::1]:8080");
        one("https://localhost:8443", "https://localhost:8443");
        one("genesys-gateway.example.com:8443", "https://genesys-gateway.example.com:8443");
        one("10.0.0.5:8443", "https://10.0.0.5:8443");
    }

    #[test]
    fn refuses_invalid_hosts() {
        for entered in [
            "",
            "  ",
            "https://",
            "no spaces.com",
            "localghost",
            "a..b",
            "-a.com",
            "a.com:0",
            "a.com:99999",
            "a.com:",
            "[::2]:1",
            "ä.de",
            "169.254.169.254",
            "169.254.169.254:80",
            "http://169.254.169.254/latest/meta-data",
            "api.169.254.169.254",
            "10.0.0.5",
            "0.0.0.0:8080",
            "2852039166:80",
            "0xa9fea9fe:80",
            "a.1",
            "example.0x10:8443",
        ] {
            assert_eq!(normalize(entered), None, "{entered}");
        }
    }
}
