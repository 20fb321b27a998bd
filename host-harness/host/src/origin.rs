//! The origins that providers can reach.

use crate::contract::Origin;
use std::collections::BTreeMap;
use std::str::FromStr;
use url::Url;

/// The origins that an operator allows: scheme, host and port, compared exactly. An empty list denies all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Vec<url::Origin>);

/// The text is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{entered}` is not an origin: {why}; expected scheme, host and optional port, such as https://api.example.com"
)]
pub struct InvalidOrigin {
    entered: String,
    why: String,
}

impl AllowedOrigins {
    /// Allows no origin.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds an origin such as `https://api.example.com` or `http://127.0.0.1:8080`.
    ///
    /// A host that is an IP address is used as it is, even if it is private. A host name is resolved for each
    /// connection, and only public addresses are used ([`HttpClient`](crate::HttpClient)).
    ///
    /// # Errors
    /// The text has a path or a user, or a scheme other than `http` and `https`.
    pub fn allow(mut self, origin: &str) -> Result<Self, InvalidOrigin> {
        self.0.push(parse(origin)?.origin());
        Ok(self)
    }

    /// Allows the origins that a provider derived from settings. Use it only if you trust the settings and the
    /// provider.
    #[must_use]
    pub fn from_settings(origins: &[Origin]) -> Self {
        Self(origins.iter().filter_map(|origin| Some(parse(&origin.url).ok()?.origin())).collect())
    }

    fn contains(&self, url: &Url) -> bool {
        self.0.contains(&url.origin())
    }
}

impl FromStr for AllowedOrigins {
    type Err = InvalidOrigin;

    /// Parses a list separated by commas or spaces.
    fn from_str(list: &str) -> Result<Self, InvalidOrigin> {
        list.split([',', ' ']).filter(|origin| !origin.is_empty()).try_fold(Self::none(), Self::allow)
    }
}

/// The origins granted to a connection, by the provider's names.
#[derive(Clone, Debug, Default)]
pub(crate) struct GrantedOrigins(BTreeMap<String, Url>);

/// Why an origin is not granted.
pub(crate) enum NotGranted {
    NotAllowed,
    Invalid(String),
}

impl GrantedOrigins {
    pub(crate) fn grant(&mut self, origin: &Origin, allowed: &AllowedOrigins) -> Result<(), NotGranted> {
        let url = parse(&origin.url).map_err(|invalid| NotGranted::Invalid(invalid.why))?;
        if !allowed.contains(&url) {
            return Err(NotGranted::NotAllowed);
        }
        self.0.insert(origin.name.clone(), url);
        Ok(())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Url> {
        self.0.get(name)
    }

    /// Returns the granted origins as allowed origins.
    pub(crate) fn allowed(&self) -> AllowedOrigins {
        AllowedOrigins(self.0.values().map(Url::origin).collect())
    }
}

fn parse(entered: &str) -> Result<Url, InvalidOrigin> {
    let invalid = |why: &str| InvalidOrigin { entered: entered.chars().take(100).collect(), why: why.into() };
    let url = Url::parse(entered).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("the scheme is neither http nor https"));
    }
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it has more parts than an origin"));
    }
    if url.host().is_none() {
        return Err(invalid("it has no host"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_granted(allowed: &str, url: &str) -> bool {
        let allowed = allowed.parse::<AllowedOrigins>().expect(allowed);
        GrantedOrigins::default().grant(&Origin { name: "api".into(), url: url.into() }, &allowed).is_ok()
    }

    #[test]
    fn allows_only_the_exact_origin() {
        assert!(is_granted("https://api.example.com", "https://api.example.com"));
        assert!(is_granted("https://api.example.com", "https://API.example.com:443/"));
        assert!(is_granted("https://a.example, http://127.0.0.1:8080", "http://127.0.0.1:8080"));
        for other in [
            "http://api.example.com",
            "https://api.example.com:8443",
            "https://evil.example.com",
            "https://api.example.com.evil.org",
            "https://api.example.com@evil.org",
            "https://xapi.example.com",
        ] {
            assert!(!is_granted("https://api.example.com", other), "{other}");
        }
        assert!(!is_granted("", "https://api.example.com"));
    }

    #[test]
    fn refuses_invalid_origins() {
        for entered in
            ["api.example.com", "ftp://a.b", "https://a.b/c", "https://u@a.b", "https://a.b?c", "https://", "*"]
        {
            assert!(AllowedOrigins::none().allow(entered).is_err(), "{entered}");
        }
    }
}
