//! URLs of files, which the contact center fetches from outside.

use handover_host::is_public;
use url::{Host, Url};

/// Returns why a contact center may be unable to fetch files from a URL. It does not resolve names, because a name may
/// have another address at the contact center.
#[must_use]
pub fn why_unfetchable(address: &str) -> Option<&'static str> {
    // Reserved for private use: RFC 6761, RFC 6762, RFC 8375.
    const PRIVATE: [&str; 6] = [".localhost", ".local", ".internal", ".home.arpa", ".test", ".invalid"];
    let url = Url::parse(address).ok()?;
    match url.host()? {
        Host::Ipv4(address) if !is_public(address.into()) => Some("its host is not a public address"),
        Host::Ipv6(address) if !is_public(address.into()) => Some("its host is not a public address"),
        Host::Domain(name)
            if !name.contains('.') || PRIVATE.iter().any(|suffix| name.trim_end_matches('.').ends_with(suffix)) =>
        {
            Some("its host is not a public name")
        }
        _ => (url.scheme() != "https").then_some("it is not https"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_why_a_file_cannot_be_fetched() {
        for public in ["https://chat.example.com", "https://8.8.8.8:8443", "https://[2606:4700::1111]"] {
            assert_eq!(why_unfetchable(public), None, "{public}");
        }
        for (origin, reason) in [
            ("http://chat.example.com", "it is not https"),
            ("http://127.0.0.1:8080", "its host is not a public address"),
            ("http://chat.example.com/a.pdf?x=1", "it is not https"),
            ("https://10.1.2.3", "its host is not a public address"),
            ("https://169.254.169.254", "its host is not a public address"),
            ("https://[fd00::1]", "its host is not a public address"),
            ("https://[::ffff:192.168.1.1]", "its host is not a public address"),
            ("https://localhost", "its host is not a public name"),
            ("https://chat.localhost", "its host is not a public name"),
            ("https://chat.internal", "its host is not a public name"),
            ("https://intranet", "its host is not a public name"),
        ] {
            assert_eq!(why_unfetchable(origin), Some(reason), "{origin}");
        }
    }
}
