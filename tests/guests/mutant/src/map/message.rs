//! Faults in what agents and bots write, in typing and in receipts.

use super::content;
use crate::fault::on;
use crate::settings::is;
use handover_guest::contract::*;

pub(super) fn mistake(settings: &[Setting], body: &str, event: &mut AgentEvent) {
    let hidden = is(settings, "show-bot-messages", "false");
    if let EventKind::Ignored(why) = &mut event.kind {
        if on("map: the reason repeats the text") {
            *why = body.into();
        }
        if on("map: the unknown is taken for typing") {
            event.kind = EventKind::Typing(0);
        }
    }
    match &mut event.kind {
        EventKind::Message(message) => {
            if on("map: whoever is no person is hidden") && hidden && message.author == Author::Unknown {
                event.kind = EventKind::Ignored("nobody's message".into());
                return;
            }
            content::mistake(message, body);
            if on("map: attachments get lost") {
                message.content.clear();
            }
            if on("map: everybody is human") {
                message.author = Author::Human;
            }
        }
        EventKind::Typing(_) if on("map: typing is hidden with the bots") && hidden => {
            event.kind = EventKind::Ignored("somebody types".into());
        }
        EventKind::Typing(lasts) if on("map: typing in seconds") => *lasts /= 1000,
        EventKind::Receipt(receipt) => {
            if on("map: what failed was delivered") && matches!(receipt.status, ReceiptStatus::Failed(_)) {
                receipt.status = ReceiptStatus::Delivered;
            }
            if on("map: every receipt is the last") {
                receipt.final_ = true;
            }
        }
        _ => {}
    }
}
