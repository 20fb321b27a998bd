//! Access tokens: issue, expiry, revocation and rate limits. No I/O; the time is an argument.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::config::Permission;
use crate::config::Secret;
use crate::wire::error::ApiError;

/// The number of tokens that are kept. The oldest token is removed first and is then unknown.
const MAX_TOKENS: usize = 1_000;

/// The period of the rate limits.
const RATE_WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// An OAuth client.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) permissions: BTreeSet<Permission>,
    pub(crate) token_seconds: u64,
}

/// The caller of a request: the client to which the token was issued.
#[derive(Clone, Debug)]
pub(crate) struct Caller(Arc<Client>);

impl Caller {
    /// Returns the client's id.
    pub(crate) fn client_id(&self) -> &str {
        &self.0.id
    }

    /// Returns an error unless the client's roles grant `permission`.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), ApiError> {
        if self.has(permission) { Ok(()) } else { Err(ApiError::missing_permission(permission.name())) }
    }

    /// Returns an error unless the client's roles grant one of `permissions`.
    pub(crate) fn require_any(&self, permissions: &[Permission]) -> Result<(), ApiError> {
        if permissions.iter().any(|permission| self.has(*permission)) {
            return Ok(());
        }
        let names: Vec<_> = permissions.iter().map(|permission| permission.name()).collect();
        Err(ApiError::missing_any_permission(&names.join(", ")))
    }

    fn has(&self, permission: Permission) -> bool {
        self.0.permissions.contains(&permission)
    }
}

/// Why a token request is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginRefusal {
    /// No client has this id.
    ClientNotFound,
    /// The secret is wrong.
    AuthenticationFailed,
    /// The client sent too many requests in this minute.
    Limited {
        /// The seconds until the end of the minute, at least 1.
        retry_after_seconds: u64,
    },
}

/// Why a token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    /// The token was never issued, was revoked, or is no longer kept.
    Unknown,
    /// The token has expired.
    Expired,
    /// Too many requests were sent in this minute.
    Limited {
        /// The seconds until the end of the minute, at least 1.
        retry_after_seconds: u64,
    },
}

#[derive(Debug)]
struct Token {
    client: Arc<Client>,
    expires_at: Timestamp,
    window: Window,
}

/// The number of requests within a minute.
#[derive(Clone, Copy, Debug)]
struct Window {
    start: Timestamp,
    requests: u32,
}

impl Window {
    fn new(now: Timestamp) -> Self {
        Self { start: now, requests: 0 }
    }

    /// Starts a new minute if the previous one is over. Returns the seconds to wait if `limit` is reached. A `limit` of
    /// 0 means no limit.
    fn wait(&mut self, limit: u32, now: Timestamp) -> Option<u64> {
        let since_start = now.duration_since(self.start);
        if since_start >= RATE_WINDOW {
            *self = Self::new(now);
        }
        if limit == 0 || self.requests < limit {
            return None;
        }
        let left = RATE_WINDOW - since_start;
        let seconds = u64::try_from(left.as_secs()).unwrap_or(0) + u64::from(left.subsec_nanos() > 0);
        Some(seconds.max(1))
    }
}

/// A token for a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) expires_in_seconds: u64,
}

/// The clients and their tokens.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// The clients. Each window counts the client's API requests, with any token, and its token requests.
    clients: Vec<(Arc<Client>, Window)>,
    /// The limit of each token, and of all tokens of a client together. 0: no limit.
    requests_per_minute: u32,
    by_value: HashMap<String, Token>,
    /// The token values, oldest first.
    order: VecDeque<String>,
}

impl Tokens {
    /// Creates the clients without tokens.
    pub(crate) fn new(clients: Vec<Client>, requests_per_minute: u32) -> Self {
        Self {
            clients: clients.into_iter().map(|client| (Arc::new(client), Window::new(Timestamp::MIN))).collect(),
            requests_per_minute,
            by_value: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Issues a token for the client with `id` and `secret`.
    pub(crate) fn issue(&mut self, id: &str, secret: &str, now: Timestamp) -> Result<Issued, LoginRefusal> {
        let known = self.clients.iter_mut().find(|(client, _)| client.id == id);
        let (client, window) = known.ok_or(LoginRefusal::ClientNotFound)?;
        if let Some(retry_after_seconds) = window.wait(self.requests_per_minute, now) {
            return Err(LoginRefusal::Limited { retry_after_seconds });
        }
        window.requests += 1;
        if client.secret.expose() != secret {
            return Err(LoginRefusal::AuthenticationFailed);
        }
        let lifetime = SignedDuration::from_secs(i64::try_from(client.token_seconds).unwrap_or(i64::MAX));
        let token = Token {
            client: Arc::clone(client),
            expires_at: now.saturating_add(lifetime).unwrap_or(Timestamp::MAX),
            window: Window::new(now),
        };
        let issued = Issued {
            access_token: format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
            expires_in_seconds: client.token_seconds,
        };
        self.by_value.insert(issued.access_token.clone(), token);
        self.order.push_back(issued.access_token.clone());
        if self.order.len() > MAX_TOKENS
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_value.remove(&oldest);
        }
        Ok(issued)
    }

    /// Returns the caller that the token `value` identifies, and counts the request.
    pub(crate) fn authenticate(&mut self, value: &str, now: Timestamp) -> Result<Caller, TokenRefusal> {
        let token = self.by_value.get_mut(value).ok_or(TokenRefusal::Unknown)?;
        if now >= token.expires_at {
            return Err(TokenRefusal::Expired);
        }
        let client = self.clients.iter_mut().find(|(client, _)| client.id == token.client.id);
        let (_, window) = client.ok_or(TokenRefusal::Unknown)?;
        let waits = [token.window.wait(self.requests_per_minute, now), window.wait(self.requests_per_minute, now)];
        if let Some(retry_after_seconds) = waits.into_iter().flatten().max() {
            return Err(TokenRefusal::Limited { retry_after_seconds });
        }
        token.window.requests += 1;
        window.requests += 1;
        Ok(Caller(Arc::clone(&token.client)))
    }

    /// Revokes all tokens.
    pub(crate) fn revoke_all(&mut self) {
        self.by_value.clear();
        self.order.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_772_359_200 + second).unwrap()
    }

    fn tokens(token_seconds: u64, requests_per_minute: u32) -> Tokens {
        let client = Client {
            id: "client".to_owned(),
            secret: Secret::from("secret"),
            permissions: [Permission::QueueView].into(),
            token_seconds,
        };
        Tokens::new(vec![client], requests_per_minute)
    }

    #[test]
    fn distinguishes_a_wrong_secret_from_an_unknown_client() {
        let mut tokens = tokens(60, 0);
        assert_eq!(tokens.issue("client", "guess", at(0)), Err(LoginRefusal::AuthenticationFailed));
        assert_eq!(tokens.issue("other", "secret", at(0)), Err(LoginRefusal::ClientNotFound));
    }

    #[test]
    fn token_expires_after_its_lifetime() {
        let mut tokens = tokens(60, 0);
        let token = tokens.issue("client", "secret", at(0)).unwrap().access_token;
        assert!(tokens.authenticate(&token, at(59)).is_ok());
        assert_eq!(tokens.authenticate(&token, at(60)).unwrap_err(), TokenRefusal::Expired);
    }

    #[test]
    fn revoked_token_is_unknown() {
        let mut tokens = tokens(60, 0);
        let token = tokens.issue("client", "secret", at(0)).unwrap().access_token;
        tokens.revoke_all();
        assert_eq!(tokens.authenticate(&token, at(1)).unwrap_err(), TokenRefusal::Unknown);
    }

    #[test]
    fn limits_the_requests_of_a_token_per_minute() {
        let mut tokens = tokens(3_600, 3);
        let token = tokens.issue("client", "secret", at(0)).unwrap().access_token;
        assert!(tokens.authenticate(&token, at(0)).is_ok());
        assert!(tokens.authenticate(&token, at(1)).is_ok());
        assert_eq!(tokens.authenticate(&token, at(18)).unwrap_err(), TokenRefusal::Limited { retry_after_seconds: 42 });
        assert!(tokens.authenticate(&token, at(60)).is_ok());
    }

    #[test]
    fn limits_the_requests_of_all_tokens_of_a_client() {
        let mut tokens = tokens(3_600, 4);
        let first = tokens.issue("client", "secret", at(0)).unwrap().access_token;
        let second = tokens.issue("client", "secret", at(1)).unwrap().access_token;
        assert!(tokens.authenticate(&first, at(2)).is_ok());
        assert!(tokens.authenticate(&second, at(3)).is_ok());
        let limited = TokenRefusal::Limited { retry_after_seconds: 42 };
        assert_eq!(tokens.authenticate(&first, at(18)).unwrap_err(), limited);
        assert_eq!(tokens.authenticate(&second, at(18)).unwrap_err(), limited);
        assert_eq!(
            tokens.issue("client", "secret", at(18)),
            Err(LoginRefusal::Limited { retry_after_seconds: 42 }),
            "a login counts as a request"
        );
        assert!(tokens.issue("client", "secret", at(60)).is_ok());
    }

    #[test]
    fn removes_the_oldest_token_above_the_maximum() {
        let mut tokens = tokens(3_600, 0);
        let first = tokens.issue("client", "secret", at(0)).unwrap().access_token;
        for _ in 0..1_000 {
            tokens.issue("client", "secret", at(0)).unwrap();
        }
        assert_eq!(tokens.authenticate(&first, at(0)).unwrap_err(), TokenRefusal::Unknown);
    }
}
