//! Calls Genesys's API: access tokens, the pages of listings, and failures.

mod call;
mod failure;

pub use call::{Call, segment};
pub use failure::{accepted, read};
pub use handover_guest::http::{Kind, unreadable};

use crate::account::{API, Credentials, LOGIN};
use crate::wire::{OAuthError, Page, Token};
use alloc::{
    format,
    string::{String, ToString},
    vec,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use failure::{GENESYS, refusal};
use handover_guest::http::{Status, without_response};
use handover_guest::{clip::clip, contract::*, imports::Imports, json, json_types};
use serde::Serialize;

/// A token is renewed this number of seconds before it expires.
const RENEW_EARLY_SECONDS: u64 = 60;
/// Seconds for which a token is used if the response does not contain its validity: the shortest validity that an OAuth
/// client can have.
const MIN_TOKEN_SECONDS: u64 = 300;
/// The largest page that Genesys is known to serve.
const PAGE_SIZE: u32 = 100;
/// The maximum number of pages read from one listing: more than any organization has.
const MAX_PAGES: u64 = 30;
/// The key in the cache. Each connection has its own cache.
const TOKEN: &str = "token";

/// The API of one account.
#[derive(Debug)]
pub struct Api<'i, I> {
    /// What the host provides.
    pub imports: &'i mut I,
    credentials: Credentials<'i>,
}

/// The value in the cache under [`TOKEN`].
#[derive(Serialize)]
struct CachedToken<'a> {
    token: &'a str,
    expires: Timestamp,
}

json_types! {
    /// A [`CachedToken`] when it is read.
    struct FoundToken {
        "token" => token: text,
        /// Milliseconds since 1970. The cache may keep the token longer than requested.
        "expires" => expires: integer,
    }
}

impl<'i, I: Imports> Api<'i, I> {
    /// Returns the API as the OAuth client with these credentials sees it.
    pub fn new(imports: &'i mut I, credentials: Credentials<'i>) -> Self {
        Self { imports, credentials }
    }

    /// Calls with the cached token, and once more with a new one if Genesys rejects it.
    ///
    /// # Errors
    /// There was no response, or no token.
    pub fn call(&mut self, call: &Call) -> Result<Response, Failure> {
        let token = match self.cached_token() {
            Some(token) => token,
            None => self.new_token()?,
        };
        let response = self.call_with(call, &token)?;
        if Status::of(&response) != Status::Unauthorized {
            return Ok(response);
        }
        let token = self.new_token()?;
        self.call_with(call, &token)
    }

    fn call_with(&mut self, call: &Call, token: &str) -> Result<Response, Failure> {
        let mut headers =
            vec![("authorization".into(), format!("Bearer {token}")), ("accept".into(), "application/json".into())];
        if !call.body.is_empty() {
            headers.push(("content-type".into(), "application/json".into()));
        }
        let request = Request {
            origin: API.into(),
            method: call.method,
            path: call.path.clone(),
            headers,
            body: call.body.clone(),
        };
        self.send(&request, call.kind)
    }

    fn send(&mut self, request: &Request, kind: Kind) -> Result<Response, Failure> {
        self.imports.send(request).map_err(|error| without_response(GENESYS, error, kind, &request.origin))
    }

    fn cached_token(&mut self) -> Option<String> {
        let cached = self.imports.cached(TOKEN)?;
        let document = json::read(&cached)?;
        let found = FoundToken::of(document.root());
        let renew_from = found.expires()?.saturating_sub(RENEW_EARLY_SECONDS * 1000);
        found.token().filter(|_| self.imports.now() < renew_from).map(String::from)
    }

    /// Requests a token unless one is cached, so that a later failure of the credentials is a missing permission.
    ///
    /// # Errors
    /// As for [`new_token`](Self::new_token).
    pub fn ensure_token(&mut self) -> Result<(), Failure> {
        match self.cached_token() {
            Some(_) => Ok(()),
            None => self.new_token().map(|_| ()),
        }
    }

    /// Requests a token and caches it.
    ///
    /// # Errors
    /// Genesys rejects the credentials, or does not answer as documented.
    pub fn new_token(&mut self) -> Result<String, Failure> {
        let response = self.request_token()?;
        self.cache_token(&response)
    }

    /// Requests a token by the client-credentials grant (Genesys developer center, "Client credentials grant").
    ///
    /// # Errors
    /// Genesys rejects the credentials, or does not answer.
    pub fn request_token(&mut self) -> Result<Response, Failure> {
        let credentials = format!("{}:{}", self.credentials.client_id, self.credentials.client_secret);
        let request = Request {
            origin: LOGIN.into(),
            method: Method::Post,
            path: "/oauth/token".into(),
            headers: vec![
                ("authorization".into(), format!("Basic {}", STANDARD.encode(credentials))),
                ("accept".into(), "application/json".into()),
                ("content-type".into(), "application/x-www-form-urlencoded".into()),
            ],
            body: b"grant_type=client_credentials".to_vec(),
        };
        let response = self.send(&request, Kind::Reads)?;
        match Status::of(&response) {
            Status::Success => Ok(response),
            status if status.is_temporary() => Err(refusal(&response, Kind::Reads)),
            // Genesys answers 400 or 401, depending on its version. Either means that the credentials are wrong.
            _ => {
                let document = json::read(&response.body);
                let description = document.as_ref().and_then(|body| OAuthError::of(body.root()).description());
                Err(Failure::Credentials(format!(
                    "Genesys rejected the OAuth client ({}{}): client-id or client-secret is wrong, or the client \
                     belongs to another region than the setting host",
                    response.status,
                    description.map(|words| format!(", {}", clip(words))).unwrap_or_default()
                )))
            }
        }
    }

    /// Caches the token of a response to a token request, and returns it.
    ///
    /// # Errors
    /// The response contains no token.
    pub fn cache_token(&mut self, response: &Response) -> Result<String, Failure> {
        let document = json::read(&response.body);
        let answer = document.as_ref().map(|body| Token::of(body.root()));
        let token = answer.and_then(Token::access_token);
        let Some(token) = token.filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic())) else {
            return Err(unreadable("the response to the token request contains no token"));
        };
        let seconds = answer.and_then(Token::expires_in).unwrap_or(MIN_TOKEN_SECONDS);
        let cached = CachedToken { token, expires: self.imports.now().saturating_add(seconds.saturating_mul(1000)) };
        if let Ok(value) = serde_json::to_vec(&cached) {
            let ttl = u32::try_from(seconds.saturating_sub(RENEW_EARLY_SECONDS)).unwrap_or(u32::MAX);
            self.imports.cache(TOKEN, &value, ttl);
        }
        Ok(token.to_string())
    }

    /// Reads the pages of a listing one by one until `look` finds something. `path` must end with `?` or `&`.
    ///
    /// # Errors
    /// A page cannot be read.
    pub fn pages<R>(&mut self, path: &str, mut look: impl FnMut(Page<'_>) -> Option<R>) -> Result<Option<R>, Failure> {
        for number in 1..=MAX_PAGES {
            let call = Call::get(format!("{path}pageSize={PAGE_SIZE}&pageNumber={number}"));
            let response = accepted(self.call(&call)?, Kind::Reads)?;
            let document = read(&response)?;
            let page = Page::of(document.root());
            let found = look(page);
            if found.is_some() || number >= page.page_count().unwrap_or(0) {
                return Ok(found);
            }
        }
        Ok(None)
    }
}
