//! Checks, compares and encodes URLs that Genesys Cloud calls or fetches.

use alloc::{format, string::String};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An absolute `http` or `https` URL without user information, in its parts (RFC 3986, section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl<'a> {
    https: bool,
    /// In lower case. An IPv6 address has brackets.
    host: String,
    /// `None` for the scheme's default port.
    port: Option<u16>,
    /// Begins with `/` or `?`, or is empty. Does not contain the fragment.
    path_and_query: &'a str,
    has_fragment: bool,
}

impl<'a> PublicUrl<'a> {
    /// Parses a URL. Returns `None` for anything but an absolute `http` or `https` URL with a host and without user
    /// information.
    pub(crate) fn parse(url: &'a str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let https = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") => true,
            _ if scheme.eq_ignore_ascii_case("http") => false,
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (path_and_query, fragment) = path.split_at(path.find('#').unwrap_or(path.len()));
        if authority.contains(['@', '\\']) {
            return None;
        }
        let after_address = authority.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match authority.get(after_address..)?.rsplit_once(':') {
            None => (authority, None),
            Some((_, "")) => (authority.strip_suffix(':')?, None),
            Some((_, digits)) => {
                let port: u16 = digits.parse().ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
                (authority.get(..authority.len() - digits.len() - 1)?, Some(port))
            }
        };
        if host.is_empty() || host.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let port = port.filter(|port| *port != if https { 443 } else { 80 });
        let has_fragment = !fragment.is_empty();
        Some(Self { https, host: host.to_lowercase(), port, path_and_query, has_fragment })
    }

    /// Returns the form that all equivalent spellings of the URL share.
    fn canonical(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        let port = self.port.map_or_else(String::new, |port| format!(":{port}"));
        // An empty path is `/` (RFC 3986, section 6.2.3).
        let slash = if self.path_and_query.starts_with('/') { "" } else { "/" };
        format!("{scheme}://{}{port}{slash}{}", self.host, self.path_and_query)
    }

    /// Returns whether the host is reachable only from its own network or machine.
    pub(crate) fn has_private_host(&self) -> bool {
        let name = self.host.trim_end_matches('.');
        let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        if let Ok(address) = address.parse::<IpAddr>() {
            return is_private(address);
        }
        // A name that ends in a number is an unusual form of an address (URL Standard, "ends in a number").
        let last = name.rsplit('.').next().unwrap_or(name);
        if last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit()) {
            return true;
        }
        // Names reserved for private use (RFC 6761, RFC 6762, RFC 8375), and names without a domain.
        const PRIVATE: [&str; 6] = [".localhost", ".local", ".internal", ".home.arpa", ".test", ".invalid"];
        !name.contains('.') || PRIVATE.iter().any(|suffix| name.ends_with(suffix))
    }
}

/// Returns whether an address is in a special-purpose block that no public network routes (IANA registries, RFC 6890).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => is_private_v4(address),
            None => is_private_v6(address),
        },
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || first == 0
        // Carrier-grade NAT (RFC 6598).
        || (first == 100 && (64..128).contains(&second))
        // Benchmarks (RFC 2544), multicast and reserved addresses.
        || (first == 198 && matches!(second, 18 | 19))
        || first >= 224
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast()
        || (first == 0x2001 && second == 0xdb8)
}

/// Returns why Genesys Cloud cannot call a webhook URL, or `None` if it can. It calls only `https` on port 443 ("Open
/// Messaging integrations" of the Resource Center).
pub(crate) fn webhook_url_problem(url: &str) -> Option<&'static str> {
    let Some(parsed) = PublicUrl::parse(url) else {
        return Some("it is not an absolute https URL without a user name");
    };
    match () {
        () if !url.bytes().all(|byte| byte.is_ascii_graphic()) => Some("it has characters that a URL must encode"),
        () if !parsed.https => Some("it is not https"),
        () if parsed.port.is_some() => Some("it names a port other than 443"),
        () if parsed.has_fragment => Some("it has a fragment"),
        () if parsed.has_private_host() => Some("its host is private: only its own network can reach it"),
        () => None,
    }
}

/// Returns whether two URLs are spellings of the same URL, which may differ in the case of the host, an explicit
/// default port, and an empty path.
pub(crate) fn is_same_url(one: &str, other: &str) -> bool {
    match (PublicUrl::parse(one), PublicUrl::parse(other)) {
        (Some(one), Some(other)) => one.canonical() == other.canonical(),
        _ => one == other,
    }
}

/// The maximum length of an encoded URL, in bytes. Genesys documents no limit; presigned URLs have several thousand
/// bytes.
const MAX_BYTES: usize = 8192;

/// Returns the URL of a file in the form in which Genesys can fetch it, with all invalid characters percent-encoded.
/// Returns `None` if there is no such form: for other schemes, a user name, control characters, more than 8192 bytes,
/// or a non-ASCII host, which only DNS can encode.
pub(crate) fn fetchable(url: &str) -> Option<String> {
    let url = Some(url.trim()).filter(|url| !url.chars().any(char::is_control))?;
    let url = encoded(url);
    (url.len() <= MAX_BYTES && url.is_ascii() && !url.contains('\\') && PublicUrl::parse(&url).is_some()).then_some(url)
}

/// Percent-encodes the characters that a URL must not contain, such as non-ASCII characters and spaces (RFC 3987,
/// section 3.1). The origin stays unchanged.
fn encoded(url: &str) -> String {
    let path = url.find("://").map_or(0, |at| at + 3);
    let path = url.get(path..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(url.len(), |at| path + at);
    let (origin, rest) = url.split_at(path);
    let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let mut encoded = String::from(origin);
    for (part, unencoded) in [(path, UNENCODED_IN_PATH), (query, UNENCODED)] {
        let mut rest = part;
        while let Some((before, behind)) = rest.split_once('%') {
            encoded.extend(percent_encoding::utf8_percent_encode(before, unencoded));
            let is_escape = behind.get(..2).is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
            encoded.push_str(if is_escape { "%" } else { "%25" });
            rest = behind;
        }
        encoded.extend(percent_encoding::utf8_percent_encode(rest, unencoded));
    }
    encoded
}

/// The ASCII characters that RFC 3986 allows nowhere in a URL, except `%`.
const UNENCODED: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Also encodes brackets. In a path, they are part of a file name; in a query, servers interpret them.
const UNENCODED_IN_PATH: &percent_encoding::AsciiSet = &UNENCODED.add(b'[').add(b']');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requires_https_on_port_443_and_a_public_host() {
        for url in [
            "https://bot.example.com/hook",
            "https://bot.example.com",
            "https://bot.example.com:443/hook?tenant=acme",
            "HTTPS://BOT.example.com./hook",
            "https://8.8.8.8/hook",
            "https://[2606:4700::1111]/hook",
        ] {
            assert_eq!(webhook_url_problem(url), None, "{url}");
        }
        for url in [
            "",
            "bot.example.com/hook",
            "ftp://bot.example.com",
            "http://bot.example.com/hook",
            "https://bot.example.com:8443/hook",
            "https://bot.example.com:80/hook",
            "https://bot.example.com:https/hook",
            "https://bot.example.com:+443/hook",
            "https:///hook",
            "https://ada:secret@bot.example.com/hook",
            "https://bot.example.com\\@evil.example.com/",
            "https://bot.example.com/a hook",
            "https://bot.example.com/höok",
            "https://bücher.example.com/",
            "https://bot.example.com/#hook",
            "https://localhost/hook",
            "https://bot/hook",
            "https://bot.local/hook",
            "https://bot.corp.internal/hook",
            "https://127.0.0.1/hook",
            "https://127.1/hook",
            "https://0x7f.1/hook",
            "https://10.0x1/hook",
            "https://10.1.2.3/hook",
            "https://172.16.0.1/hook",
            "https://192.168.0.1/hook",
            "https://100.64.0.1/hook",
            "https://169.254.169.254/hook",
            "https://0.0.0.0/hook",
            "https://[::1]/hook",
            "https://[fd00::1]/hook",
            "https://[fe80::1]/hook",
            "https://[::ffff:10.0.0.1]/hook",
        ] {
            assert!(webhook_url_problem(url).is_some(), "{url}");
        }
    }

    #[test]
    fn recognizes_two_spellings_of_one_url() {
        for (one, other) in [
            ("https://bot.example.com", "https://bot.example.com/"),
            ("https://bot.example.com:443/hook", "https://bot.example.com/hook"),
            ("https://BOT.example.com/hook", "https://bot.EXAMPLE.com/hook"),
            ("https://bot.example.com?tenant=a", "https://bot.example.com/?tenant=a"),
            ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ] {
            assert!(is_same_url(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("https://bot.example.com/hook", "https://bot.example.com/Hook"),
            ("https://bot.example.com/hook", "https://bot.example.com/hook/"),
            ("https://bot.example.com/hook?a", "https://bot.example.com/hook"),
            ("https://bot.example.com:8443/", "https://bot.example.com/"),
            ("http://bot.example.com/", "https://bot.example.com/"),
        ] {
            assert!(!is_same_url(one, other), "{one} {other}");
        }
    }

    #[test]
    fn percent_encodes_invalid_characters_once() {
        for (url, expected) in [
            ("https://files.example.com/my invoice.pdf", "https://files.example.com/my%20invoice.pdf"),
            ("https://files.example.com/Übersicht.pdf", "https://files.example.com/%C3%9Cbersicht.pdf"),
            ("https://files.example.com/a%20b?x={1}|é", "https://files.example.com/a%20b?x=%7B1%7D%7C%C3%A9"),
            ("https://files.example.com/a?sig=a+b/c==&x=[1]", "https://files.example.com/a?sig=a+b/c==&x=[1]"),
            ("https://files.example.com", "https://files.example.com"),
            ("https://files.example.com/100% sure.pdf", "https://files.example.com/100%25%20sure.pdf"),
            ("https://files.example.com/100%", "https://files.example.com/100%25"),
            ("https://files.example.com/50%é", "https://files.example.com/50%25%C3%A9"),
            ("https://files.example.com/scan [1].pdf", "https://files.example.com/scan%20%5B1%5D.pdf"),
            ("https://[::1]/ä", "https://[::1]/%C3%A4"),
        ] {
            assert_eq!(fetchable(url).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn accepts_only_public_http_urls_as_fetchable() {
        for url in ["https://files.example.com/a.pdf", " HTTP://files.example.com:8080?x=1 "] {
            assert_eq!(fetchable(url).as_deref(), Some(url.trim()), "{url}");
        }
        let long = format!("https://example.com/{}", "a".repeat(MAX_BYTES));
        for url in [
            "",
            "files.example.com",
            "file:///etc/passwd",
            "data:text/plain,hi",
            "https://",
            "https:///a",
            "https://ada:secret@example.com/",
            "https://example.com/a\nb",
            "ftp://example.com/",
            "https://example.com\\a",
            "https://exam ple.com/",
            "https://bücher.example/a.pdf",
            &long,
        ] {
            assert_eq!(fetchable(url), None, "{url}");
        }
    }
}
