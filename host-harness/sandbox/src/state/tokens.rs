//! Access tokens: issued, expired, revoked, counted. No I/O; the time is an argument.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::config::Permission;
use crate::config::Secret;
use crate::wire::error::ApiError;

/// How many tokens are remembered. The oldest is forgotten first; to its holder it then is unknown.
const MAX_TOKENS: usize = 1_000;

const RATE_WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// An OAuth client.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: Secret,
    pub(crate) permissions: BTreeSet<Permission>,
    pub(crate) token_seconds: u64,
}

/// Who makes a request: the client that the token was issued to.
#[derive(Clone, Debug)]
pub(crate) struct Caller(Arc<Client>);

impl Caller {
    /// The client's id.
    pub(crate) fn client_id(&self) -> &str {
        &self.0.id
    }

    /// Fails unless the client's roles grant `permission`.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), ApiError> {
        if self.holds(permission) { Ok(()) } else { Err(ApiError::missing_permission(permission.name())) }
    }

    /// Fails unless the client's roles grant one of `permissions`.
    pub(crate) fn require_any(&self, permissions: &[Permission]) -> Result<(), ApiError> {
        if permissions.iter().any(|permission| self.holds(*permission)) {
            return Ok(());
        }
        let names: Vec<_> = permissions.iter().map(|permission| permission.name()).collect();
        Err(ApiError::missing_any_permission(&names.join(", ")))
    }

    fn holds(&self, permission: Permission) -> bool {
        self.0.permissions.contains(&permission)
    }
}

/// A token request that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginRefusal {
    /// No client has this id.
    ClientNotFound,
    /// The client has another secret.
    AuthenticationFailed,
    /// Too many requests of the client in this minute.
    Limited {
        /// Until the minute is over; at least 1.
        retry_after_seconds: u64,
    },
}

/// A token that does not let its holder in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    /// Never issued, revoked, or long forgotten.
    Unknown,
    /// Was valid once.
    Expired,
    /// Too many requests in this minute.
    Limited {
        /// Until the minute is over; at least 1.
        retry_after_seconds: u64,
    },
}

#[derive(Debug)]
struct Token {
    client: Arc<Client>,
    expires_at: Timestamp,
    window: Window,
}

/// Requests within a minute.
#[derive(Clone, Copy, Debug)]
struct Window {
    start: Timestamp,
    requests: u32,
}

impl Window {
    fn new(now: Timestamp) -> Self {
        Self { start: now, requests: 0 }
    }

    /// Begins a new minute when the old one is over. Returns the seconds to wait where `limit` requests were made in
    /// this one; 0 is no limit.
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

/// A token as it is handed out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) access_token: String,
    pub(crate) expires_in_seconds: u64,
}

/// The clients and their tokens.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// With the requests of all their tokens, and for tokens.
    clients: Vec<(Arc<Client>, Window)>,
    /// Of each token, and of all tokens of a client together. 0: no limit.
    requests_per_minute: u32,
    by_value: HashMap<String, Token>,
    /// The values, the oldest first.
    order: VecDeque<String>,
}

impl Tokens {
    /// No tokens yet.
    pub(crate) fn new(clients: Vec<Client>, requests_per_minute: u32) -> Self {
        Self {
            clients: clients.into_iter().map(|client| (Arc::new(client), Window::new(Timestamp::MIN))).collect(),
            requests_per_minute,
            by_value: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// A new token for the client that `id` and `secret` prove.
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

    /// Lets the holder of `value` in, and counts the request.
    pub(crate) fn admit(&mut self, value: &str, now: Timestamp) -> Result<Caller, TokenRefusal> {
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

    /// Makes every token unknown.
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
    fn tells_a_wrong_secret_from_an_unknown_client() {
        let mut tokens = tokens(60, 0);
        assert_eq!(tokens.issue("client", "guess", at(0)), Err(LoginRefusal::AuthenticationFailed));
        assert_eq!(tokens.issue("other", "secret", at(0)), Err(LoginRefusal::ClientNotFound));
    }

    #[test]
    fn a_token_expires_on_the_second() {
        let mut tokens = tokens(60, 0);
        let token = tokens.issue("client", "secret", at(0)).unwrap().access_token;
        assert!(tokens.admit(&token, at(59)).is_ok());
        assert_eq!(tokens.admit(&token, at(60)).unwrap_err(), TokenRefusal::Expired);
    }

    #[test]
    fn a_revoked_token_is_unknown() {
        let mut tokens = tokens(60, 0);
        let token = tokens.issue("client", "secret", at(0)).unwrap().access_token;
        tokens.revoke_all();
        assert_eq!(tokens.admit(&token, at(1)).unwrap_err(), TokenRefusal::Unknown);
    }

    #[test]
    fn counts_requests_of_a_token_within_a_minute() {
        let mut tokens = tokens(3_600, 3);
        let token = tokens.issue("client", "secret", at(0)).unwrap().access_token;
        assert!(tokens.admit(&token, at(0)).is_ok());
        assert!(tokens.admit(&token, at(1)).is_ok());
        assert_eq!(tokens.admit(&token, at(18)).unwrap_err(), TokenRefusal::Limited { retry_after_seconds: 42 });
        assert!(tokens.admit(&token, at(60)).is_ok());
    }

    #[test]
    fn a_fresh_token_does_not_evade_the_limit_of_its_client() {
        let mut tokens = tokens(3_600, 4);
        let first = tokens.issue("client", "secret", at(0)).unwrap().access_token;
        let second = tokens.issue("client", "secret", at(1)).unwrap().access_token;
        assert!(tokens.admit(&first, at(2)).is_ok());
        assert!(tokens.admit(&second, at(3)).is_ok());
        let limited = TokenRefusal::Limited { retry_after_seconds: 42 };
        assert_eq!(tokens.admit(&first, at(18)).unwrap_err(), limited);
        assert_eq!(tokens.admit(&second, at(18)).unwrap_err(), limited);
        assert_eq!(
            tokens.issue("client", "secret", at(18)),
            Err(LoginRefusal::Limited { retry_after_seconds: 42 }),
            "a login is a request, too"
        );
        assert!(tokens.issue("client", "secret", at(60)).is_ok());
    }

    #[test]
    fn only_so_many_tokens_are_remembered() {
        let mut tokens = tokens(3_600, 0);
        let first = tokens.issue("client", "secret", at(0)).unwrap().access_token;
        for _ in 0..1_000 {
            tokens.issue("client", "secret", at(0)).unwrap();
        }
        assert_eq!(tokens.admit(&first, at(0)).unwrap_err(), TokenRefusal::Unknown);
    }
}
