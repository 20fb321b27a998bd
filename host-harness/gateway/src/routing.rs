//! Routes a webhook to its connection. Several connections may share a path. The secret that signed a webhook and the
//! id of its integration identify the connection.

use crate::connection_service::ConnectionService;
use crate::inbound::{self, Received, WebhookError};
use handover_host::contract::{Authenticity, Rejection, Webhook};

/// The result of routing a webhook.
pub(crate) struct Routed<'s> {
    /// The connection that accepted the webhook or failed. Absent if every connection rejected it.
    pub(crate) service: Option<&'s ConnectionService>,
    pub(crate) outcome: Result<Received, WebhookError>,
}

/// Receives a webhook with the first of these connections that accepts it. `path` is the last segment of its URL.
///
/// If several connections share a secret, the first one that knows the recipient wins.
pub(crate) async fn receive<'s>(
    mut candidates: Vec<&'s ConnectionService>,
    path: &str,
    webhook: &Webhook,
    correlation: &str,
) -> Routed<'s> {
    candidates.sort_by_key(|service| !matches_exactly(service, path, &webhook.body));
    let mut accepted = None;
    let mut rejections = Vec::new();
    for service in candidates {
        match receive_for(service, path, webhook, correlation).await {
            // Another connection of the path may accept it.
            Err(WebhookError::Rejected(rejection)) => rejections.push(format!("{}: {rejection:?}", service.name())),
            Ok(received) => {
                let is_known = received.unknown == 0 || received.new + received.duplicates > 0;
                accepted = Some((service, received));
                // Another connection with the same secret may know the recipient.
                if is_known {
                    break;
                }
            }
            Err(error) => return Routed { service: Some(service), outcome: Err(error) },
        }
    }
    match accepted {
        Some((service, received)) => Routed { service: Some(service), outcome: Ok(received) },
        None => Routed { service: None, outcome: Err(WebhookError::RejectedByAll(rejections.join("; "))) },
    }
}

async fn receive_for(
    service: &ConnectionService,
    path: &str,
    webhook: &Webhook,
    correlation: &str,
) -> Result<Received, WebhookError> {
    let verified = inbound::verify(service, webhook).await?;
    // Webhooks from operator-built sources do not contain the id of the integration, so their key alone decides.
    let is_from_operator = matches!(verified.authenticity, Authenticity::ApiKey(_));
    if !is_from_operator && !may_belong_to(service, path, &webhook.body) {
        let reason = "it does not contain the connection's integration-id".into();
        return Err(WebhookError::Rejected(Rejection::OtherConnection(reason)));
    }
    inbound::receive(service, webhook, verified, correlation).await
}

/// Returns whether the webhook names this connection by its path or its integration.
fn matches_exactly(service: &ConnectionService, path: &str, body: &[u8]) -> bool {
    service.name().eq_ignore_ascii_case(path) || service.integration_id().is_some_and(|id| contains(body, id))
}

/// Returns whether the webhook may belong to this connection although other connections share the path.
fn may_belong_to(service: &ConnectionService, path: &str, body: &[u8]) -> bool {
    service.name().eq_ignore_ascii_case(path) || service.integration_id().is_none_or(|id| contains(body, id))
}

/// Returns whether a body contains an id. Ids are hexadecimal digits, which operators copy in either case.
fn contains(body: &[u8], id: &str) -> bool {
    memchr::memmem::find(&body.to_ascii_lowercase(), id.to_ascii_lowercase().as_bytes()).is_some()
}
