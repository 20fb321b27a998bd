//! Sends HTTP requests, and maps failed ones to what the caller can do about them.

use crate::clip::clip;
use crate::contract::{Failure, HttpError, Method, Request, Response, RetryAdvice, RetryCause};
use crate::imports::Imports;
use alloc::format;

/// The meaning of a status code (RFC 9110, section 15; RFC 6585, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 2xx.
    Success,
    /// 400: the request is invalid.
    Invalid,
    /// 401: the credentials are missing, wrong or expired.
    Unauthorized,
    /// 403: the credentials do not permit the request.
    Forbidden,
    /// 404: there is no such object, or the client may not see it.
    NotFound,
    /// 405: the resource does not support the method.
    MethodNotAllowed,
    /// 408 and 504: it is unknown whether the request was processed.
    TimedOut,
    /// 409: the state of the object does not allow the request.
    Conflict,
    /// 429: the request was not processed.
    RateLimited,
    /// 501: the server does not support the request.
    NotImplemented,
    /// 503: the request was not processed (section 15.6.4).
    Unavailable,
    /// Any other 5xx: it is unknown whether the request was processed.
    ServerError,
    /// Any other status: the server will never accept the request.
    Refused,
}

impl Status {
    /// Returns the meaning of a response's status code.
    #[must_use]
    pub fn of(response: &Response) -> Self {
        match response.status {
            200..=299 => Self::Success,
            400 => Self::Invalid,
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            408 | 504 => Self::TimedOut,
            409 => Self::Conflict,
            429 => Self::RateLimited,
            501 => Self::NotImplemented,
            503 => Self::Unavailable,
            500..=599 => Self::ServerError,
            _ => Self::Refused,
        }
    }

    /// Returns whether the same request may succeed later.
    #[must_use]
    pub fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::TimedOut | Self::RateLimited | Self::NotImplemented | Self::Unavailable | Self::ServerError
        )
    }

    /// Returns whether it is unknown if the request was processed.
    #[must_use]
    pub fn is_indeterminate(self) -> bool {
        matches!(self, Self::TimedOut | Self::NotImplemented | Self::ServerError)
    }
}

/// Whether a request changes anything at the server. The outcome of a change without a response is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It changes nothing.
    Reads,
    /// It changes something.
    Changes,
}

/// Returns the value of the first header with a name, trimmed. Returns `None` if there is none or if it is not UTF-8.
#[must_use]
pub fn header<'r>(response: &'r Response, wanted: &str) -> Option<&'r str> {
    let (_, value) = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    Some(core::str::from_utf8(value).ok()?.trim())
}

/// Returns `Retry-After` in seconds (RFC 9110, section 10.2.3), or `None` if it is a date.
fn retry_after(response: &Response) -> Option<u32> {
    header(response, "retry-after")?.parse().ok()
}

/// Sends a request and returns the successful response, or `None` if a GET request is answered with 404. `server` is
/// the server's name in messages.
///
/// # Errors
/// The failure, classified by what the caller can do about it.
pub fn send(imports: &mut impl Imports, server: &str, request: &Request) -> Result<Option<Response>, Failure> {
    let kind = if request.method == Method::Get { Kind::Reads } else { Kind::Changes };
    let sent = imports.send(request);
    let response = sent.map_err(|error| without_response(server, error, kind, &request.origin))?;
    match Status::of(&response) {
        Status::Success => Ok(Some(response)),
        Status::NotFound if kind == Kind::Reads => Ok(None),
        _ => Err(refusal(server, &response, kind, "")),
    }
}

/// Returns the failure for an unsuccessful response. `server` is the server's name in messages. `detail` follows the
/// status in messages and must not repeat the content of the request.
#[must_use]
pub fn refusal(server: &str, response: &Response, kind: Kind, detail: &str) -> Failure {
    let (code, status) = (response.status, Status::of(response));
    match status {
        Status::Unauthorized => Failure::Credentials(format!("{server} rejected the credentials ({code}{detail})")),
        Status::Forbidden => Failure::Credentials(format!("{server} denied permission ({code}{detail})")),
        Status::RateLimited => Failure::Retry(RetryAdvice {
            cause: RetryCause::RateLimited,
            after_seconds: retry_after(response),
            may_have_arrived: false,
            message: format!("too many requests ({code}{detail})"),
        }),
        status if status.is_temporary() => Failure::Retry(RetryAdvice {
            cause: if status == Status::TimedOut { RetryCause::TimedOut } else { RetryCause::ServerError },
            after_seconds: retry_after(response),
            may_have_arrived: kind == Kind::Changes && status.is_indeterminate(),
            message: format!("{server} answered {code}{detail}"),
        }),
        _ => Failure::Permanent(format!("{server} refused the request ({code}{detail})")),
    }
}

/// Returns the failure for an unusable response. A retry may get a usable one.
#[must_use]
pub fn unreadable(message: &str) -> Failure {
    let message = message.into();
    Failure::Retry(RetryAdvice {
        cause: RetryCause::ServerError,
        after_seconds: None,
        may_have_arrived: false,
        message,
    })
}

/// Returns the failure for a request without a response.
#[must_use]
pub fn without_response(server: &str, error: HttpError, kind: Kind, origin: &str) -> Failure {
    let is_indeterminate = kind == Kind::Changes;
    let retry = |cause, may_have_arrived, message: &str| {
        let message = format!("{message} (origin {origin})");
        Failure::Retry(RetryAdvice { cause, after_seconds: None, may_have_arrived, message })
    };
    match error {
        HttpError::Unreachable => retry(RetryCause::Network, false, &format!("{server} is unreachable")),
        HttpError::TimedOut => {
            retry(RetryCause::TimedOut, is_indeterminate, &format!("{server} did not answer in time"))
        }
        HttpError::Interrupted => retry(RetryCause::Network, is_indeterminate, "the connection broke"),
        // The request arrived, but its result is in the response that was not read.
        HttpError::ResponseTooLarge if is_indeterminate => {
            retry(RetryCause::ServerError, true, "the response is too large")
        }
        HttpError::ResponseTooLarge => Failure::Permanent("the response exceeds the host's limit".into()),
        HttpError::TooManyRequests => Failure::Permanent("the host allows no more requests in one call".into()),
        HttpError::OriginNotAllowed => Failure::Credentials(format!("the host does not allow the origin {origin}")),
        HttpError::InvalidRequest(part) => Failure::Permanent(format!("the host refused the request: {}", clip(&part))),
    }
}
