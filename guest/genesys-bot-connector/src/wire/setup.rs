//! The bodies of requests that set up an integration at Genesys.

use serde::Serialize;

/// The body of `POST /api/v2/integrations` (`CreateIntegrationRequest`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateIntegrationRequest<'a> {
    /// The name.
    pub name: &'a str,
    /// The type.
    pub integration_type: Id<'a>,
}

/// A reference to another object.
#[derive(Debug, Serialize)]
pub struct Id<'a> {
    /// The id.
    pub id: &'a str,
}
