//! A component on the host's engine, with its fuel, epochs and pool, but without the host: a fresh instance and the call.
//! What a call costs at least, for the bench.

use amprule_domain::pricing::{PricingInput, PricingOutput};
use amprule_hooks::Source;
use wasmtime::Store;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::engine::{Machine, Settings};
use crate::v1::bindings::exports::amprule::pricing::pricing::GuestIndices;
use crate::v1::{Parameters, lists, pricing};

/// A component that imports nothing.
pub struct Bare {
    machine: Machine,
    pre: InstancePre<()>,
    export: GuestIndices,
    parameters: Parameters,
}

impl Bare {
    /// # Errors
    /// Why the component cannot be linked.
    pub fn new(source: &Source) -> Result<Self, String> {
        let machine = Machine::start(&Settings::default()).map_err(|error| error.to_string())?;
        let link = || {
            let component = Component::from_binary(&machine.engine, source.entry())?;
            let pre = Linker::new(&machine.engine).instantiate_pre(&component)?;
            let export = GuestIndices::new(&pre)?;
            Ok((pre, export))
        };
        let (pre, export) = link().map_err(told)?;
        Ok(Self { machine, pre, export, parameters: Parameters::of(&source.manifest) })
    }

    /// Asks so many times, the question made ready once, and throws the answers away.
    ///
    /// # Errors
    /// What the component failed on.
    pub fn price(&self, input: &PricingInput, times: usize) -> Result<(), String> {
        self.with_question(input, |question| (0..times).try_for_each(|_| self.ask(question()).map(drop)))
    }

    /// What it says, to be held against what the host makes of it.
    ///
    /// # Errors
    /// What the component failed on, or why its answer is none.
    pub fn output(&self, input: &PricingInput) -> Result<PricingOutput, String> {
        let returned = self.with_question(input, |question| self.ask(question()))?;
        pricing::lift(returned).map_err(|fault| fault.message)
    }

    fn with_question<T>(
        &self,
        input: &PricingInput,
        ask: impl for<'a> FnOnce(&(dyn Fn() -> pricing::WitInput<'a> + 'a)) -> Result<T, String>,
    ) -> Result<T, String> {
        let (lists, periods) = (lists(&input.parameters), pricing::lower_periods(input));
        let parameters = self.parameters.lower(&input.parameters, &lists).map_err(|fault| fault.message)?;
        ask(&|| pricing::question(input, &periods, &parameters))
    }

    fn ask(&self, question: pricing::WitInput<'_>) -> Result<pricing::WitOutput, String> {
        let called = || {
            let mut store = Store::new(&self.machine.engine, ());
            store.set_epoch_deadline(u64::MAX >> 1);
            store.set_fuel(u64::MAX)?;
            let instance = self.pre.instantiate(&mut store)?;
            self.export.load(&mut store, &instance)?.call_price(&mut store, question)
        };
        called().map_err(told)?.map_err(|problem| format!("{problem:?}"))
    }
}

fn told(error: wasmtime::Error) -> String {
    format!("{error:#}")
}
