//! One call's world: a store that is made, entered once and thrown away.

use std::sync::Arc;
use std::time::Instant;

use amprule_domain::decision::{Fault, FaultClass};
use amprule_hooks::{Answer, Budget, Used};
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

use crate::facts::Facts;
use crate::fault::classify;
use crate::log::{Log, LogSource};
use crate::meter::Meter;
use crate::money::Money;
use crate::tables::UnitTables;
use crate::ticker::epochs_until;
use crate::wasi::WasiContext;
use crate::wires::Turn;

/// Bytes that a guest may hand over in one go: its result, or a line for the log.
const HANDED_OVER: usize = 256 << 10;

/// What the host keeps for a running component.
pub(crate) struct Sandbox {
    pub(crate) log: Log,
    pub(crate) tables: UnitTables,
    pub(crate) facts: Facts,
    /// Of a driver.
    pub(crate) turn: Turn,
    pub(crate) money: Money,
    pub(crate) meter: Meter,
    /// For a component that imports WASI.
    pub(crate) world: Option<WasiContext>,
}

impl Sandbox {
    pub(crate) fn world(&mut self) -> wasmtime::Result<&mut WasiContext> {
        self.world.as_mut().ok_or_else(|| wasmtime::Error::msg("this component was linked without WASI"))
    }
}

/// What one call is given beside its question.
pub(crate) struct Given {
    pub(crate) tables: UnitTables,
    pub(crate) facts: Facts,
    pub(crate) turn: Turn,
    /// For a component that imports WASI.
    pub(crate) world: Option<WasiContext>,
}

/// Runs `call` in a fresh instance, in that world when the component imports WASI. The outer result is wasmtime's: an error of it ends the store.
pub(crate) fn run<T>(
    pre: &InstancePre<Sandbox>,
    speaker: &Arc<LogSource>,
    given: Given,
    budget: &Budget<'_>,
    call: impl FnOnce(&mut Store<Sandbox>, &Instance) -> wasmtime::Result<Result<T, Fault>>,
) -> Answer<T> {
    let log = Log::new(Arc::clone(speaker));
    let Given { tables, facts, turn, world } = given;
    let sandbox = Sandbox { log, tables, facts, turn, money: Money, meter: Meter::new(budget.memory), world };
    let mut store = match open(pre.engine(), sandbox, budget) {
        Ok(store) => store,
        Err(fault) => return Answer::new(Err(fault), Used::default()),
    };
    let outcome = pre.instantiate(&mut store).and_then(|instance| call(&mut store, &instance));
    let Sandbox { world, log, .. } = store.data_mut();
    if let Some(world) = world {
        world.end(log);
    }
    let meter = &store.data().meter;
    let result = outcome.unwrap_or_else(|error| Err(classify(&error, meter)));
    let fuel = budget.fuel.saturating_sub(store.get_fuel().unwrap_or(0));
    let used = Used { fuel, memory: meter.used() };
    Answer::new(result, used).wanting(std::mem::take(&mut store.data_mut().facts.asks.wants))
}

fn open(engine: &Engine, sandbox: Sandbox, budget: &Budget<'_>) -> Result<Store<Sandbox>, Fault> {
    let deadline = budget.deadline;
    let epochs = epochs_until(deadline.earliest(), Instant::now())
        .ok_or_else(|| Fault::new(FaultClass::Wall, "the time limit had passed before the call began"))?;
    let mut store = Store::new(engine, sandbox);
    store.limiter(|sandbox| &mut sandbox.meter);
    store.set_epoch_deadline(epochs);
    store.epoch_deadline_callback(move |_| match deadline.has_passed() {
        true => Err(Trap::Interrupt.into()),
        false => Ok(UpdateDeadline::Continue(1)),
    });
    store.set_hostcall_fuel(HANDED_OVER);
    store.set_fuel(budget.fuel).map_err(|error| Fault::new(FaultClass::HostIo, error.to_string()))?;
    Ok(store)
}
