//! What `wit-bindgen` makes of the contract, and what a component without `std` has to bring along.

#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::undocumented_unsafe_blocks,
    reason = "generated from wit/, where it is documented"
)]

wit_bindgen::generate!({
    path: "../wit/0.1.0",
    world: "handover-provider",
    generate_all,
    pub_export_macro: true,
    additional_derives: [PartialEq],
});

#[cfg(target_family = "wasm")]
mod runtime {
    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }

    // dlmalloc and the compiler call memcpy and its kin, which are wasi-libc's.
    #[link(name = "c")]
    unsafe extern "C" {}

    /// The canonical ABI's allocator. wasi-libc's own would bring `abort` and its imports along.
    #[cfg(target_env = "p2")]
    #[unsafe(no_mangle)]
    unsafe extern "C" fn cabi_realloc(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
        use alloc::alloc::{alloc, realloc};
        use core::alloc::Layout;
        if new_len == 0 {
            return core::ptr::without_provenance_mut(align);
        }
        // SAFETY: the canonical ABI gives a power of two as `align`, and for `old` a block that this very function
        // returned, of `old_len` bytes with the same alignment.
        let new = unsafe {
            if old_len == 0 {
                alloc(Layout::from_size_align_unchecked(new_len, align))
            } else {
                realloc(old, Layout::from_size_align_unchecked(old_len, align), new_len)
            }
        };
        if new.is_null() { core::arch::wasm32::unreachable() } else { new }
    }
}
