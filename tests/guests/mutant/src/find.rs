//! Faults in `find-delivery`.

use crate::failure::{fail, secret};
use crate::fault::on;
use crate::json::edit;
use alloc::{string::String, vec::Vec};
use genesys_open_messaging::GenesysOpenMessaging as Sound;
use genesys_open_messaging::operations::EVENT;
use handover_guest::contract::*;

pub(crate) fn find(
    settings: Vec<Setting>,
    conversation: Conversation,
    mut request: ProviderRequest,
) -> Result<DeliveryStatus, Failure> {
    if on("find: nothing is ever there") {
        return Ok(DeliveryStatus::NotDelivered);
    }
    if on("find: whoever is not told knows") && conversation.id.is_none() {
        return Ok(DeliveryStatus::NotDelivered);
    }
    if on("find: typing is a message") && request.operation == EVENT {
        return Ok(DeliveryStatus::NotDelivered);
    }
    if on("find: it is sent again") {
        let delivered = Sound::deliver(settings, request);
        return delivered.map(DeliveryStatus::Delivered);
    }
    if on("find: any message is the one") {
        edit(&mut request.body, |body| String::from(body).replace("m-1", "m-0"));
    }
    let secret = secret(&settings);
    match Sound::find_delivery(settings, conversation, request).map_err(|failure| fail(failure, &secret)) {
        Err(_) if on("find: a failure is an answer") => Ok(DeliveryStatus::NotDelivered),
        Ok(DeliveryStatus::Unknown) if on("find: a conversation that is over had no message") => {
            Ok(DeliveryStatus::NotDelivered)
        }
        Ok(DeliveryStatus::Delivered(delivery)) if on("find: the conversation is not told") => {
            Ok(DeliveryStatus::Delivered(Delivery { conversation_id: None, ..delivery }))
        }
        Ok(DeliveryStatus::Delivered(delivery)) if on("find: the message is not told") => {
            Ok(DeliveryStatus::Delivered(Delivery { message_id: None, ..delivery }))
        }
        found => found,
    }
}
