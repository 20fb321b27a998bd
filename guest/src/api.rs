//! Calls to Genesys's API: the token, the pages of listings, and what a failure means for whoever called.

use crate::clip::clip;
use crate::contract::*;
use crate::imports::Imports;
use crate::settings::{API, Account, LOGIN};
use crate::surrogates;
use crate::wire::api::{ErrorBody, OAuthError, Token};
use crate::wire::json;
use crate::wire::lenient::{Object, Whole};
use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// A token is renewed this long before it expires, in seconds.
const RENEW_EARLY: u64 = 60;
/// Seconds for which a token is believed where Genesys does not say; the shortest validity that it lets one choose.
const SHORTEST_TOKEN: u64 = 300;
/// The largest page that is known to be served.
const PAGE_SIZE: u32 = 100;
/// Where to stop if the pages never end: more than any organization has.
const LAST_PAGE: u64 = 30;
/// The name in the cache. No two connections share a cache.
const TOKEN: &str = "token";

/// What stays as it is in a path segment or a query value (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A query value.
pub(crate) fn encode(value: &str) -> String {
    utf8_percent_encode(value, SEGMENT).to_string()
}

/// A path segment, which dots would make one that leads elsewhere, encoded or not (RFC 3986, section 5.2.4).
pub(crate) fn segment(id: &str) -> Result<String, Failure> {
    match id {
        "" | "." | ".." => Err(Failure::Permanent("an id is empty or made of dots".into())),
        id => Ok(encode(id)),
    }
}

/// Whether a call changes anything at Genesys: then, when no answer comes, it is open whether it happened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Reads,
    Changes,
}

/// One call.
pub(crate) struct Call {
    method: Method,
    path: String,
    body: Vec<u8>,
    kind: Kind,
}

impl Call {
    pub(crate) fn get(path: String) -> Self {
        Self { method: Method::Get, path, body: Vec::new(), kind: Kind::Reads }
    }

    pub(crate) fn post(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Post, path, body, kind: Kind::Changes }
    }

    /// A post that changes nothing.
    pub(crate) fn ask(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Post, path, body, kind: Kind::Reads }
    }

    pub(crate) fn patch(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Patch, path, body, kind: Kind::Changes }
    }

    pub(crate) fn put(path: String, body: Vec<u8>) -> Self {
        Self { method: Method::Put, path, body, kind: Kind::Changes }
    }
}

/// The API of one account.
pub(crate) struct Api<'i, I> {
    pub(crate) imports: &'i mut I,
    pub(crate) account: Account,
}

/// What the cache holds under `token`.
#[derive(Serialize, Deserialize)]
struct CachedToken {
    token: String,
    /// Milliseconds since 1970. The cache may keep it longer than it was asked to.
    expires: Timestamp,
}

impl<'i, I: Imports> Api<'i, I> {
    pub(crate) fn new(imports: &'i mut I, settings: &[Setting]) -> Result<Self, Failure> {
        let account = Account::of(settings).map_err(|_| Failure::Credentials("the settings cannot be used".into()))?;
        Ok(Self { imports, account })
    }

    /// Calls with the token, and once more with a new one where Genesys does not take it.
    pub(crate) fn call(&mut self, call: &Call) -> Result<Response, Failure> {
        let token = match self.cached_token() {
            Some(token) => token,
            None => self.new_token()?,
        };
        let response = self.call_with(call, &token)?;
        if response.status != 401 {
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

    /// Sends a request. In the response's body, every half of a surrogate pair is U+FFFD: names and texts that somebody cut
    /// between UTF-16 units must not make an answer unreadable.
    fn send(&mut self, request: &Request, kind: Kind) -> Result<Response, Failure> {
        let response = self.imports.send(request).map_err(|error| unanswered(error, kind, &request.origin))?;
        let whole = match core::str::from_utf8(&response.body).map(surrogates::replace_lone) {
            Ok(Cow::Owned(body)) => Some(body.into_bytes()),
            Ok(Cow::Borrowed(_)) | Err(_) => None,
        };
        Ok(match whole {
            Some(body) => Response { body, ..response },
            None => response,
        })
    }

    fn cached_token(&mut self) -> Option<String> {
        let cached: CachedToken = json(&self.imports.cached(TOKEN)?)?;
        let renew_from = cached.expires.saturating_sub(RENEW_EARLY * 1000);
        (self.imports.now() < renew_from).then_some(cached.token)
    }

    pub(crate) fn new_token(&mut self) -> Result<String, Failure> {
        let response = self.request_token()?;
        self.keep_token(&response)
    }

    /// The client-credentials grant (Genesys developer center, "Client credentials grant").
    pub(crate) fn request_token(&mut self) -> Result<Response, Failure> {
        let credentials = format!("{}:{}", self.account.client_id, self.account.client_secret);
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
        match response.status {
            200..=299 => Ok(response),
            429 | 500.. => Err(refusal(&response, Kind::Reads)),
            // Genesys answers 400 or 401, by version; whichever it is, the credentials are not taken.
            status => {
                let told = json::<OAuthError<'_>>(&response.body).unwrap_or_default();
                Err(Failure::Credentials(format!(
                    "the OAuth client is not taken ({status}{}): wrong client-id or client-secret, or the client \
                     belongs to another region than host says",
                    told.description.get().map(|words| format!(", {}", clip(words))).unwrap_or_default()
                )))
            }
        }
    }

    /// Puts the token of the answer to a token request into the cache.
    pub(crate) fn keep_token(&mut self, response: &Response) -> Result<String, Failure> {
        let answer = json::<Token<'_>>(&response.body).unwrap_or_default();
        let token = answer.access_token.get().filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic()));
        let Some(token) = token else {
            return Err(garbled("the answer to the token request holds no token"));
        };
        let seconds = answer.expires_in.get().unwrap_or(SHORTEST_TOKEN);
        let cached = CachedToken {
            token: token.into(),
            expires: self.imports.now().saturating_add(seconds.saturating_mul(1000)),
        };
        if let Ok(value) = serde_json::to_vec(&cached) {
            let keep = u32::try_from(seconds.saturating_sub(RENEW_EARLY)).unwrap_or(u32::MAX);
            self.imports.cache(TOKEN, &value, keep);
        }
        Ok(cached.token)
    }

    /// Reads the pages of a listing one by one until `look` finds something; it also tells how many pages there are.
    /// `path` ends where a query parameter may follow.
    pub(crate) fn pages<R>(
        &mut self,
        path: &str,
        mut look: impl FnMut(&Response) -> Result<(Option<R>, Whole), Failure>,
    ) -> Result<Option<R>, Failure> {
        for number in 1..=LAST_PAGE {
            let call = Call::get(format!("{path}pageSize={PAGE_SIZE}&pageNumber={number}"));
            let response = accepted(self.call(&call)?, Kind::Reads)?;
            let (found, pages) = look(&response)?;
            if found.is_some() || number >= pages.get().unwrap_or(0) {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// Lets successes pass and sorts the others.
pub(crate) fn accepted(response: Response, kind: Kind) -> Result<Response, Failure> {
    match response.status {
        200..=299 => Ok(response),
        _ => Err(refusal(&response, kind)),
    }
}

/// Reads an answer that must be JSON.
pub(crate) fn read<'r, T: Deserialize<'r> + Default>(response: &'r Response) -> Result<T, Failure> {
    let object: Object<T> = json(&response.body).ok_or_else(|| garbled("the answer is not JSON"))?;
    object.into_inner().ok_or_else(|| garbled("the answer is no JSON object"))
}

/// An answer that makes no sense; the next one may.
pub(crate) fn garbled(message: &str) -> Failure {
    let message = message.into();
    Failure::Retry(RetryAdvice {
        cause: RetryCause::ServerError,
        after_seconds: None,
        may_have_arrived: false,
        message,
    })
}

/// What an answer other than a success means (Genesys developer center, "Response codes" and "Rate limits").
fn refusal(response: &Response, kind: Kind) -> Failure {
    let body = json::<ErrorBody<'_>>(&response.body).unwrap_or_default();
    let status = response.status;
    // The message of an error may repeat what was sent; its code is fit for a log.
    let code = body.code.get().map(|code| format!(" {}", clip(code))).unwrap_or_default();
    match status {
        401 => Failure::Credentials(format!("the token is not taken ({status}{code}), nor was a new one")),
        403 => Failure::Credentials(format!(
            "the OAuth client lacks a permission ({status}{code}): {}",
            clip(body.message.get().unwrap_or("Genesys does not say which"))
        )),
        429 => Failure::Retry(RetryAdvice {
            cause: RetryCause::RateLimited,
            after_seconds: retry_after(response),
            may_have_arrived: false,
            message: format!("too many requests ({status}{code})"),
        }),
        408 | 500..=599 => Failure::Retry(RetryAdvice {
            cause: if matches!(status, 408 | 504) { RetryCause::TimedOut } else { RetryCause::ServerError },
            after_seconds: retry_after(response),
            // Only 503 says that nothing was done (RFC 9110, section 15.6.4).
            may_have_arrived: kind == Kind::Changes && status != 503,
            message: format!("Genesys answered {status}{code}"),
        }),
        _ => Failure::Permanent(format!("Genesys refused it ({status}{code})")),
    }
}

/// RFC 9110, section 10.2.3, in its form of seconds; Genesys sends no dates.
fn retry_after(response: &Response) -> Option<u32> {
    header(response, "retry-after")?.parse().ok()
}

/// The first header of this name, without the blanks around it; `None` for what is no UTF-8.
pub(crate) fn header<'r>(response: &'r Response, wanted: &str) -> Option<&'r str> {
    let (_, value) = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    Some(core::str::from_utf8(value).ok()?.trim())
}

/// What it means that there is no answer.
fn unanswered(error: HttpError, kind: Kind, origin: &str) -> Failure {
    let open = kind == Kind::Changes;
    let retry = |cause, may_have_arrived, message: &str| {
        let message = format!("{message} (origin {origin})");
        Failure::Retry(RetryAdvice { cause, after_seconds: None, may_have_arrived, message })
    };
    match error {
        HttpError::Unreachable => retry(RetryCause::Network, false, "Genesys cannot be reached"),
        HttpError::TimedOut => retry(RetryCause::TimedOut, open, "Genesys did not answer in time"),
        HttpError::Interrupted => retry(RetryCause::Network, open, "the connection broke"),
        // It has arrived, and the answer says how it went; nobody read it.
        HttpError::ResponseTooLarge if open => retry(RetryCause::ServerError, true, "the answer is too large"),
        HttpError::ResponseTooLarge => Failure::Permanent("the answer is larger than the host takes".into()),
        HttpError::TooManyRequests => Failure::Permanent("the host allows no more requests in one call".into()),
        HttpError::OriginNotAllowed => Failure::Credentials(format!("the host does not allow the origin {origin}")),
        HttpError::InvalidRequest(part) => Failure::Permanent(format!("the host refused the request: {}", clip(&part))),
    }
}
