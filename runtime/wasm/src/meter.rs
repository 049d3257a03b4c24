//! What one sandbox has taken of the machine's memory.

use wasmtime::ResourceLimiter;

use crate::engine::TABLE_ELEMENTS;

/// Counts the bytes of all memories of a call together, so that many small ones are not a way around the limit.
pub(crate) struct Meter {
    limit: usize,
    used: usize,
    /// Set when the guest asked for more than it may have.
    pub(crate) denied: bool,
}

impl Meter {
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, used: 0, denied: false }
    }

    pub(crate) const fn used(&self) -> usize {
        self.used
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit || maximum.is_some_and(|maximum| desired > maximum) {
            self.denied = true;
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.denied = true;
        Ok(())
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let granted = desired <= TABLE_ELEMENTS;
        self.denied |= !granted;
        Ok(granted)
    }

    fn instances(&self) -> usize {
        32
    }

    fn tables(&self) -> usize {
        16
    }

    fn memories(&self) -> usize {
        4
    }
}
