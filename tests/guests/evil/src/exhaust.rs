//! Exhausts the CPU time, memory or stack, and traps.

use crate::cases::{Case, on};
use alloc::{vec, vec::Vec};
use core::hint::black_box;

/// Loops forever if the case is on. In `map-agent-events`, also runs the cases that do not depend on a function.
pub(crate) fn exhaust(loop_case: Case) {
    if on(loop_case) {
        loop {
            black_box(0);
        }
    }
    if loop_case != Case::loop_in_map_agent_events {
        return;
    }
    if on(Case::memory_past_the_limit) {
        let mut hoard = Vec::new();
        loop {
            hoard.push(black_box(Vec::<u8>::with_capacity(1 << 20)));
        }
    }
    if on(Case::recursion) {
        black_box(deeper(black_box(1)));
    }
    if on(Case::panic) {
        let nothing: Option<u8> = black_box(None);
        #[expect(clippy::unwrap_used, reason = "the case must panic")]
        black_box(nothing.unwrap());
    }
    in_wasm();
}

#[expect(unconditional_recursion, reason = "the case must overflow the stack")]
fn deeper(depth: u64) -> u64 {
    black_box(deeper(black_box(depth + 1))) + depth
}

#[cfg(target_family = "wasm")]
fn in_wasm() {
    use core::arch::wasm32;
    const PAGE: usize = 64 << 10;
    if on(Case::memory_to_the_limit) {
        // Allocates and writes to all available memory.
        while wasm32::memory_grow(0, 1) != usize::MAX {
            let last = (wasm32::memory_size(0) - 1) * PAGE;
            // SAFETY: the page exists. The allocator does not use it, because it did not grow the memory itself.
            unsafe { core::ptr::without_provenance_mut::<u8>(last).write_volatile(1) };
        }
    }
    if on(Case::trap) {
        wasm32::unreachable();
    }
    if on(Case::access_out_of_bounds) {
        // SAFETY: deliberately unsound.
        black_box(unsafe { core::ptr::without_provenance::<u8>(0xffff_fff0).read_volatile() });
    }
}

#[cfg(not(target_family = "wasm"))]
fn in_wasm() {}

/// Returns bytes with a false length. Rust does not permit a length of more than 2 GiB, but the canonical ABI does.
pub(crate) fn forged(len: usize) -> Vec<u8> {
    let mut bytes = core::mem::ManuallyDrop::new(vec![b'a'; 8]);
    // SAFETY: deliberately unsound. The host must verify that the bytes exist. The guest does not read them.
    unsafe { Vec::from_raw_parts(bytes.as_mut_ptr(), len, len.min(isize::MAX as usize)) }
}
