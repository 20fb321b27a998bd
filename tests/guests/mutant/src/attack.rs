//! What a hostile plugin does to its host.

use crate::fault::on;
use alloc::{string::String, vec::Vec};
use core::hint::black_box;
use genesys_open_messaging::contract::{AgentEvent, EventKind};

/// Attacks, if an attack is on.
pub(crate) fn attack() {
    if on("attack: a loop without end") {
        loop {
            black_box(0);
        }
    }
    if on("attack: memory without end") {
        let mut hoard = Vec::new();
        loop {
            hoard.push(black_box(Vec::<u8>::with_capacity(1 << 20)));
        }
    }
    if on("attack: recursion without end") {
        black_box(deeper(black_box(1)));
    }
    if on("attack: a panic") {
        let nothing: Option<u8> = black_box(None);
        #[expect(clippy::unwrap_used, reason = "it has to panic")]
        black_box(nothing.unwrap());
    }
}

#[expect(unconditional_recursion, reason = "it has to overflow the stack")]
fn deeper(depth: u64) -> u64 {
    black_box(deeper(black_box(depth + 1))) + depth
}

/// An event that is not what the contract says, if that is the attack.
pub(crate) fn spoil(event: &mut AgentEvent) {
    if on("attack: text that is not UTF-8") {
        // SAFETY: not sound, which is the point: whoever takes the text must look at it. Nothing here reads it.
        let text = unsafe { String::from_utf8_unchecked(Vec::from([0xff, 0xfe])) };
        event.kind = EventKind::Ignored(text);
    }
    if on("attack: an id that is too long") {
        event.id = "1".repeat(513);
    }
}
