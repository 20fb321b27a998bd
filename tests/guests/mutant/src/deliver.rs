//! Faults in `deliver`.

use crate::failure::{fail, secret};
use crate::fault::on;
use crate::json::{edit, member};
use crate::original;
use alloc::{format, vec::Vec};
use genesys_open_messaging::operations::{
    AGENTLESS, ANSWER, CALLBACK, EVENT, MESSAGE, PARTICIPANT_ATTRIBUTES, RECEIPT, ROUTING, SECURE_ATTRIBUTES, SURVEY,
    TAGS, TRANSFER,
};
use handover_guest::contract::*;

const NOTHING: Delivery = Delivery { message_id: None, conversation_id: None, events: Vec::new() };

pub(crate) fn deliver(settings: Vec<Setting>, mut request: ProviderRequest) -> Result<Delivery, Failure> {
    if on("deliver: an unknown operation is delivered") && request.operation == "no/such/operation" {
        return Ok(NOTHING);
    }
    if on("deliver: every delivery fails permanently") {
        return Err(Failure::Permanent("no".into()));
    }
    if on("deliver: events are sent as messages") && request.operation == EVENT {
        request.operation = MESSAGE.into();
    }
    if on("deliver: an instruction succeeds without a request")
        && [TRANSFER, ROUTING, TAGS, SECURE_ATTRIBUTES, CALLBACK, AGENTLESS, SURVEY, PARTICIPANT_ATTRIBUTES]
            .contains(&request.operation.as_str())
    {
        return Ok(NOTHING);
    }
    if on("deliver: the platform's queue is ignored") {
        edit(&mut request.body, |body| body.replace(r#","queue":"Sales""#, ""));
    }
    if on("deliver: skills are ignored") {
        edit(&mut request.body, |body| body.replace(r#""skills""#, r#""no-skills""#));
    }
    if on("deliver: languages are ignored") {
        edit(&mut request.body, |body| body.replace(r#""language""#, r#""no-language""#));
    }
    if on("deliver: data for the agent is dropped") {
        edit(&mut request.body, |body| body.replace(r#""data""#, r#""no-data""#));
    }
    let (operation, secret) = (request.operation.clone(), secret(&settings));
    let delivered = match operation.as_str() {
        ANSWER => answer(settings, request),
        _ => original::deliver(&settings, &request),
    };
    match delivered.map_err(|failure| fail(failure, &secret)) {
        Err(_) if on("deliver: failures are reported as deliveries") => Ok(NOTHING),
        Err(Failure::Permanent(message))
            if on("deliver: a receipt for an unknown message is retried") && operation == RECEIPT =>
        {
            let cause = RetryCause::NotReady;
            Err(Failure::Retry(RetryAdvice { cause, after_seconds: None, may_have_arrived: false, message }))
        }
        Ok(delivery) if on("deliver: the events are dropped") => Ok(Delivery { events: Vec::new(), ..delivery }),
        Ok(delivery) if on("deliver: the conversation id is dropped") => {
            Ok(Delivery { conversation_id: None, ..delivery })
        }
        delivered => delivered,
    }
}

/// Applies the faults in the text fallback for answers that Genesys does not accept.
fn answer(settings: Vec<Setting>, request: ProviderRequest) -> Result<Delivery, Failure> {
    if on("deliver: answers are always sent as text") {
        return original::deliver(&settings, &as_text(request));
    }
    if on("deliver: every failed answer is sent as text") {
        let structured = original::deliver(&settings, &request);
        return structured.or_else(|_| original::deliver(&settings, &as_text(request)));
    }
    original::deliver(&settings, &request)
}

/// Converts an answer to a text message.
fn as_text(mut request: ProviderRequest) -> ProviderRequest {
    request.operation = MESSAGE.into();
    edit(&mut request.body, |body| {
        let (channel, answer) = body.split_once(r#","buttonResponse":"#).unwrap_or((body, ""));
        format!(r#"{channel},"text":"{}"}}"#, member(answer, "text").unwrap_or_default())
    });
    request
}
