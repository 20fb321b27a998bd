//! Facts about a handover that the user does not see.

use super::fields::given;
use super::request::request;
use crate::ids::conversation_id;
use crate::operations::{CallOfConversation, SECURE_ATTRIBUTES, TAGS};
use crate::wire::conversations::{ConversationSecureAttributes, ConversationTagsUpdate};
use alloc::{collections::BTreeMap, vec::Vec};
use handover_guest::contract::*;
use handover_guest::outbound::{invalid, part_key};

/// Builds a request for the reference and one for the attributes. Each may be repeated without harm.
pub(super) fn annotate(
    conversation: &Conversation,
    outbound: &Outbound,
    annotation: &Annotation,
) -> Result<Vec<ProviderRequest>, Unsupported> {
    let reference = given(&annotation.reference);
    if annotation.attributes.iter().any(|attribute| !attribute.confidential) {
        return Err(invalid("annotate.attributes", "confidential attributes only; the others belong to the start"));
    }
    let attributes = annotation.attributes.iter();
    let attributes: BTreeMap<_, _> = attributes
        .map(|attribute| (attribute.key.trim(), attribute.value.as_str()))
        .filter(|(key, _)| !key.is_empty())
        .collect();
    if reference.is_none() && attributes.is_empty() {
        return Err(invalid("annotate", "a reference or a confidential attribute"));
    }
    let conversation_id = conversation_id(conversation).ok_or(Unsupported::NoConversation)?;
    let mut requests = Vec::new();
    if let Some(external_tag) = reference {
        let body = ConversationTagsUpdate { external_tag };
        requests.push(request(conversation, &outbound.id, TAGS, &CallOfConversation { conversation_id, body })?);
    }
    if !attributes.is_empty() {
        let body = ConversationSecureAttributes { attributes };
        let key = part_key(outbound, u32::from(reference.is_some()));
        requests.push(request(conversation, &key, SECURE_ATTRIBUTES, &CallOfConversation { conversation_id, body })?);
    }
    Ok(requests)
}
