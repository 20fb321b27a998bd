//! Faults in `deliver`.

use crate::failure::{fail, secret};
use crate::fault::on;
use crate::json::{edit, member};
use alloc::{format, vec::Vec};
use genesys_open_messaging::GenesysOpenMessaging as Sound;
use genesys_open_messaging::operations::{ANSWER, EVENT, MESSAGE, RECEIPT};
use handover_guest::contract::*;

const NOTHING: Delivery = Delivery { message_id: None, conversation_id: None };

pub(crate) fn deliver(settings: Vec<Setting>, mut request: ProviderRequest) -> Result<Delivery, Failure> {
    if on("deliver: what it did not build") && request.operation == "no/such/operation" {
        return Ok(NOTHING);
    }
    if on("deliver: nothing is ever delivered") {
        return Err(Failure::Permanent("no".into()));
    }
    if on("deliver: events are messages") && request.operation == EVENT {
        request.operation = MESSAGE.into();
    }
    let (operation, secret) = (request.operation.clone(), secret(&settings));
    let delivered = match operation.as_str() {
        ANSWER => answer(settings, request),
        _ => Sound::deliver(settings, request),
    };
    match delivered.map_err(|failure| fail(failure, &secret)) {
        Err(_) if on("deliver: everything is delivered") => Ok(NOTHING),
        Err(Failure::Permanent(message))
            if on("deliver: a receipt for an unknown message is tried again") && operation == RECEIPT =>
        {
            let cause = RetryCause::NotReady;
            Err(Failure::Retry(RetryAdvice { cause, after_seconds: None, may_have_arrived: false, message }))
        }
        Ok(delivery) if on("deliver: the conversation is not told") => {
            Ok(Delivery { conversation_id: None, ..delivery })
        }
        delivered => delivered,
    }
}

/// What is wrong with saying in words what Genesys does not take as an answer.
fn answer(settings: Vec<Setting>, request: ProviderRequest) -> Result<Delivery, Failure> {
    if on("deliver: answers are always said in words") {
        return Sound::deliver(settings, words(request));
    }
    if on("deliver: any failure of an answer is a reason for words") {
        let structured = Sound::deliver(settings.clone(), request.clone());
        return structured.or_else(|_| Sound::deliver(settings, words(request)));
    }
    Sound::deliver(settings, request)
}

/// The message that says what was pressed.
fn words(mut request: ProviderRequest) -> ProviderRequest {
    request.operation = MESSAGE.into();
    edit(&mut request.body, |body| {
        let (channel, answer) = body.split_once(r#","buttonResponse":"#).unwrap_or((body, ""));
        format!(r#"{channel},"text":"{}"}}"#, member(answer, "text").unwrap_or_default())
    });
    request
}
