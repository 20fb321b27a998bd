//! Faults in answers and receipts.

use super::{Built, insert, replace, sound};
use crate::fault::on;
use alloc::{string::String, vec::Vec};
use handover_guest::contract::*;

/// Stands for nothing until the sound provider has looked.
const MARK: &str = "what-is-not-there";

pub(crate) fn build_answer(settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    if let OutboundMessage::Answer(answer) = &mut message.message {
        if on("build: a button is a quick reply") && answer.kind == AnswerKind::Button {
            answer.kind = AnswerKind::QuickReply;
        }
        if on("build: answers of any length") {
            for text in [&mut answer.text, &mut answer.payload] {
                *text = text.chars().take(100).collect();
            }
        }
        if on("build: answers with nothing on them") {
            for text in [&mut answer.text, &mut answer.payload] {
                if text.trim().is_empty() {
                    *text = MARK.into();
                }
            }
        }
        if on("build: the payload is the text") {
            answer.payload = String::new();
        }
    }
    let mut requests = sound(settings, conversation, message)?;
    requests.iter_mut().for_each(|request| replace(request, MARK, ""));
    Ok(requests)
}

pub(crate) fn build_receipt(settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    if let OutboundMessage::Receipt(receipt) = &mut message.message
        && matches!(receipt.outcome, ReceiptOutcome::Failed(_))
        && on("build: every failure is a general one")
    {
        receipt.outcome = ReceiptOutcome::Failed(FailureReason::Other);
    }
    let mut requests = sound(settings, conversation, message)?;
    for request in &mut requests {
        if on("build: a receipt is from the user") {
            replace(request, r#""to":{"#, r#""from":{"#);
        }
        if on("build: no receipt is the last") {
            replace(request, r#""isFinalReceipt":true"#, r#""isFinalReceipt":false"#);
        }
        if on("build: what was delivered has reasons") {
            insert(request, r#""status":"Delivered""#, r#","reasons":[{"code":"GeneralError","message":""}]"#);
        }
    }
    Ok(requests)
}
