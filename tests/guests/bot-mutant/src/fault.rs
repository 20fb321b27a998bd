//! The faults, and the slot that selects one.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};
use guest_slot::{Slot, choose};

/// The descriptions of all faults, which identify them.
pub const FAULTS: &[&str] = &[
    "deliver: everything is accepted",
    "deliver: nothing is accepted",
    "deliver: nothing was sent without an answer",
    "deliver: the id is dropped",
    "deliver: the outcome of every failure is unknown",
    "doctor: every check passes",
    "doctor: no bot is asked",
    "doctor: nothing is checked",
    "late: an answer is never the same again",
    "late: every answer has the same key",
    "late: every turn permits a late answer",
    "late: the language is invented",
    "late: the version is invented",
    "list: every bot has another name",
    "list: every id is found",
    "list: the description is missing",
    "list: the limits are ignored",
    "map: an id in a path is not decoded",
    "map: every malformed body is empty",
    "map: every other request is a list",
    "map: every request is unknown",
    "map: minutes count as seconds",
    "map: no turn permits a late answer",
    "map: only an object is a request",
    "map: the bot is its name",
    "map: the payload is dropped",
    "map: values of parameters are dropped",
    "prepared: foreign settings are accepted",
    "provisioning: a plan is applied",
    "provisioning: every step is applied",
    "purity: a pure function asks for the time",
    "purity: calls are counted",
    "register: failures are ignored",
    "register: nothing is registered",
    "register: the list of the Digital Bot Connector is registered",
    "response: a card has no image",
    "response: a failure is a result",
    "response: attachments are always sent",
    "response: confidential parameters are sent",
    "response: currencies are numbers",
    "response: every answer is v1's",
    "response: every answer is v2's",
    "response: every slot is accepted",
    "response: every state is in capital letters",
    "response: it is empty",
    "response: only the first message is sent",
    "response: structured parts are dropped",
    "response: the intent is missing",
    "response: the status is 202",
    "response: the turn does not count",
    "settings: every problem is an error",
    "settings: every setting is accepted",
    "settings: the header is always the default",
    "settings: the region is ignored",
    "settings: warnings are dropped",
    "verify: a beginning is enough",
    "verify: case is ignored",
    "verify: every request is accepted",
    "verify: every secret has the index 0",
    "verify: nothing is accepted",
    "verify: the first of several headers counts",
    "verify: the header of the settings is ignored",
    "verify: the reason is always the same",
];

#[used]
static SLOT: Slot = Slot::EMPTY;

/// Returns whether the fault is on.
pub(crate) fn on(fault: &str) -> bool {
    SLOT.chosen().and_then(|number| FAULTS.get(number)) == Some(&fault)
}

/// Returns the number of earlier calls in this instance. A provider must not keep such state.
pub(crate) fn count() -> u64 {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed)
}

/// Returns the component with the fault switched on; `None` if the fault is unknown or the component has no slot.
#[must_use]
pub fn with_fault(component: &[u8], fault: &str) -> Option<Vec<u8>> {
    choose(component, FAULTS.iter().position(|known| *known == fault)?)
}
