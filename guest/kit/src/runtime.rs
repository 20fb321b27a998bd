//! The runtime of a component without `std`: its allocator, its panic handler and `cabi_realloc`.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, unreachable};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};
use dlmalloc::Dlmalloc;

// dlmalloc and the compiler call memcpy and similar functions, which wasi-libc provides.
#[link(name = "c")]
unsafe extern "C" {}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unreachable()
}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(UnsafeCell::new(Dlmalloc::new_with_allocator(Heap)));

struct Allocator(UnsafeCell<Dlmalloc<Heap>>);

// SAFETY: a component has one thread.
unsafe impl Sync for Allocator {}

// SAFETY: dlmalloc is an allocator. There is no other reference to it, because it calls nothing that allocates.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `GlobalAlloc`, and there is no other reference.
        unsafe { (*self.0.get()).malloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract of `GlobalAlloc`, and there is no other reference.
        unsafe { (*self.0.get()).free(block, layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `GlobalAlloc`, and there is no other reference.
        unsafe { (*self.0.get()).calloc(layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `GlobalAlloc`, and there is no other reference.
        unsafe { (*self.0.get()).realloc(block, layout.size(), layout.align(), size) }
    }
}

/// The source of dlmalloc's memory: first the initial memory after the data (a provider's `build.rs` sets its size),
/// then new pages. Growing the memory costs the host a system call in each fresh instance.
struct Heap;

static INITIAL_USED: AtomicBool = AtomicBool::new(false);
const PAGE: usize = 64 << 10;

unsafe extern "C" {
    /// The start of the heap, set by the linker. The heap initially ends at `__heap_end`, the end of the initial
    /// memory.
    static __heap_base: u8;
    static __heap_end: u8;
}

// SAFETY: it returns each part of the memory only once.
unsafe impl dlmalloc::Allocator for Heap {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let (base, end) = (&raw const __heap_base, &raw const __heap_end);
        let left = end.addr() - base.addr();
        if !INITIAL_USED.swap(true, Ordering::Relaxed) && size <= left {
            return (base.cast_mut(), left, 0);
        }
        let pages = size.div_ceil(PAGE);
        match memory_grow(0, pages) {
            usize::MAX => (core::ptr::null_mut(), 0, 0),
            before => (core::ptr::with_exposed_provenance_mut(before * PAGE), pages * PAGE, 0),
        }
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        core::ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}

/// The canonical ABI's allocator. wasi-libc's version would add `abort` and its imports.
#[cfg(target_env = "p2")]
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
    use alloc::alloc::{alloc, realloc};
    if new_len == 0 {
        return core::ptr::without_provenance_mut(align);
    }
    // SAFETY: the canonical ABI gives a power of two as `align`, and for `old` a block that this function returned, of
    // `old_len` bytes with the same alignment.
    let new = unsafe {
        if old_len == 0 {
            alloc(Layout::from_size_align_unchecked(new_len, align))
        } else {
            realloc(old, Layout::from_size_align_unchecked(old_len, align), new_len)
        }
    };
    if new.is_null() { unreachable() } else { new }
}
