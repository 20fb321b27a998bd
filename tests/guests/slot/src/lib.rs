//! Selects a case of a test guest by a number in the data of the built component.
//!
//! A test patches the number. This is faster than building dozens of components, and one crate contains all cases.

#![no_std]

extern crate alloc;

use alloc::vec::Vec;

/// The start of the slot. Three digits follow; 000 means that no case is on.
const PREFIX: &[u8; 18] = b"guest-slot-number:";

/// The slot for the number of a case. A guest must have exactly one, as a `static`.
#[derive(Debug)]
#[repr(transparent)]
pub struct Slot([u8; 21]);

impl Slot {
    /// The slot with no case on.
    pub const EMPTY: Self = Self(*b"guest-slot-number:000");

    /// Returns the case that is on, counted from 0.
    #[must_use]
    pub fn chosen(&'static self) -> Option<usize> {
        // SAFETY: the reference is valid. The read is volatile because the data changes after compilation.
        let slot = unsafe { core::ptr::read_volatile(&raw const self.0) };
        let digits = slot.iter().skip(PREFIX.len());
        let number = digits.fold(0, |number, digit| number * 10 + usize::from(digit.wrapping_sub(b'0')));
        number.checked_sub(1)
    }
}

/// Returns the component with the case on, counted from 0; `None` if the component has no slot or the number has more
/// than three digits.
#[must_use]
pub fn choose(component: &[u8], case: usize) -> Option<Vec<u8>> {
    let number = case + 1;
    let mut chosen = component.to_vec();
    let at = chosen.windows(PREFIX.len()).position(|window| window == PREFIX)? + PREFIX.len();
    for (byte, digit) in chosen.get_mut(at..)?.iter_mut().zip([number / 100, number / 10 % 10, number % 10]) {
        *byte = b'0' + u8::try_from(digit).ok().filter(|digit| *digit < 10)?;
    }
    Some(chosen)
}
