//! The places that plugins may talk to: what the operator allowed, and nothing else.

use crate::contract::Origin;
use std::collections::BTreeMap;
use std::str::FromStr;
use url::Url;

/// The origins that an operator allows a plugin to reach. Exact: scheme, host and port. The empty list denies all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Vec<url::Origin>);

/// This is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{entered}` is no origin: {why}; write a scheme, a host and, if need be, a port: https://api.example.com")]
pub struct InvalidOrigin {
    entered: String,
    why: String,
}

impl AllowedOrigins {
    /// No origin.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds an origin such as `https://api.example.com` or `http://127.0.0.1:8080`.
    ///
    /// A host that is an address stands for that address, private ones included. A host that is a name is looked up
    /// at each connection, and only public addresses are dialled ([`HttpClient`](crate::HttpClient)).
    ///
    /// # Errors
    /// What is no origin: a path, a user, another scheme than `http` and `https`.
    pub fn allow(mut self, origin: &str) -> Result<Self, InvalidOrigin> {
        self.0.push(parse(origin)?.origin());
        Ok(self)
    }

    /// Allows the origins that a provider derived from settings: for whoever trusts the settings and the provider.
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

    /// A list, separated by commas or blanks.
    fn from_str(list: &str) -> Result<Self, InvalidOrigin> {
        list.split([',', ' ']).filter(|origin| !origin.is_empty()).try_fold(Self::none(), Self::allow)
    }
}

/// The origins that one connection is lent, by the provider's names for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct LentOrigins(BTreeMap<String, Url>);

/// Why an origin is not lent.
pub(crate) enum NotLent {
    NotAllowed,
    Invalid(String),
}

impl LentOrigins {
    pub(crate) fn lend(&mut self, origin: &Origin, allowed: &AllowedOrigins) -> Result<(), NotLent> {
        let url = parse(&origin.url).map_err(|invalid| NotLent::Invalid(invalid.why))?;
        if !allowed.contains(&url) {
            return Err(NotLent::NotAllowed);
        }
        self.0.insert(origin.name.clone(), url);
        Ok(())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Url> {
        self.0.get(name)
    }

    /// Those that were allowed to be lent.
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
        return Err(invalid("there is more than an origin"));
    }
    if url.host().is_none() {
        return Err(invalid("there is no host"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lent(allowed: &str, url: &str) -> bool {
        let allowed = allowed.parse::<AllowedOrigins>().expect(allowed);
        LentOrigins::default().lend(&Origin { name: "api".into(), url: url.into() }, &allowed).is_ok()
    }

    #[test]
    fn an_origin_is_allowed_exactly_or_not_at_all() {
        assert!(lent("https://api.example.com", "https://api.example.com"));
        assert!(lent("https://api.example.com", "https://API.example.com:443/"));
        assert!(lent("https://a.example, http://127.0.0.1:8080", "http://127.0.0.1:8080"));
        for other in [
            "http://api.example.com",
            "https://api.example.com:8443",
            "https://evil.example.com",
            "https://api.example.com.evil.org",
            "https://api.example.com@evil.org",
            "https://xapi.example.com",
        ] {
            assert!(!lent("https://api.example.com", other), "{other}");
        }
        assert!(!lent("", "https://api.example.com"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for entered in
            ["api.example.com", "ftp://a.b", "https://a.b/c", "https://u@a.b", "https://a.b?c", "https://", "*"]
        {
            assert!(AllowedOrigins::none().allow(entered).is_err(), "{entered}");
        }
    }
}
