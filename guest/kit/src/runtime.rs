//! The runtime of a component without `std`: its allocator, its panic handler and `cabi_realloc`.
//!
//! A call consists of three phases: the host lowers the arguments (`cabi_realloc`), the function runs, and the host
//! lifts the result. The memory of a call is freed when the next one begins, because no later moment is known at which
//! the host has read the result.

use crate::arena::Arena;
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, unreachable};
use core::cell::UnsafeCell;

// The compiler calls memcpy and similar functions, which wasi-libc provides.
#[link(name = "c")]
unsafe extern "C" {}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unreachable()
}

const PAGE: usize = 64 << 10;

unsafe extern "C" {
    /// The start of the heap, set by the linker. The heap initially ends at `__heap_end`, the end of the initial memory
    /// (a provider's `build.rs` sets its size).
    static __heap_base: u8;
    static __heap_end: u8;
}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(UnsafeCell::new(State { arena: None, phase: Phase::Finished }));

struct Allocator(UnsafeCell<State>);

struct State {
    /// `None` until the first allocation, because the linker's addresses are not constants.
    arena: Option<Arena>,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The host lowers the arguments of a call.
    Lowering,
    /// The function runs.
    Running,
    /// The function has returned. The host may still read the result.
    Finished,
}

// SAFETY: a component has one thread.
unsafe impl Sync for Allocator {}

impl Allocator {
    #[allow(clippy::mut_from_ref, reason = "a component has one thread, and no caller keeps the reference")]
    fn state(&self) -> &mut State {
        // SAFETY: a component has one thread, and the functions that call this one do not call each other.
        unsafe { &mut *self.0.get() }
    }
}

impl State {
    fn arena(&mut self) -> &mut Arena {
        let (base, end) = (&raw const __heap_base, &raw const __heap_end);
        self.arena.get_or_insert_with(|| Arena::new(base.addr(), end.addr()))
    }

    /// Begins a call, unless its arguments have begun it already.
    fn begin(&mut self, phase: Phase) {
        if self.phase == Phase::Finished {
            self.arena().reset();
        }
        self.phase = phase;
    }
}

fn grow(bytes: usize) -> Option<usize> {
    let pages = bytes.div_ceil(PAGE);
    (memory_grow(0, pages) != usize::MAX).then(|| pages * PAGE)
}

// SAFETY: the blocks of the arena are in the component's memory after its data, and they do not overlap.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = self.state().arena().allocate(layout, grow);
        block.map_or(core::ptr::null_mut(), core::ptr::with_exposed_provenance_mut)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.state().arena().free(block.addr(), layout.size());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(new) = self.state().arena().reallocate(block.addr(), layout, size, grow) else {
            return core::ptr::null_mut();
        };
        let new = core::ptr::with_exposed_provenance_mut(new);
        if new != block {
            // SAFETY: both blocks have at least this many bytes, and they do not overlap.
            unsafe { core::ptr::copy_nonoverlapping(block, new, layout.size().min(size)) };
        }
        new
    }
}

/// The time during which an exported function runs.
#[derive(Debug)]
pub(crate) struct Call;

impl Call {
    pub(crate) fn begin() -> Self {
        ALLOCATOR.state().begin(Phase::Running);
        Self
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        ALLOCATOR.state().phase = Phase::Finished;
    }
}

/// The canonical ABI's allocator: for the arguments of a call, and for the results of imports. Not the one of wasi-libc or
/// of wit-bindgen, because it notices that a call begins, and because that of wasi-libc imports `abort`.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_len: usize, align: usize, new_len: usize) -> *mut u8 {
    use alloc::alloc::{alloc, realloc};
    if ALLOCATOR.state().phase == Phase::Finished {
        ALLOCATOR.state().begin(Phase::Lowering);
    }
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
