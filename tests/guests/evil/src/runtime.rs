//! The runtime that a component without `std` must provide. Some cases attack from here.

use crate::cases::{Case, on};
use core::hint::black_box;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

// dlmalloc and the compiler call memcpy and similar functions of wasi-libc.
#[link(name = "c")]
unsafe extern "C" {}

/// Runs when the instance is created, before any export.
#[used]
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn() = start;

extern "C" fn start() {
    if on(Case::loop_at_start) {
        loop {
            black_box(0);
        }
    }
}

/// The canonical ABI's allocator.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
    use alloc::alloc::{alloc, realloc};
    use core::alloc::Layout;
    if on(Case::loop_in_cabi_realloc) {
        loop {
            black_box(0);
        }
    }
    if new_len == 0 {
        return core::ptr::without_provenance_mut(align);
    }
    // SAFETY: the canonical ABI passes a power of two as `align`. It passes as `old` a block from this function with
    // `old_len` bytes and the same alignment.
    let new = unsafe {
        if old_len == 0 {
            alloc(Layout::from_size_align_unchecked(new_len, align))
        } else {
            realloc(old, Layout::from_size_align_unchecked(old_len, align), new_len)
        }
    };
    if new.is_null() { core::arch::wasm32::unreachable() } else { new }
}
