//! One call of a script: its budget, what it read of an authorization's request, and what it said.
//!
//! A call runs on its caller's thread from beginning to end, so its account lives in that thread.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::facts::{Fact, Facts};
use amprule_domain::lookup::{Known, Lookup};
use amprule_domain::plain;
use amprule_hooks::lookups::{self, LookupResult, LookupSchema};
use amprule_hooks::{Budget, Deadline, LogRateLimit, Tables};
use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, Position};

use super::{RhaiResult, memory};

/// How many operations pass between two looks at the clock: some ten microseconds.
const CLOCK_EVERY: u64 = 256;
const MAX_LINES: u32 = 512;
const MAX_HINTS: u32 = 8;
const MAX_LOGS: u32 = 20;
const MAX_LOG_BYTES: usize = 500;

/// Why a call was ended from outside; rides on Rhai's termination.
pub(crate) const OUT_OF_FUEL: i64 = 1;
pub(crate) const OUT_OF_TIME: i64 = 2;
/// The host shall ask another system first.
pub(crate) const WAITS: i64 = 3;

/// Lookups, as the unit declares them and the question answers them.
pub(crate) struct Asks {
    pub(crate) declared: Arc<BTreeMap<String, LookupSchema>>,
    pub(crate) known: Vec<Known>,
}

thread_local! {
    static FUEL: Cell<u64> = const { Cell::new(0) };
    static USED: Cell<u64> = const { Cell::new(0) };
    static DEADLINE: Cell<Option<Deadline>> = const { Cell::new(None) };
    static LINES: Cell<u32> = const { Cell::new(0) };
    static LOGS: Cell<u32> = const { Cell::new(0) };
    static HINTS: Cell<u32> = const { Cell::new(0) };
    /// `None`: nobody hears what it says.
    static TALK: RefCell<Option<Arc<LogRateLimit>>> = const { RefCell::new(None) };
    /// `None`: the unit has none.
    static TABLES: RefCell<Option<Arc<Tables>>> = const { RefCell::new(None) };
    /// What other systems have said, and what of it the unit declares. `None`: it declares none.
    static ASKS: RefCell<Option<Asks>> = const { RefCell::new(None) };
    static WANTS: RefCell<Vec<Lookup>> = const { RefCell::new(Vec::new()) };
    static READ: Cell<Facts> = const { Cell::new(Facts::NONE) };
}

/// Opens a fresh account in this thread. `talk`: of a unit that may write into the log; `tables`: its own.
pub(crate) fn begin(budget: &Budget<'_>, talk: Option<&Arc<LogRateLimit>>, tables: &Arc<Tables>) {
    FUEL.set(budget.fuel);
    USED.set(0);
    DEADLINE.set(Some(budget.deadline));
    let tables = budget.tables.unwrap_or(tables);
    TABLES.set((!tables.is_empty()).then(|| Arc::clone(tables)));
    LINES.set(0);
    LOGS.set(0);
    HINTS.set(0);
    TALK.set(talk.cloned());
    ASKS.set(None);
    WANTS.take();
    READ.set(Facts::NONE);
    memory::begin();
}

/// The call that was begun may ask for this.
pub(crate) fn may_ask(asks: Asks) {
    ASKS.set(Some(asks));
}

/// What the question says of a lookup.
pub(super) fn look(name: &str, key: &str) -> RhaiResult<LookupResult> {
    let told = ASKS.with_borrow(|asks| match asks {
        Some(Asks { declared, known }) => lookups::look(declared, known, name, key),
        None => Err("the unit asks no other systems; declare it in plugin.toml: [lookups.NAME]".to_owned()),
    });
    Ok(told.map_err(|why| format!("ask: {why}"))?)
}

pub(super) fn want(lookup: Lookup) {
    WANTS.with_borrow_mut(|wants| wants.push(lookup));
}

/// What the call wants to know.
pub(crate) fn wants() -> Vec<Lookup> {
    WANTS.take()
}

/// A hint takes as long as thousands of operations, and is counted as one: a call has a few of them.
pub(crate) fn may_hint() -> bool {
    HINTS.set(HINTS.get() + 1);
    HINTS.get() <= MAX_HINTS
}

/// Operations since [`begin`].
pub(crate) fn used() -> u64 {
    USED.get()
}

/// For what is no unit: it says nothing and has no tables.
pub(crate) fn alone(fuel: u64, deadline: Deadline) {
    let budget = Budget { fuel, memory: usize::MAX, deadline, tables: None };
    begin(&budget, None, &Arc::default());
}

/// Looks into the tables of the unit that is called.
pub(super) fn with_tables<T>(look: impl FnOnce(&Tables) -> Result<T, String>) -> RhaiResult<T> {
    let looked = TABLES.with_borrow(|tables| match tables {
        Some(tables) => look(tables),
        None => Err("the unit has no tables; declare them in plugin.toml: [tables.NAME]".to_owned()),
    });
    looked.map_err(Into::into)
}

/// The script was given this fact.
pub(crate) fn note(fact: Fact) {
    READ.set(READ.get().with(fact));
}

/// Which facts the answer depends on: all of them once the script has logged, for each occasion must have its line.
pub(crate) fn read() -> Facts {
    if LOGS.get() == 0 { READ.get() } else { Facts::ALL }
}

/// Counts a bill's line of so many bytes; a script makes a bounded number of them.
pub(crate) fn count_line(bytes: usize) -> RhaiResult<()> {
    memory::count_line(bytes);
    LINES.set(LINES.get() + 1);
    if LINES.get() > MAX_LINES {
        let what = format!("Number of lines made in one call (at most {MAX_LINES})");
        return Err(EvalAltResult::ErrorDataTooLarge(what, Position::NONE).into());
    }
    Ok(())
}

/// Watches over a call: its memory is weighed, and it ends when its account is used up.
pub(crate) fn guard(engine: &mut Engine) {
    memory::watch(engine);
    engine.on_progress(|operations| {
        USED.set(operations);
        if operations > FUEL.get() {
            return Some(Dynamic::from_int(OUT_OF_FUEL));
        }
        let late =
            operations.is_multiple_of(CLOCK_EVERY) && DEADLINE.get().is_some_and(|deadline| deadline.has_passed());
        late.then(|| Dynamic::from_int(OUT_OF_TIME))
    });
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("print", |value: Dynamic| log(&value));
    engine.register_fn("log", |value: Dynamic| log(&value));
    engine.register_fn("debug", |value: Dynamic| log(&value));
}

/// The span of the call says which unit speaks.
fn log(value: &Dynamic) {
    LOGS.set(LOGS.get() + 1);
    if LOGS.get() > MAX_LOGS {
        return;
    }
    let Some(dropped) = TALK.with_borrow(|talk| talk.as_ref().and_then(|talk| talk.allows())) else { return };
    let text: ImmutableString = value.clone().into_immutable_string().unwrap_or_else(|_| value.to_string().into());
    let line = plain::line(&text[..text.floor_char_boundary(MAX_LOG_BYTES)]);
    let more = if LOGS.get() == MAX_LOGS { " (further lines of this call are dropped)" } else { "" };
    let before = if dropped > 0 { format!(" ({dropped} lines before it were dropped)") } else { String::new() };
    tracing::info!(target: "amprule::script", "{line}{more}{before}");
}
