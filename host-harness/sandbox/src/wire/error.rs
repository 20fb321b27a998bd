//! The error responses of Genesys Cloud: `ErrorBody`, with the status, code and message of each error.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The maximum size of a request body, in bytes (`request.bytes.max`, "developer center: organization limits").
pub(crate) const MAX_BODY_BYTES: usize = 512_000;

/// An error response of the API. The middleware adds the correlation id (`contextId`).
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    field: Option<FieldError>,
    retry_after_seconds: Option<u64>,
}

/// The invalid field of the request body.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FieldError {
    error_code: &'static str,
    field_name: String,
}

/// `ErrorBody` of the API, with the fields of real responses.
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

    /// Returns the general 400 `bad.request`.
    pub(crate) fn malformed() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad.request", MALFORMED)
    }

    /// Returns 400 `bad.request` for a malformed field. Unconfirmed: the entry in `details`.
    pub(crate) fn malformed_field(field: &str) -> Self {
        Self::malformed().about_field("malformed", field)
    }

    /// Returns 400 `bad.request` for a missing required field. Unconfirmed: the entry in `details`.
    pub(crate) fn missing_field(field: &str) -> Self {
        Self::malformed().about_field("required", field)
    }

    /// Returns 400 `bad.request` with a specific message.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad.request", message)
    }

    /// Returns 400 for a message with neither text nor content. The message is the schema violation that Genesys
    /// returns.
    pub(crate) fn neither_text_nor_content() -> Self {
        Self::bad_request(
            "should have required property 'content', should have required property '.text', should match some schema in anyOf",
        )
    }

    /// Returns 400 `invalid.value`: `value` is not one of `allowed`.
    pub(crate) fn invalid_value(value: &str, field_type: &str, allowed: &[&str]) -> Self {
        let allowed = allowed.join(", ");
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid.value",
            format!("Value [{value}] is not valid for field type [{field_type}]. Allowable values are: {allowed}"),
        )
    }

    /// Returns 400 `invalid.date`.
    pub(crate) fn invalid_date() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid.date",
            "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ",
        )
    }

    /// Returns 401 for a request without a bearer token.
    pub(crate) fn authentication_required() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "authentication.required",
            "No authentication bearer token specified in authorization header.",
        )
    }

    /// Returns 401 for an unknown token.
    pub(crate) fn bad_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "bad.credentials", "Invalid login credentials.")
    }

    /// Returns 401 for an expired token. Unconfirmed: the message.
    pub(crate) fn credentials_expired() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "credentials.expired", "The supplied credentials have expired.")
    }

    /// Returns 403: the client's roles lack `permission`.
    pub(crate) fn missing_permission(permission: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "missing.permissions",
            format!(
                "Unable to perform the requested action. You are missing the following permission(s): {permission}"
            ),
        )
    }

    /// Returns 403: the client's roles grant none of `permissions`, and one of them is required.
    pub(crate) fn missing_any_permission(permissions: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "missing.any.permissions",
            format!(
                "Unable to perform the requested action. You must have at least one of the following permission(s): {permissions}"
            ),
        )
    }

    /// Returns 404.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not.found", "The requested resource was not found.")
    }

    /// Returns 405. Unconfirmed: the code.
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method.not.allowed", "The method is not allowed for this resource.")
    }

    /// Returns 409 with a specific code and message.
    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// Returns 413. Unconfirmed: the code and the message.
    pub(crate) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "request.entity.too.large",
            format!("The request is larger than the maximum of {MAX_BODY_BYTES} bytes."),
        )
    }

    /// Returns 415.
    pub(crate) fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported.media.type",
            "The content type of the request is not supported; send application/json.",
        )
    }

    /// Returns 429. The message and the header `Retry-After` contain the seconds to wait.
    pub(crate) fn rate_limited(retry_after_seconds: u64) -> Self {
        let mut error = Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too.many.requests.retry.after",
            format!("Rate limit exceeded the maximum. Retry the request in [{retry_after_seconds}] seconds"),
        );
        error.retry_after_seconds = Some(retry_after_seconds);
        error
    }

    /// Returns a 5xx.
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

    /// Returns the message, with the field if there is one.
    pub(crate) fn description(&self) -> String {
        let field = self.field.as_ref().map(|field| format!("{} ({})", field.field_name, field.error_code));
        field.unwrap_or_else(|| self.message.clone())
    }

    /// Returns the response with its body, which contains `context_id`.
    pub(crate) fn into_response_with(self, context_id: &str) -> Response {
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

/// Stores the error in the response's extensions. The middleware knows the correlation id and writes the body.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
