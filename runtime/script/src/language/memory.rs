//! How much memory a call holds: an estimate.
//!
//! Rhai does not count what its values take, and what bounds them are the [limits](super::limits). So that an author
//! sees how near a script comes, its variables are weighed when one of them is read: at the second read, the fourth, the
//! eighth, and from then on at least at every 1,024th. A function's callers count with what they weighed last. Arguments
//! on their way and what lived between two looks are not seen.

use std::cell::Cell;

use rhai::{Array, Dynamic, Engine, EvalContext, ImmutableString, Map, Scope};

use super::limits::{Limits, NODE, SLOT};

const LONGEST_GAP: u32 = 1_024;
/// The hook itself, and its calls within each other.
const LEVELS: usize = Limits::CALL_LEVELS + 1;
/// What a text has beside its bytes.
const TEXT: usize = 40;
/// Entries that a map's node holds when it is half full.
const ENTRIES: usize = 6;

thread_local! {
    static READS_TO_LOOK: Cell<u32> = const { Cell::new(2) };
    static GAP: Cell<u32> = const { Cell::new(1) };
    static LEVEL_BYTES: Cell<[usize; LEVELS]> = const { Cell::new([0; LEVELS]) };
    static LINE_BYTES: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

pub(super) fn begin() {
    READS_TO_LOOK.set(2);
    GAP.set(1);
    LEVEL_BYTES.set([0; LEVELS]);
    LINE_BYTES.set(0);
    PEAK.set(0);
}

/// The most that was seen since [`begin`], in bytes.
pub(crate) fn most() -> usize {
    PEAK.get()
}

/// A bill's line lives outside of Rhai's values. It counts until the call's end.
pub(crate) fn count_line(bytes: usize) {
    LINE_BYTES.set(LINE_BYTES.get() + bytes);
}

/// What the call returned. Its functions are gone by now.
pub(crate) fn returned(value: &Dynamic) {
    raise(weight(value));
}

#[expect(deprecated, reason = "Rhai marks what it may still change; the tests would show it")]
pub(super) fn watch(engine: &mut Engine) {
    engine.on_var(|_, _, context| {
        let left = READS_TO_LOOK.get() - 1;
        READS_TO_LOOK.set(left);
        if left == 0 {
            GAP.set((2 * GAP.get()).min(LONGEST_GAP));
            READS_TO_LOOK.set(GAP.get());
            look(&context);
        }
        Ok(None)
    });
}

fn look(context: &EvalContext<'_, '_, '_, '_, '_, '_>) {
    let level = context.call_level().min(LEVELS - 1);
    let mut bytes = LEVEL_BYTES.get();
    bytes[level] = weight_of_all(context.scope());
    bytes[level + 1..].fill(0);
    LEVEL_BYTES.set(bytes);
    raise(bytes.iter().sum());
}

fn raise(values: usize) {
    PEAK.set(PEAK.get().max(values + LINE_BYTES.get()));
}

fn weight_of_all(scope: &Scope<'_>) -> usize {
    scope.iter_raw().map(|(_, _, value)| weight(value)).sum()
}

/// Bounded by the limits on what is inside one value.
fn weight(value: &Dynamic) -> usize {
    let inside = if let Some(text) = value.read_lock::<ImmutableString>() {
        TEXT + text.len()
    } else if let Some(list) = value.read_lock::<Array>() {
        let spare = list.capacity() - list.len();
        TEXT + spare * SLOT + list.iter().map(weight).sum::<usize>()
    } else if let Some(map) = value.read_lock::<Map>() {
        let entries = map.iter().map(|(key, value)| key.len() + weight(value) - SLOT);
        map.len().div_ceil(ENTRIES) * NODE + entries.sum::<usize>()
    } else {
        0
    };
    SLOT + inside
}
