//! Faults in `build-bot-response`.

use crate::fault::on;
use crate::state;
use alloc::{string::String, vec::Vec};
use bot_connector_guest::BotConnector;
use bot_connector_guest::contract::*;
use genesys_bot_connector::GenesysBotConnector as Original;
use genesys_bot_connector::settings::{Prepared, Product};
use handover_guest::contract::*;

/// Replaces a text in the body of a response.
pub(crate) fn edit(response: &mut BotResponse, from: &str, to: &str) {
    response.body = String::from_utf8_lossy(&response.body).replace(from, to).into_bytes();
}

pub(crate) fn build(
    settings: &Prepared<'_>,
    turn: &Turn,
    turn_number: u32,
    answer: &BotAnswer,
) -> Result<BotResponse, Unsupported> {
    let (mut settings, mut answer) = (settings.clone(), answer.clone());
    let turn_number = if on("response: the turn does not count") { 1 } else { turn_number };
    if on("response: every answer is v1's") {
        settings.product = Product::BotConnector;
    }
    if on("response: every answer is v2's") {
        settings.product = Product::DigitalBotConnector;
    }
    if on("response: only the first message is sent") {
        answer.messages.truncate(1);
    }
    if on("response: structured parts are dropped") {
        answer.messages.iter_mut().for_each(|message| message.content.clear());
    }
    if on("response: confidential parameters are sent") {
        let of_handover = match &mut answer.next {
            NextStep::Handover(handover) => handover.attributes.iter_mut(),
            _ => [].iter_mut(),
        };
        answer.parameters.iter_mut().chain(of_handover).for_each(|attribute| attribute.confidential = false);
    }
    if on("response: a failure is a result")
        && let NextStep::Fail(reason) = &answer.next
    {
        answer.next = NextStep::Complete(BotResult { intent: reason.clone(), slots: Vec::new() });
    }
    settings.has_attachments |= on("response: attachments are always sent");
    let mut built = Original::build_bot_response(&settings, turn, turn_number, &answer);
    if on("response: every slot is accepted") && built.is_err() {
        answer.next = NextStep::Wait;
        built = Original::build_bot_response(&settings, turn, turn_number, &answer);
    }
    let response = built.as_mut().map_err(|error| error.clone())?;
    if on("response: it is empty") {
        response.body.clear();
    }
    if on("response: the status is 202") {
        response.status = 202;
    }
    if on("response: the intent is missing") {
        edit(response, r#""intent":"#, r#""intention":"#);
    }
    if on("response: every state is in capital letters") {
        for (state, capitals) in [("MoreData", "MOREDATA"), ("Complete", "COMPLETE"), ("Failed", "FAILED")] {
            edit(response, state, capitals);
        }
    }
    if on("response: currencies are numbers") {
        edit(response, r#""amount":"5.00""#, r#""amount":5.00"#);
    }
    if on("response: a card has no image") {
        edit(response, r#""image":"#, r#""picture":"#);
    }
    response.body.extend(state().bytes());
    built
}
