//! Builds the answer to a turn: the response of v1 or v2, or a message of v2 after the response.

use crate::reply::{replies, text};
use crate::settings::{Prepared, Product};
use crate::slots::{entity, typed};
use crate::wire::answer as wire;
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use bot_connector_guest::contract::*;
use handover_guest::contract::*;
use handover_guest::events::digest;
use handover_guest::outbound::invalid;
use serde::Serialize;

/// The operation of a late answer.
pub(crate) const LATE_ANSWER: &str = "late-answer";
/// The slot of a handover with the queue.
pub(crate) const QUEUE_SLOT: &str = "queueId";
/// The slot of a handover with the summary.
pub(crate) const SUMMARY_SLOT: &str = "summary";
/// The slot that changes in each answer after which the bot waits.
pub(crate) const TURN_SLOT: &str = "turn";

/// Builds the response to a turn.
///
/// # Errors
/// A slot has a value of another type, or a field is missing.
pub fn build(settings: &Prepared<'_>, turn_number: u32, answer: &BotAnswer) -> Result<BotResponse, Unsupported> {
    match settings.product {
        Product::BotConnector => Ok(json(200, &of_version_1(settings, turn_number, answer)?)),
        Product::DigitalBotConnector => Ok(json(200, &of_version_2(settings, answer)?)),
    }
}

/// Builds the request that delivers an answer after the response to its turn.
///
/// # Errors
/// As for [`build`]; or the turn permits no late answer.
pub fn build_late(
    settings: &Prepared<'_>,
    turn: &Turn,
    answer: &BotAnswer,
    time: Timestamp,
) -> Result<ProviderRequest, Unsupported> {
    if !turn.permits_late_answer {
        return Err(Unsupported::Kind(LATE_ANSWER.into()));
    }
    let required = |value: &'_ Option<String>, field: &str| value.clone().ok_or_else(|| invalid(field, "a value"));
    let (version, language) = (required(&turn.version, "turn.version")?, required(&turn.language, "turn.language")?);
    let body = json(
        200,
        &wire::OutgoingMessageRequest {
            bot_id: &turn.bot,
            bot_version: &version,
            bot_session_id: &turn.session_id,
            language_code: &language,
            answer: of_version_2(settings, answer)?,
        },
    )
    .body;
    Ok(ProviderRequest {
        idempotency_key: format!("{LATE_ANSWER}:{}:{time}:{}", turn.session_id, digest(&body)),
        recipient: turn.session_id.clone(),
        operation: LATE_ANSWER.into(),
        ttl_ms: None,
        body,
    })
}

/// Creates a response with a body in JSON.
pub(crate) fn json(status: u16, body: &impl Serialize) -> BotResponse {
    let headers = vec![("content-type".into(), "application/json".into())];
    // Fails only for maps whose keys are no texts, and all of these are.
    BotResponse { status, headers, body: serde_json::to_vec(body).unwrap_or_default() }
}

fn of_version_1<'a>(
    settings: &'a Prepared<'_>,
    turn_number: u32,
    answer: &'a BotAnswer,
) -> Result<wire::BotResponse<'a>, Unsupported> {
    let mut response = wire::BotResponse {
        // It is not known whether v1 supports attachments.
        replymessages: replies(&answer.messages, false),
        bot_state: wire::BotState::Complete,
        intent: None,
        slot_values: BTreeMap::new(),
        parameters: parameters(answer),
        error_info: None,
    };
    let text_slot = |value| wire::SlotValues::One(wire::SlotValue::Text(value));
    match &answer.next {
        NextStep::Wait => {
            response.bot_state = wire::BotState::MoreData;
            response.intent = Some(settings.talking_intent);
            let number = wire::SlotValue::Integer(turn_number.into());
            response.slot_values.insert(TURN_SLOT, wire::SlotValues::One(number));
            // It is not known whether Genesys accepts an answer without messages.
            if response.replymessages.is_empty() {
                response.replymessages.push(text(""));
            }
        }
        NextStep::Complete(result) => {
            response.intent = Some(&result.intent);
            for (index, slot) in result.slots.iter().enumerate() {
                response.slot_values.insert(&slot.slot.name, typed(index, slot)?);
            }
        }
        NextStep::Handover(handover) => {
            response.intent = Some(settings.handover_intent);
            let slots = [(QUEUE_SLOT, &handover.queue), (SUMMARY_SLOT, &handover.summary)];
            let given = slots.into_iter().filter_map(|(name, value)| Some((name, text_slot(value.as_deref()?))));
            response.slot_values.extend(given);
        }
        NextStep::Fail(reason) => {
            response.bot_state = wire::BotState::Failed;
            response.error_info = Some(error_info(reason));
        }
    }
    Ok(response)
}

fn of_version_2<'a>(settings: &'a Prepared<'_>, answer: &'a BotAnswer) -> Result<wire::Answer<'a>, Unsupported> {
    let mut response = wire::Answer {
        bot_state: wire::BotState::Complete,
        intent: None,
        reply_messages: replies(&answer.messages, settings.has_attachments),
        entities: Vec::new(),
        parameters: parameters(answer),
        error_info: None,
    };
    let text_slot = |name: &'static str, value: &str| wire::BotEntityValue {
        name,
        kind: "String",
        value: Some(value.to_string()),
        values: None,
    };
    match &answer.next {
        NextStep::Wait => response.bot_state = wire::BotState::MoreData,
        NextStep::Complete(result) => {
            response.intent = Some(&result.intent);
            response.entities =
                result.slots.iter().enumerate().map(|(index, slot)| entity(index, slot)).collect::<Result<_, _>>()?;
        }
        NextStep::Handover(handover) => {
            response.intent = Some(settings.handover_intent);
            let slots = [(QUEUE_SLOT, &handover.queue), (SUMMARY_SLOT, &handover.summary)];
            response.entities =
                slots.into_iter().filter_map(|(name, value)| Some(text_slot(name, value.as_deref()?))).collect();
        }
        NextStep::Fail(reason) => {
            response.bot_state = wire::BotState::Failed;
            response.error_info = Some(error_info(reason));
        }
    }
    Ok(response)
}

/// Returns the output variables of the action. A handover's attributes are among them. Scripts and reports show them, so
/// confidential ones are left out.
fn parameters(answer: &BotAnswer) -> BTreeMap<&str, &str> {
    let of_handover = match &answer.next {
        NextStep::Handover(handover) => handover.attributes.as_slice(),
        _ => &[],
    };
    let shown = answer.parameters.iter().chain(of_handover).filter(|attribute| !attribute.confidential);
    shown.map(|attribute| (attribute.key.as_str(), attribute.value.as_str())).collect()
}

fn error_info(reason: &str) -> wire::ErrorInfo<'_> {
    const CODE: &str = "bot-failed";
    wire::ErrorInfo { error_code: CODE, error_message: reason, code: CODE, message: reason }
}
