//! Authorization of the platform's API.

use super::problem::Problem;
use super::state::Gateway;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Rejects requests without one of the tokens.
pub(super) async fn require(State(gateway): State<Gateway>, request: Request, next: Next) -> Response {
    let given = request.headers().get(AUTHORIZATION).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    let token = match given.split_at_checked(7) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => token,
        _ => b"",
    };
    if gateway.0.tokens.admit(token) {
        next.run(request).await
    } else {
        Problem::new(401, "unauthorized", "expected Authorization: Bearer and one of the gateway's tokens")
            .into_response()
    }
}
