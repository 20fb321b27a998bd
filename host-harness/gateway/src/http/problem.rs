//! Refusals, as problem details (RFC 9457).

use crate::outbound::PlatformError;
use crate::store::StoreError;
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use handover_host::CallError;
use handover_host::Limit;
use handover_host::contract::Unsupported;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::openapi::{self, ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// Seconds after which to try again what was too much.
const RETRY_AFTER_SECONDS: u32 = 1;

/// Why a request was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// The status of the answer.
    status: u16,
    /// Stable, in kebab-case.
    code: &'static str,
    /// For people.
    detail: String,
}

impl Problem {
    pub(super) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.status == 413
    }

    /// For people.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }
}

/// What a request may be refused with that only reads.
pub(super) struct Refusals;

/// What a request may be refused with that wants something to be done.
pub(super) struct CommandRefusals;

const REFUSALS: [(&str, &str); 5] = [
    ("400", "The request cannot be understood"),
    ("401", "It has no token that lets it in"),
    ("404", "There is no such thing"),
    ("500", "The plugin failed; the log says how"),
    ("503", "Not now; it can be sent again"),
];

const COMMAND_REFUSALS: [(&str, &str); 4] = [
    ("409", "It does not fit what is in progress, or is not"),
    ("413", "It is too large"),
    ("422", "The contact center does not take this, or the idempotency key was used for another request"),
    ("429", "Too much waits for this recipient already; it can be sent again"),
];

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
        Self::new(503, "store", "the store cannot be used now; try again")
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Limit { limit: Limit::Input | Limit::Headers | Limit::Items, .. } => {
                Self::new(413, "too-large", error.to_string())
            }
            CallError::Busy { .. } => {
                tracing::warn!(%error, "a call is put off");
                Self::new(503, "busy", error.to_string())
            }
            error => {
                tracing::error!(%error, "the plugin failed");
                Self::new(500, "plugin", "the plugin failed; the log says how")
            }
        }
    }
}

impl From<PlatformError> for Problem {
    fn from(error: PlatformError) -> Self {
        let detail = error.to_string();
        match error {
            PlatformError::AlreadyInProgress => Self::new(409, "already-in-progress", detail),
            PlatformError::NoHandover => Self::new(409, "no-handover", detail),
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

fn description(unsupported: &Unsupported) -> String {
    match unsupported {
        Unsupported::Kind(kind) => format!("the contact center takes no {kind}"),
        Unsupported::NoConversation => "the conversation is not known yet".into(),
        Unsupported::Invalid(field) => format!("{}: expected {}", field.field, field.expected),
        Unsupported::InvalidSettings => "the connection's settings cannot be used for it".into(),
    }
}

pub(super) async fn not_found() -> Problem {
    Problem::new(404, "not-found", "there is nothing at this path")
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(405, "method-not-allowed", "this path takes another method")
}
