//! How Genesys Cloud refuses: its `ErrorBody`, with the status, code and message of each refusal.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The largest request body of the API in bytes (`request.bytes.max`, "developer center: organization limits").
pub(crate) const MAX_BODY_BYTES: usize = 512_000;

/// A refused API request. The correlation id (`contextId`) is filled in by the gate, which knows it.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    field: Option<FieldError>,
    retry_after_seconds: Option<u64>,
}

/// Which field of the request body was refused.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldError {
    error_code: &'static str,
    field_name: String,
}

/// `ErrorBody` of the API, with the fields that real answers carry.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    message: String,
    code: &'static str,
    status: u16,
    context_id: String,
    details: Vec<FieldError>,
    errors: [(); 0],
}

const MALFORMED: &str = "The request could not be understood by the server due to malformed syntax.";

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: None, retry_after_seconds: None }
    }

    fn about_field(mut self, error_code: &'static str, field: &str) -> Self {
        self.field = Some(FieldError { error_code, field_name: field.to_owned() });
        self
    }

    /// 400 `bad.request`, the general one.
    pub(crate) fn malformed() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad.request", MALFORMED)
    }

    /// 400 `bad.request` for a field of the wrong shape. The entry in `details` is unconfirmed.
    pub(crate) fn malformed_field(field: &str) -> Self {
        Self::malformed().about_field("malformed", field)
    }

    /// 400 `bad.request` for a field that is required. The entry in `details` is unconfirmed.
    pub(crate) fn missing_field(field: &str) -> Self {
        Self::malformed().about_field("required", field)
    }

    /// 400 `bad.request` with a message of its own.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad.request", message)
    }

    /// 400 for a message with neither text nor content. The message is the schema violation that Genesys answers.
    pub(crate) fn neither_text_nor_content() -> Self {
        Self::bad_request(
            "should have required property 'content', should have required property '.text', should match some schema in anyOf",
        )
    }

    /// 400 `invalid.value`: `value` is not one of `allowed`.
    pub(crate) fn invalid_value(value: &str, field_type: &str, allowed: &[&str]) -> Self {
        let allowed = allowed.join(", ");
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid.value",
            format!("Value [{value}] is not valid for field type [{field_type}]. Allowable values are: {allowed}"),
        )
    }

    /// 400 `invalid.date`.
    pub(crate) fn invalid_date() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid.date",
            "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ",
        )
    }

    /// 401 without a bearer token.
    pub(crate) fn authentication_required() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "authentication.required",
            "No authentication bearer token specified in authorization header.",
        )
    }

    /// 401 with a token that does not exist.
    pub(crate) fn bad_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "bad.credentials", "Invalid login credentials.")
    }

    /// 401 with a token that was valid once. The message is unconfirmed.
    pub(crate) fn credentials_expired() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "credentials.expired", "The supplied credentials have expired.")
    }

    /// 403: the client's roles lack `permission`.
    pub(crate) fn missing_permission(permission: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "missing.permissions",
            format!(
                "Unable to perform the requested action. You are missing the following permission(s): {permission}"
            ),
        )
    }

    /// 403: the client's roles lack all of `permissions`, of which one would do.
    pub(crate) fn missing_any_permission(permissions: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "missing.any.permissions",
            format!(
                "Unable to perform the requested action. You must have at least one of the following permission(s): {permissions}"
            ),
        )
    }

    /// 404.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not.found", "The requested resource was not found.")
    }

    /// 405. The code is unconfirmed.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method.not.allowed", "The method is not allowed for this resource.")
    }

    /// 413. The code and message are unconfirmed.
    pub(crate) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "request.entity.too.large",
            format!("The request is larger than the maximum of {MAX_BODY_BYTES} bytes."),
        )
    }

    /// 415.
    pub(crate) fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported.media.type",
            "The content type of the request is not supported; send application/json.",
        )
    }

    /// 429, with the seconds to wait in message and header.
    pub(crate) fn rate_limited(retry_after_seconds: u64) -> Self {
        let mut error = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too.many.requests.retry.after",
            format!("Rate limit exceeded the maximum. Retry the request in [{retry_after_seconds}] seconds"),
        );
        error.retry_after_seconds = Some(retry_after_seconds);
        error
    }

    /// A 5xx.
    pub(crate) fn server_error(status: StatusCode) -> Self {
        let (code, message) = match status {
            StatusCode::BAD_GATEWAY => ("bad.gateway", "Bad gateway."),
            StatusCode::SERVICE_UNAVAILABLE => {
                ("service.unavailable", "Service Unavailable - The server is currently unavailable.")
            }
            StatusCode::GATEWAY_TIMEOUT => ("request.timeout", "The request timed out."),
            _ => (
                "internal.server.error",
                "The server encountered an unexpected condition which prevented it from fulfilling the request.",
            ),
        };
        Self::new(status, code, message)
    }

    /// The answer, with `context_id` in it.
    pub(crate) fn answer(self, context_id: &str) -> Response {
        let body = ErrorBody {
            message: self.message,
            code: self.code,
            status: self.status.as_u16(),
            context_id: context_id.to_owned(),
            details: self.field.into_iter().collect(),
            errors: [],
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Leaves the error in the response's extensions: the gate, which knows the correlation id, writes the body.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
