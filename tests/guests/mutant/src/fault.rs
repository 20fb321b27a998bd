//! The faults, and the slot that says which one is on.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

/// Every fault, by what is wrong.
pub const FAULTS: &[&str] = &[
    "build: a conversation is made up",
    "build: any id is right",
    "build: any time is a time",
    "build: anybody is a recipient",
    "build: attributes where they are refused",
    "build: empty texts are sent",
    "build: one key for everything",
    "build: the first request only",
    "build: the operation names the user",
    "build: the profile is always sent",
    "build: the profile is never sent",
    "build: the queue gets lost",
    "build: the time without milliseconds",
    "build: the transcript gets lost",
    "build: typing is not supported",
    "build: what is not supported becomes text",
    "deliver: events are messages",
    "deliver: everything is delivered",
    "deliver: nothing is ever delivered",
    "deliver: the conversation is not told",
    "deliver: what it did not build",
    "describe: a setting without help",
    "describe: a version that is none",
    "describe: an ability too many",
    "doctor: all is well",
    "doctor: no remedies",
    "failure: Retry-After gets lost",
    "failure: a secret is told",
    "failure: a server error means never",
    "failure: it may always have arrived",
    "failure: it surely did not arrive",
    "failure: no network means never",
    "failure: silence is a broken network",
    "failure: too many requests means never",
    "map: attachments get lost",
    "map: events get lost",
    "map: every receipt is the last",
    "map: everybody is human",
    "map: one id for everything",
    "map: the conversation is not told",
    "map: the reason repeats the text",
    "map: the recipient is not told",
    "map: the time in seconds",
    "map: the unknown is taken for typing",
    "map: typing in seconds",
    "map: what cannot be mapped is ignored",
    "map: what failed was delivered",
    "map: what is odd is malformed",
    "observe: a transfer is an end",
    "observe: agents have no names",
    "observe: any id is known",
    "observe: no end is seen",
    "purity: calls are counted",
    "purity: the clock in a pure function",
    "settings: a secret is not needed",
    "settings: always the same region",
    "settings: an origin of another name",
    "settings: any text is a host",
    "settings: any text is base64",
    "settings: any word is a switch",
    "settings: blanks are a value",
    "settings: everything repeats",
    "settings: nothing is required",
    "settings: only the first problem",
    "settings: problems repeat the value",
    "settings: the examples are not good enough",
    "settings: unknown keys are fine",
    "settings: warnings are kept back",
    "verify: any spelling of the prefix",
    "verify: blanks are trimmed",
    "verify: nobody is believed",
    "verify: padding may be missing",
    "verify: the URL alphabet as well",
    "verify: the body as text without blanks",
    "verify: the first secret only",
    "verify: the header's name in one spelling only",
    "verify: the last of several signatures",
    "verify: the prefix may be missing",
    "verify: what is not signed is believed",
    "verify: what is not well written is only wrong",
    "verify: without a secret everybody is believed",
    "verify: wrong signatures are believed",
];

/// Attacks on the host, which no conformance case is about: the host's limits are.
pub const ATTACKS: &[&str] = &[
    "attack: a loop without end",
    "attack: memory without end",
    "attack: recursion without end",
    "attack: a panic",
    "attack: text that is not UTF-8",
    "attack: an id that is too long",
];

/// What the slot begins with.
const MARK: &[u8; 16] = b"mutant-fault-no:";

/// The mark, and the number of the fault as three digits; 000 is none.
#[used]
static SLOT: [u8; 19] = *b"mutant-fault-no:000";

/// Whether a fault is the one that is on.
pub(crate) fn on(fault: &str) -> bool {
    // SAFETY: the slot is always there to be read. Volatile, for what the compiler saw in it is not what is there.
    let slot = unsafe { core::ptr::read_volatile(&raw const SLOT) };
    let digits = slot.iter().skip(MARK.len());
    let number = digits.fold(0, |number, digit| number * 10 + usize::from(digit.wrapping_sub(b'0')));
    number.checked_sub(1).and_then(|index| FAULTS.iter().chain(ATTACKS).nth(index)) == Some(&fault)
}

/// State that a provider must not keep.
pub(crate) fn count() -> u64 {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed)
}

/// The component with this fault or attack; `None` when there is no such one, or no slot in the component.
#[must_use]
pub fn with_fault(component: &[u8], fault: &str) -> Option<Vec<u8>> {
    let number = FAULTS.iter().chain(ATTACKS).position(|known| *known == fault)? + 1;
    let mut mutant = component.to_vec();
    let at = mutant.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    let digits = [number / 100, number / 10 % 10, number % 10];
    for (byte, digit) in mutant.get_mut(at..)?.iter_mut().zip(digits) {
        *byte = b'0' + u8::try_from(digit).ok()?;
    }
    Some(mutant)
}
