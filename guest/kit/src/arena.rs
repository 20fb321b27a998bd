//! An allocator for the length of a call: allocating moves an address forward, and all blocks are freed together when
//! the next call begins. It suits a provider, which keeps nothing from one call to the next.

use core::alloc::Layout;

/// A range of addresses, of which the first part is allocated.
#[derive(Debug)]
pub(crate) struct Arena {
    start: usize,
    next: usize,
    end: usize,
}

impl Arena {
    /// Creates an arena of the addresses from `start` to `end`.
    pub(crate) const fn new(start: usize, end: usize) -> Self {
        Self { start, next: start, end }
    }

    /// Frees all blocks.
    pub(crate) fn reset(&mut self) {
        self.next = self.start;
    }

    /// Allocates a block and returns its address. `grow` appends at least as many bytes as it is asked for, and returns
    /// how many. Returns `None` if it cannot.
    pub(crate) fn allocate(&mut self, layout: Layout, mut grow: impl FnMut(usize) -> Option<usize>) -> Option<usize> {
        let block = self.next.checked_next_multiple_of(layout.align())?;
        let next = block.checked_add(layout.size())?;
        if next > self.end {
            let missing = next - self.end;
            // As much again as there is, because growing the memory is expensive for the host. Less if that exceeds the
            // host's limit.
            let grown = grow(missing.max(self.end - self.start)).or_else(|| grow(missing))?;
            self.end = self.end.checked_add(grown)?;
        }
        self.next = next;
        Some(block)
    }

    /// Changes the size of a block, and returns its new address. The caller copies the content if the address differs.
    /// If it returns `None`, the block is unchanged.
    pub(crate) fn reallocate(
        &mut self,
        block: usize,
        layout: Layout,
        size: usize,
        grow: impl FnMut(usize) -> Option<usize>,
    ) -> Option<usize> {
        let end = block + layout.size();
        let is_last = end == self.next;
        if is_last {
            self.next = block;
        } else if size <= layout.size() {
            return Some(block);
        }
        let changed = Layout::from_size_align(size, layout.align()).ok();
        let new = changed.and_then(|layout| self.allocate(layout, grow));
        if is_last && new.is_none() {
            self.next = end;
        }
        new
    }

    /// Frees a block if it is the last one.
    pub(crate) fn free(&mut self, block: usize, size: usize) {
        if block + size == self.next {
            self.next = block;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).expect("a layout")
    }

    fn never(_: usize) -> Option<usize> {
        panic!("it must not grow")
    }

    #[test]
    fn blocks_are_aligned_and_do_not_overlap() {
        let mut arena = Arena::new(1000, 2000);
        let mut end = 1000;
        for (size, align) in [(1, 1), (8, 8), (3, 1), (16, 16), (0, 4), (5, 2)] {
            let block = arena.allocate(layout(size, align), never).expect("a block");
            assert!(block >= end && block.is_multiple_of(align), "{block}");
            end = block + size;
        }
        assert!(end <= 2000);
    }

    #[test]
    fn reuses_all_blocks_after_a_reset_and_the_last_one_after_it_is_freed() {
        let mut arena = Arena::new(1000, 2000);
        let first = arena.allocate(layout(100, 1), never).expect("a block");
        let second = arena.allocate(layout(50, 1), never).expect("a block");
        arena.free(first, 100);
        assert_eq!(arena.allocate(layout(10, 1), never), Some(second + 50));
        arena.free(second + 50, 10);
        assert_eq!(arena.allocate(layout(10, 1), never), Some(second + 50));
        arena.reset();
        assert_eq!(arena.allocate(layout(10, 1), never), Some(first));
    }

    #[test]
    fn the_last_block_changes_its_size_in_place() {
        let mut arena = Arena::new(1000, 2000);
        let first = arena.allocate(layout(100, 1), never).expect("a block");
        assert_eq!(arena.reallocate(first, layout(100, 1), 200, never), Some(first));
        let second = arena.allocate(layout(10, 1), never).expect("a block");
        assert_eq!(second, first + 200);
        assert_eq!(arena.reallocate(first, layout(200, 1), 100, never), Some(first));
        assert_eq!(arena.reallocate(first, layout(100, 1), 300, never), Some(second + 10));
        // A block that cannot grow remains allocated.
        assert_eq!(arena.reallocate(second + 10, layout(300, 1), 5000, |_| None), None);
        assert_eq!(arena.allocate(layout(1, 1), never), Some(second + 310));
    }

    #[test]
    fn grows_by_what_is_missing_and_at_least_doubles() {
        let mut arena = Arena::new(0, 100);
        assert_eq!(arena.allocate(layout(101, 1), |bytes| (bytes == 100).then_some(128)), Some(0));
        assert_eq!(arena.allocate(layout(127, 1), never), Some(101));
        assert_eq!(arena.allocate(layout(1000, 1), |bytes| (bytes == 1000).then_some(1000)), Some(228));
        assert_eq!(arena.allocate(layout(1, 1), |_| None), None);
        assert_eq!(arena.allocate(layout(1, 1), |bytes| (bytes == 1).then_some(1)), Some(1228));
        assert_eq!(arena.allocate(layout(usize::MAX >> 1, 1), |_| None), None);
    }
}
