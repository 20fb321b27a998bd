//! `POST /oauth/token`: the client credentials grant ("developer center: authorization, client credentials").

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::json;

use crate::cloud::Cloud;
use crate::state::tokens::LoginRefusal;
use crate::wire::error::ApiError;

/// The client id and the secret in the request.
type Credentials = (String, String);

/// Issues a token. The request contains the credentials in `Authorization: Basic` or in the form fields `client_id` and
/// `client_secret`.
pub(crate) async fn token(State(cloud): State<Cloud>, headers: HeaderMap, body: Bytes) -> Response {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    match field("grant_type").as_deref() {
        Some("client_credentials") => {}
        Some(_) => return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type", "unsupported grant type"),
        None => return refuse(StatusCode::BAD_REQUEST, "invalid_request", "missing grant_type"),
    }
    let Some((id, secret)) = basic(&headers).or_else(|| field("client_id").zip(field("client_secret"))) else {
        return refuse(cloud.oauth_failure_status, "invalid_client", "authentication failed");
    };
    let issued = cloud.tokens.with(|tokens| tokens.issue(&id, &secret, Timestamp::now()));
    match issued {
        Ok(issued) => Json(json!({
            "access_token": issued.access_token,
            "token_type": "bearer",
            "expires_in": issued.expires_in_seconds,
        }))
        .into_response(),
        Err(LoginRefusal::ClientNotFound) => refuse(cloud.oauth_failure_status, "invalid_client", "client not found"),
        Err(LoginRefusal::Limited { retry_after_seconds }) => {
            ApiError::rate_limited(retry_after_seconds).into_response()
        }
        Err(LoginRefusal::AuthenticationFailed) => {
            refuse(cloud.oauth_failure_status, "invalid_client", "authentication failed")
        }
    }
}

fn basic(headers: &HeaderMap) -> Option<Credentials> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn refuse(status: StatusCode, error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "description": description, "error_description": description });
    (status, Json(body)).into_response()
}
