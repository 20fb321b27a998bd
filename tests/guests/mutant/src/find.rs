//! Faults in `find-delivery`.

use crate::failure::{fail, secret};
use crate::fault::on;
use crate::json::edit;
use crate::original;
use alloc::{string::String, vec::Vec};
use genesys_open_messaging::operations::{EVENT, PARTICIPANT_ATTRIBUTES, ROUTING, SECURE_ATTRIBUTES, TAGS, TRANSFER};
use handover_guest::contract::*;

pub(crate) fn find(
    settings: Vec<Setting>,
    conversation: Conversation,
    mut request: ProviderRequest,
) -> Result<DeliveryStatus, Failure> {
    if on("find: nothing is ever delivered") {
        return Ok(DeliveryStatus::NotDelivered);
    }
    if on("find: an instruction counts as delivered")
        && [TRANSFER, ROUTING, TAGS, SECURE_ATTRIBUTES, PARTICIPANT_ATTRIBUTES].contains(&request.operation.as_str())
    {
        return Ok(DeliveryStatus::Delivered(Delivery { message_id: None, conversation_id: None, events: Vec::new() }));
    }
    if on("find: no conversation id means not delivered") && conversation.id.is_none() {
        return Ok(DeliveryStatus::NotDelivered);
    }
    if on("find: typing is searched as a message") && request.operation == EVENT {
        return Ok(DeliveryStatus::NotDelivered);
    }
    if on("find: the request is sent again") {
        let delivered = original::deliver(&settings, &request);
        return delivered.map(DeliveryStatus::Delivered);
    }
    if on("find: another message id is searched") {
        edit(&mut request.body, |body| String::from(body).replace("m-1", "m-0"));
    }
    let secret = secret(&settings);
    match original::find_delivery(&settings, &conversation, &request).map_err(|failure| fail(failure, &secret)) {
        Err(_) if on("find: a failure becomes not delivered") => Ok(DeliveryStatus::NotDelivered),
        Ok(DeliveryStatus::Unknown) if on("find: unknown becomes not delivered") => Ok(DeliveryStatus::NotDelivered),
        Ok(DeliveryStatus::Delivered(delivery)) if on("find: the conversation id is dropped") => {
            Ok(DeliveryStatus::Delivered(Delivery { conversation_id: None, ..delivery }))
        }
        Ok(DeliveryStatus::Delivered(delivery)) if on("find: the message id is dropped") => {
            Ok(DeliveryStatus::Delivered(Delivery { message_id: None, ..delivery }))
        }
        found => found,
    }
}
