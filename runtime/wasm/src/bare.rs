//! A component on a bare engine: a fresh instance and the call, and nothing around it that is ours. What a call costs at
//! least, for the bench.

use amprule_domain::pricing::PricingInput;
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
        let (lists, periods) = (lists(&input.parameters), pricing::lower_periods(input));
        let parameters = self.parameters.lower(&input.parameters, &lists).map_err(|fault| fault.message)?;
        for _ in 0..times {
            let question = pricing::question(input, &periods, &parameters);
            self.ask(question).map_err(told)??;
        }
        Ok(())
    }

    fn ask(&self, question: pricing::Question<'_>) -> wasmtime::Result<Result<(), String>> {
        let mut store = Store::new(&self.machine.engine, ());
        store.set_epoch_deadline(u64::MAX >> 1);
        store.set_fuel(u64::MAX)?;
        let instance = self.pre.instantiate(&mut store)?;
        let answer = self.export.load(&mut store, &instance)?.call_price(&mut store, question)?;
        Ok(answer.map(drop))
    }
}

fn told(error: wasmtime::Error) -> String {
    format!("{error:#}")
}
