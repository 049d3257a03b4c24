//! A compiled component that answers hooks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::decision::{Fault, FaultClass, Hook};
use amprule_domain::pricing::{PricingInput, PricingOutput};
use amprule_hooks::{Answer, Budget, Unit, Used};
use wasmtime::component::InstancePre;

use crate::engine::Machine;
use crate::sandbox::{self, Sandbox};
use crate::v1;

pub(crate) struct WasmUnit {
    pub(crate) id: Arc<str>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) pre: InstancePre<Sandbox>,
    /// The contract's version is chosen here, once, and not per call.
    pub(crate) contract: v1::Exports,
    pub(crate) parameters: v1::Parameters,
    /// Keeps the clock going as long as something can run.
    pub(crate) _machine: Arc<Machine>,
}

/// For the trial start, which runs only what a component does before it is called.
const TRIAL_FUEL: u64 = 20_000_000;
const TRIAL_MEMORY: usize = 32 << 20;
const TRIAL_TIME: Duration = Duration::from_secs(1);

impl WasmUnit {
    pub(crate) fn try_start(&self) -> Result<(), Fault> {
        let budget = Budget { fuel: TRIAL_FUEL, memory: TRIAL_MEMORY, deadline: Instant::now() + TRIAL_TIME };
        sandbox::run(&self.pre, &self.id, &budget, |_, _| Ok(Ok(()))).result
    }
}

impl Unit for WasmUnit {
    fn hooks(&self) -> &[Hook] {
        &self.hooks
    }

    fn price(&self, input: &PricingInput, budget: &Budget) -> Answer<PricingOutput> {
        let Some(export) = &self.contract.pricing else {
            return not_there(Hook::Pricing);
        };
        sandbox::run(&self.pre, &self.id, budget, |store, instance| {
            v1::pricing::call(export, store, instance, input, &self.parameters)
        })
    }

    fn authorize(&self, input: &AuthorizationInput, budget: &Budget) -> Answer<AuthorizationOutput> {
        let Some(export) = &self.contract.authorization else {
            return not_there(Hook::Authorization);
        };
        sandbox::run(&self.pre, &self.id, budget, |store, instance| {
            v1::authorization::call(export, store, instance, input, &self.parameters)
        })
    }
}

fn not_there<T>(hook: Hook) -> Answer<T> {
    let fault = Fault::new(FaultClass::NotLoaded, format!("the component does not have the hook {}", hook.as_str()));
    Answer { result: Err(fault), used: Used::default() }
}
