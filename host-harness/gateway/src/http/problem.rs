//! Errors as problem details (RFC 9457).

use crate::availability::Unanswered;
use crate::bot_answers::AnswerError;
use crate::outbound::PlatformError;
use crate::store::StoreError;
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use handover_host::contract::{Failure, Unsupported};
use handover_host::{CallError, Error, Limit};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::openapi::{self, ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// `Retry-After` of temporary problems, in seconds.
const RETRY_AFTER_SECONDS: u32 = 1;

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// The status of the response.
    status: u16,
    /// The kind of problem. Stable, in kebab-case.
    code: &'static str,
    /// A description for people.
    detail: String,
}

impl Problem {
    pub(super) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.status == 413
    }

    /// Returns the description for people.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }
}

/// The problems of a request that only reads.
pub(super) struct Refusals;

/// The problems of a request that asks the contact center.
pub(super) struct AvailabilityRefusals;

/// The problems of a command.
pub(super) struct CommandRefusals;

/// The problems of an answer of a bot.
pub(super) struct AnswerRefusals;

const REFUSALS: [(&str, &str); 5] = [
    ("400", "The request is not valid"),
    ("401", "The token is missing or not valid"),
    ("404", "Not found"),
    ("500", "The plugin failed; see the log"),
    ("503", "Temporarily not available; try again"),
];

const COMMAND_REFUSALS: [(&str, &str); 4] = [
    ("409", "It conflicts with the state of the handover"),
    ("413", "It is too large"),
    ("422", "The contact center does not support this, or the idempotency key belongs to another request"),
    ("429", "The queue of this recipient is full; try again"),
];

const AVAILABILITY_REFUSALS: [(&str, &str); 2] = [
    ("422", "The queue does not exist, or the contact center does not report availability"),
    ("502", "The contact center refuses the credentials, or a name in the settings does not exist"),
];

const ANSWER_REFUSALS: [(&str, &str); 4] = [
    ("409", "It conflicts with the state of the turn or the session"),
    ("413", "It is too large"),
    ("422", "The contact center does not support it, or the bot does not declare the intent or a slot"),
    ("429", "The session has no room; try again"),
];

impl IntoResponses for AnswerRefusals {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let mut responses = documented(&REFUSALS);
        responses.extend(documented(&ANSWER_REFUSALS));
        responses
    }
}

impl IntoResponses for AvailabilityRefusals {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let mut responses = documented(&REFUSALS);
        responses.extend(documented(&AVAILABILITY_REFUSALS));
        responses
    }
}

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        documented(&REFUSALS)
    }
}

impl IntoResponses for CommandRefusals {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let mut responses = documented(&REFUSALS);
        responses.extend(documented(&COMMAND_REFUSALS));
        responses
    }
}

fn documented(refusals: &[(&str, &str)]) -> BTreeMap<String, RefOr<openapi::Response>> {
    let problem = Ref::from_schema_name(Problem::name());
    let response = |about: &str| {
        let content = ContentBuilder::new().schema(Some(problem.clone())).build();
        ResponseBuilder::new().description(about).content("application/problem+json", content).build()
    };
    refusals.iter().map(|(status, about)| ((*status).to_owned(), response(about).into())).collect()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if matches!(self.status, 429 | 503) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        headers.insert(HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff"));
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::new(503, "store", "the store is not available; try again")
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Limit { limit: Limit::Input | Limit::Headers | Limit::Items, .. } => {
                Self::new(413, "too-large", error.to_string())
            }
            CallError::Busy { .. } => {
                tracing::warn!(%error, "a call was postponed");
                Self::new(503, "busy", error.to_string())
            }
            error => {
                tracing::error!(%error, "the plugin failed");
                Self::new(500, "plugin", "the plugin failed; see the log")
            }
        }
    }
}

impl From<Error<Failure>> for Problem {
    fn from(error: Error<Failure>) -> Self {
        match error {
            Error::Call(error) => error.into(),
            Error::Provider(failure) => {
                tracing::error!(?failure, "the plugin cannot check the connection");
                Self::new(500, "plugin", "the plugin failed; see the log")
            }
        }
    }
}

impl From<Unanswered> for Problem {
    fn from(error: Unanswered) -> Self {
        let failure = match error {
            Unanswered::Store(error) => return error.into(),
            Unanswered::Provider(Error::Call(error)) => return error.into(),
            Unanswered::Provider(Error::Provider(failure)) => failure,
        };
        match failure {
            Failure::Retry(advice) => Self::new(503, "contact-center", advice.message),
            Failure::Credentials(why) => Self::new(502, "refused", why),
            Failure::Permanent(why) => Self::new(422, "invalid-routing", why),
            Failure::Unsupported => Self::new(422, "unsupported", "the contact center does not report availability"),
            Failure::StaleSettings => Self::new(500, "plugin", "the plugin failed; see the log"),
        }
    }
}

impl From<PlatformError> for Problem {
    fn from(error: PlatformError) -> Self {
        let detail = error.to_string();
        match error {
            PlatformError::AlreadyInProgress => Self::new(409, "already-in-progress", detail),
            PlatformError::NoHandover => Self::new(409, "no-handover", detail),
            PlatformError::NoEndedHandover => Self::new(409, "no-ended-handover", detail),
            PlatformError::Followed => Self::new(409, "followed", detail),
            PlatformError::Full => Self::new(429, "full", detail),
            PlatformError::TooLarge(_) => Self::new(413, "too-large", detail),
            PlatformError::KeyReused => Self::new(422, "key-reused", detail),
            PlatformError::Unsupported(unsupported) => Self::new(422, "unsupported", description(&unsupported)),
            PlatformError::Call(error) => error.into(),
            PlatformError::Store(error) => error.into(),
            PlatformError::Contended => Self::new(503, "contended", detail),
        }
    }
}

impl From<AnswerError> for Problem {
    fn from(error: AnswerError) -> Self {
        let detail = error.to_string();
        match error {
            AnswerError::NoSession => Self::new(404, "no-session", detail),
            AnswerError::NoTurn => Self::new(404, "no-turn", detail),
            AnswerError::AlreadyAnswered => Self::new(409, "already-answered", detail),
            AnswerError::TooLate => Self::new(409, "too-late", detail),
            AnswerError::Over(_) => Self::new(409, "over", detail),
            AnswerError::Full(_) => Self::new(429, "full", detail),
            AnswerError::Unreadable { .. } => Self::new(400, "invalid-body", detail),
            AnswerError::TooLarge(_) => Self::new(413, "too-large", detail),
            AnswerError::UnknownBot(_) => Self::new(422, "unknown-bot", detail),
            AnswerError::Undeclared(_) => Self::new(422, "undeclared", detail),
            AnswerError::Unsupported(unsupported) => Self::new(422, "unsupported", description(&unsupported)),
            AnswerError::Call(error) => error.into(),
            AnswerError::Store(error) => error.into(),
            AnswerError::Contended => Self::new(503, "contended", detail),
        }
    }
}

fn description(unsupported: &Unsupported) -> String {
    match unsupported {
        Unsupported::Kind(kind) => format!("the contact center does not support {kind}"),
        Unsupported::NoConversation => "the conversation is not known yet".into(),
        Unsupported::Invalid(field) => format!("{}: expected {}", field.field, field.expected),
        _ => "the contact center does not support the message".into(),
    }
}

pub(super) async fn not_found() -> Problem {
    Problem::new(404, "not-found", "no resource at this path")
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(405, "method-not-allowed", "this path does not support the method")
}
