//! Spends what is the host's.

use crate::cases::{Case, on};
use alloc::{vec, vec::Vec};
use core::hint::black_box;

/// Loops for ever if that is the case; and what can be done in any function, where events are mapped.
pub(crate) fn spend(loops: Case) {
    if on(loops) {
        loop {
            black_box(0);
        }
    }
    if loops != Case::loop_in_map_agent_events {
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
        #[expect(clippy::unwrap_used, reason = "it has to panic")]
        black_box(nothing.unwrap());
    }
    in_wasm();
}

#[expect(unconditional_recursion, reason = "it has to overflow the stack")]
fn deeper(depth: u64) -> u64 {
    black_box(deeper(black_box(depth + 1))) + depth
}

#[cfg(target_family = "wasm")]
fn in_wasm() {
    use core::arch::wasm32;
    const PAGE: usize = 64 << 10;
    if on(Case::memory_to_the_limit) {
        // As much as there is, all of it written to.
        while wasm32::memory_grow(0, 1) != usize::MAX {
            let last = (wasm32::memory_size(0) - 1) * PAGE;
            // SAFETY: the page is there, and nobody else has it: the allocator did not grow the memory.
            unsafe { core::ptr::without_provenance_mut::<u8>(last).write_volatile(1) };
        }
    }
    if on(Case::trap) {
        wasm32::unreachable();
    }
    if on(Case::access_out_of_bounds) {
        // SAFETY: not sound, which is the point.
        black_box(unsafe { core::ptr::without_provenance::<u8>(0xffff_fff0).read_volatile() });
    }
}

#[cfg(not(target_family = "wasm"))]
fn in_wasm() {}

/// Bytes that are said to be so many. More than 2 GiB are no length of Rust's, and one of the canonical ABI's all the same.
pub(crate) fn forged(bytes: usize) -> Vec<u8> {
    let mut few = core::mem::ManuallyDrop::new(vec![b'a'; 8]);
    // SAFETY: not sound, which is the point: whoever takes them must look whether they are there. Nothing here reads them.
    unsafe { Vec::from_raw_parts(few.as_mut_ptr(), bytes, bytes.min(isize::MAX as usize)) }
}
