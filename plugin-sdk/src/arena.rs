//! The allocator of a plugin: memory is handed out in order and goes away with the sandbox, after one call.
//!
//! It begins in the part of the first pages that stack and data leave free, so that an ordinary call never has to
//! ask the host for more. Only the latest block can be freed or grown in place, which is what a growing `Vec` needs.

#![expect(unsafe_code, reason = "a global allocator is unsafe by its trait; this file is all of it")]

use std::alloc::{GlobalAlloc, Layout};
use std::arch::wasm32::{memory_grow, memory_size};
use std::cell::Cell;
use std::ptr;

const PAGE: usize = 65_536;

struct Arena {
    /// The first free address; 0 before the first allocation.
    next: Cell<usize>,
}

// SAFETY: a plugin has one thread; components with threads are refused by the host.
unsafe impl Sync for Arena {}

#[global_allocator]
static ARENA: Arena = Arena { next: Cell::new(0) };

unsafe extern "C" {
    /// The linker's symbol for the end of stack and data.
    static __heap_base: u8;
}

impl Arena {
    fn next(&self) -> usize {
        match self.next.get() {
            0 => &raw const __heap_base as usize,
            next => next,
        }
    }

    /// Makes `start..start + size` ours, asking the host for pages where needed.
    fn take(&self, start: usize, size: usize) -> Option<usize> {
        let end = start.checked_add(size)?;
        let have = memory_size(0) * PAGE;
        if end > have && memory_grow(0, (end - have).div_ceil(PAGE)) == usize::MAX {
            return None;
        }
        self.next.set(end);
        Some(start)
    }

    fn is_latest(&self, block: *mut u8, layout: Layout) -> bool {
        block as usize + layout.size() == self.next()
    }
}

// SAFETY: blocks are disjoint, since `next` only moves past what was handed out, and back only over the latest block.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.next().checked_next_multiple_of(layout.align());
        start.and_then(|start| self.take(start, layout.size())).map_or(ptr::null_mut(), |start| start as *mut u8)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_latest(block, layout) {
            self.next.set(block as usize);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if self.is_latest(block, layout) {
            return self.take(block as usize, size).map_or(ptr::null_mut(), |start| start as *mut u8);
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the new block is larger, does not overlap the old one, and its size was checked by the caller.
        unsafe {
            let fresh = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !fresh.is_null() {
                ptr::copy_nonoverlapping(block, fresh, layout.size());
            }
            fresh
        }
    }
}
