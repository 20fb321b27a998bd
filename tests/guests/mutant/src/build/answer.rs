//! Faults in answers and receipts.

use super::{Built, call_original, insert, replace};
use crate::fault::on;
use alloc::{string::String, vec::Vec};
use handover_guest::contract::*;

/// Replaces empty texts, because the original provider refuses them. Removed from the result.
const PLACEHOLDER: &str = "placeholder-text";

pub(crate) fn build_answer(settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    if let OutboundMessage::Answer(answer) = &mut message.message {
        if on("build: a button becomes a quick reply") && answer.kind == AnswerKind::Button {
            answer.kind = AnswerKind::QuickReply;
        }
        if on("build: long answers are truncated") {
            for text in [&mut answer.text, &mut answer.payload] {
                *text = text.chars().take(100).collect();
            }
        }
        if on("build: empty answers are sent") {
            for text in [&mut answer.text, &mut answer.payload] {
                if text.trim().is_empty() {
                    *text = PLACEHOLDER.into();
                }
            }
        }
        if on("build: the text replaces the payload") {
            answer.payload = String::new();
        }
    }
    let mut requests = call_original(settings, conversation, message)?;
    requests.iter_mut().for_each(|request| replace(request, PLACEHOLDER, ""));
    Ok(requests)
}

pub(crate) fn build_receipt(settings: Vec<Setting>, conversation: Conversation, mut message: Outbound) -> Built {
    if let OutboundMessage::Receipt(receipt) = &mut message.message
        && matches!(receipt.outcome, ReceiptOutcome::Failed(_))
        && on("build: every failure has a general reason")
    {
        receipt.outcome = ReceiptOutcome::Failed(FailureReason::Other);
    }
    let mut requests = call_original(settings, conversation, message)?;
    for request in &mut requests {
        if on("build: a receipt is from the user") {
            replace(request, r#""to":{"#, r#""from":{"#);
        }
        if on("build: no receipt is final") {
            replace(request, r#""isFinalReceipt":true"#, r#""isFinalReceipt":false"#);
        }
        if on("build: a delivered receipt has reasons") {
            insert(request, r#""status":"Delivered""#, r#","reasons":[{"code":"GeneralError","message":""}]"#);
        }
    }
    Ok(requests)
}
