//! The extractors that the handlers share.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use serde_json::Value;

use crate::wire::error::ApiError;
use crate::wire::schema::json_body;

/// The path and the query of a request. The query is a list of pairs because a name may repeat.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
}

impl Target {
    /// Returns every value of the query parameter `name`.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }
}

impl<S: Sync> FromRequestParts<S> for Target {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let Query(query) = Query::try_from_uri(&parts.uri).map_err(|_| ApiError::malformed())?;
        Ok(Self { path: parts.uri.path().to_owned(), query })
    }
}

/// The JSON of a request body. Handlers check the caller first and then call [`JsonBody::read`], because Genesys Cloud
/// reports a missing permission before an invalid body.
#[derive(Debug)]
pub(crate) struct JsonBody(Result<Value, ApiError>);

impl JsonBody {
    /// Returns the JSON, or the error if the body is not JSON.
    pub(crate) fn read(self) -> Result<Value, ApiError> {
        self.0
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let headers = request.headers().clone();
        let body = Bytes::from_request(request, state).await;
        Ok(Self(body.map_err(|_| ApiError::malformed()).and_then(|body| json_body(&headers, &body))))
    }
}
