//! Faults in `find-delivery`.

use crate::failure::{fail, secret};
use crate::fault::on;
use crate::json::edit;
use alloc::{string::String, vec::Vec};
use genesys_open_messaging::GenesysOpenMessaging as Sound;
use genesys_open_messaging::contract::*;
use genesys_open_messaging::outbound::EVENT;

pub(crate) fn find(
    settings: Vec<Setting>,
    conversation: Conversation,
    mut request: ProviderRequest,
) -> Result<Finding, Failure> {
    if on("find: nothing is ever there") {
        return Ok(Finding::Missing);
    }
    if on("find: whoever is not told knows") && conversation.id.is_none() {
        return Ok(Finding::Missing);
    }
    if on("find: typing is a message") && request.operation == EVENT {
        return Ok(Finding::Missing);
    }
    if on("find: it is sent again") {
        let delivered = Sound::deliver(settings, request);
        return delivered.map(Finding::Arrived);
    }
    if on("find: any message is the one") {
        edit(&mut request.body, |body| String::from(body).replace("m-1", "m-0"));
    }
    let secret = secret(&settings);
    match Sound::find_delivery(settings, conversation, request).map_err(|failure| fail(failure, &secret)) {
        Err(_) if on("find: a failure is an answer") => Ok(Finding::Missing),
        Ok(Finding::Unknown) if on("find: a conversation that is over had no message") => Ok(Finding::Missing),
        Ok(Finding::Arrived(delivery)) if on("find: the conversation is not told") => {
            Ok(Finding::Arrived(Delivery { conversation: None, ..delivery }))
        }
        Ok(Finding::Arrived(delivery)) if on("find: the message is not told") => {
            Ok(Finding::Arrived(Delivery { message: None, ..delivery }))
        }
        found => found,
    }
}
