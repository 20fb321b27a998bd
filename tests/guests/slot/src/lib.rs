//! Which of a test guest's cases is on: a number in the component's data, patched from without. That is quicker than
//! building dozens of components, and keeps the cases side by side.

#![no_std]

extern crate alloc;

use alloc::vec::Vec;

/// What the slot begins with; behind it are three digits, 000 for no case.
const MARK: &[u8; 18] = b"guest-slot-number:";

/// A place for the number of a case. One `static` of a guest, and one only.
#[derive(Debug)]
#[repr(transparent)]
pub struct Slot([u8; 21]);

impl Slot {
    /// No case is on.
    pub const EMPTY: Self = Self(*b"guest-slot-number:000");

    /// The case that is on, counted from 0.
    #[must_use]
    pub fn chosen(&'static self) -> Option<usize> {
        // SAFETY: it is always there to be read. Volatile, for what the compiler saw in it is not what is there.
        let slot = unsafe { core::ptr::read_volatile(&raw const self.0) };
        let digits = slot.iter().skip(MARK.len());
        let number = digits.fold(0, |number, digit| number * 10 + usize::from(digit.wrapping_sub(b'0')));
        number.checked_sub(1)
    }
}

/// The component with this case on, counted from 0; `None` if the component has no slot, or no number is so long.
#[must_use]
pub fn choose(component: &[u8], case: usize) -> Option<Vec<u8>> {
    let number = case + 1;
    let mut chosen = component.to_vec();
    let at = chosen.windows(MARK.len()).position(|window| window == MARK)? + MARK.len();
    for (byte, digit) in chosen.get_mut(at..)?.iter_mut().zip([number / 100, number / 10 % 10, number % 10]) {
        *byte = b'0' + u8::try_from(digit).ok().filter(|digit| *digit < 10)?;
    }
    Some(chosen)
}
