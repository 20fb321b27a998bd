//! Faults in messages of agents and bots, in typing and in receipts.

use super::content;
use crate::fault::on;
use crate::settings::is;
use handover_guest::contract::*;

pub(super) fn change_event(settings: &[Setting], body: &str, event: &mut AgentEvent) {
    let hidden = is(settings, "show-bot-messages", "false");
    if let EventKind::Ignored(why) = &mut event.kind {
        if on("map: the reason contains the body") {
            *why = body.into();
        }
        if on("map: unknown events become typing") {
            event.kind = EventKind::Typing(0);
        }
    }
    match &mut event.kind {
        EventKind::Message(message) => {
            if on("map: unknown authors are hidden") && hidden && message.author == Author::Unknown {
                event.kind = EventKind::Ignored("a message of an unknown author".into());
                return;
            }
            content::change_message(message, body);
            if on("map: message parts are dropped") {
                message.content.clear();
            }
            if on("map: every author is human") {
                message.author = Author::Human;
            }
        }
        EventKind::Typing(_) if on("map: typing is hidden with the bot messages") && hidden => {
            event.kind = EventKind::Ignored("typing".into());
        }
        EventKind::Typing(duration) if on("map: typing durations are in seconds") => *duration /= 1000,
        EventKind::Receipt(receipt) => {
            if on("map: failed receipts become delivered") && matches!(receipt.status, ReceiptStatus::Failed(_)) {
                receipt.status = ReceiptStatus::Delivered;
            }
            if on("map: every receipt is final") {
                receipt.is_last = true;
            }
        }
        _ => {}
    }
}
