//! Makes a request from its body.

use handover_guest::contract::*;
use serde::Serialize;

/// Returns a request of a conversation with this idempotency key.
pub(super) fn request(
    conversation: &Conversation,
    key: &str,
    operation: &str,
    body: &impl Serialize,
) -> Result<ProviderRequest, Unsupported> {
    // Serialization fails only for a map with keys other than strings, or for a failing writer.
    let body = serde_json::to_vec(body).map_err(|_| Unsupported::Kind("what JSON cannot hold".into()))?;
    Ok(ProviderRequest {
        idempotency_key: key.into(),
        recipient: conversation.recipient.clone(),
        operation: operation.into(),
        ttl_ms: None,
        body,
    })
}
