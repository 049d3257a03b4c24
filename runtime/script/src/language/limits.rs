//! The limits of a script, and why together they stay below its memory.
//!
//! Rhai bounds each value, not their sum, so the sum is bounded by counting who can hold a value:
//! - Nothing is shared or hidden: closures, function pointers and currying are off, so a value lives in a variable,
//!   in a loop or in an argument that waits for its call.
//! - A frame holds at most [`Limits::VARIABLES`] variables, [`Limits::LOOPS`] loops and
//!   [`Limits::WAITING_ARGUMENTS`] waiting arguments; there are at most [`Limits::CALL_LEVELS`] frames.
//! - A value weighs at most [`Limits::value_bytes`].
//!
//! The product is [`Limits::worst_case`], and it is below the memory for which the limits were made.

use rhai::Engine;

/// What the guide for scripts names, and the memory that it fits.
const USUAL: Limits = Limits { array: 200, map: 64, text: 4096 };
const USUAL_MEMORY: usize = 32 << 20;
const _: () = assert!(USUAL.worst_case() <= USUAL_MEMORY);
/// More memory makes no limit larger.
const MOST_MEMORY: usize = 256 << 20;
/// A dynamic.
pub(super) const SLOT: usize = 16;
/// A map's node: a map of one entry takes a whole one.
pub(super) const NODE: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Elements of all arrays inside one value.
    pub(crate) array: usize,
    /// Entries of all maps inside one value.
    pub(crate) map: usize,
    /// Bytes of all texts inside one value.
    pub(crate) text: usize,
}

impl Limits {
    pub(crate) const FILE_BYTES: usize = 64 * 1024;
    pub(crate) const FILES: usize = 16;
    /// Of all files together: what is compiled takes some hundred times its bytes of memory.
    pub(crate) const UNIT_BYTES: usize = 256 * 1024;
    /// Opening braces of all files together: Rhai takes the square of their number to flatten blocks.
    pub(crate) const BLOCKS: usize = 4_000;
    pub(crate) const FUNCTIONS: usize = 128;
    pub(crate) const CONSTANTS: usize = 64;
    pub(crate) const VARIABLES: usize = 30;
    pub(crate) const CALL_LEVELS: usize = 8;
    /// Depth of expressions and blocks within each other.
    pub(crate) const NESTING: usize = 40;
    /// A loop and its block take three levels of nesting.
    const LOOPS: usize = Self::NESTING / 3 + 1;
    pub(crate) const WAITING_ARGUMENTS: usize = 20;
    pub(crate) const KEY_BYTES: usize = 64;
    /// No budget reaches beyond these.
    pub(crate) const OPERATIONS: u64 = 1_000_000_000;

    /// Limits whose worst case fits into `memory` bytes: in proportion to it, and no smaller than what a rule needs to
    /// say anything, so that less than 4 MiB are not held.
    pub(crate) fn within(memory: usize) -> Self {
        let memory = memory.min(MOST_MEMORY);
        let share = |usual: usize, least: usize| (usual * memory / USUAL_MEMORY).max(least);
        Self { array: share(USUAL.array, 8), map: share(USUAL.map, 8), text: share(USUAL.text, 256) }
    }

    /// An array of one element takes room for four; a text has its own allocation.
    const fn value_bytes(self) -> usize {
        const KEY: usize = Limits::KEY_BYTES + 16;
        const SMALL_ARRAY: usize = 32 + 80;
        self.map * (NODE + KEY) + self.array * SLOT + self.array / 2 * SMALL_ARRAY + self.text
    }

    pub(crate) const fn worst_case(self) -> usize {
        Self::CALL_LEVELS * (Self::VARIABLES + Self::LOOPS + Self::WAITING_ARGUMENTS) * self.value_bytes()
    }

    pub(crate) fn apply(self, engine: &mut Engine) {
        engine
            .set_max_operations(Self::OPERATIONS)
            .set_max_call_levels(Self::CALL_LEVELS)
            .set_max_expr_depths(Self::NESTING, Self::NESTING)
            .set_max_variables(Self::VARIABLES)
            .set_max_functions(Self::FUNCTIONS)
            .set_max_modules(0)
            .set_max_string_size(self.text)
            .set_max_array_size(self.array)
            .set_max_map_size(self.map)
            .set_allow_anonymous_fn(false)
            .set_strict_variables(true)
            .set_fail_on_invalid_map_property(true)
            .set_fast_operators(false);
        for symbol in ["eval", "import", "export", "Fn", "call", "curry", "is_shared", "is_def_fn", "is_def_var"] {
            engine.disable_symbol(symbol);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_nested_no_deeper_than_the_sum_assumes() {
        let mut engine = Engine::new_raw();
        Limits::within(32 << 20).apply(&mut engine);
        let nested =
            |loops: usize| format!("fn f() {{ {} 1; {} }}", "for i in 0..1 {".repeat(loops), "}".repeat(loops));
        assert!(engine.compile(nested(4)).is_ok());
        assert!(engine.compile(nested(Limits::LOOPS + 1)).is_err());
    }

    #[test]
    fn the_worst_case_stays_within_the_memory() {
        for mib in [4, 16, 32, 64, 1024] {
            let limits = Limits::within(mib << 20);
            assert!(limits.worst_case() <= mib << 20, "{mib} MiB: {limits:?} may take {}", limits.worst_case());
        }
    }
}
