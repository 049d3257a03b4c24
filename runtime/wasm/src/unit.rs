//! A compiled component that answers hooks.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use amprule_domain::Timestamp;
use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::decision::{Fault, FaultClass, Hook};
use amprule_domain::dialect::{DialectInput, DialectOutput};
use amprule_domain::load::{LoadInput, LoadOutput};
use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::offer::{Offer, OfferInput};
use amprule_domain::pricing::{PricingInput, PricingOutput};
use amprule_hooks::driver::{DeviceFacts, TurnInput, Turned};
use amprule_hooks::lookups::LookupSchema;
use amprule_hooks::{Answer, Budget, Deadline, Tables, Unit, Used};
use serde::Serialize;
use serde_json::json;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::driver;
use crate::engine::Machine;
use crate::facts::Facts;
use crate::log::LogSource;
use crate::sandbox::{self, Given, Sandbox};
use crate::tables::UnitTables;
use crate::v1::{self, Export};
use crate::wasi::WasiContext;
use crate::wires::Turn;

pub(crate) struct WasmUnit {
    pub(crate) speaker: Arc<LogSource>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) pre: InstancePre<Sandbox>,
    /// The contract's version is chosen here, once, and not per call.
    pub(crate) contract: v1::Exports,
    /// Of a driver.
    pub(crate) driver: Option<driver::Indices>,
    pub(crate) device: Option<DeviceFacts>,
    pub(crate) parameters: v1::Parameters,
    /// It imports facts that are not in the records.
    pub(crate) wants_facts: bool,
    pub(crate) tables: Arc<Tables>,
    pub(crate) lookups: Arc<BTreeMap<String, LookupSchema>>,
    pub(crate) wasi: Wasi,
    /// Keeps the clock going as long as something can run.
    pub(crate) machine: Arc<Machine>,
}

/// What a component gets of WASI.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wasi {
    /// It imports none.
    None,
    Silent,
    /// What it prints is logged.
    Speaking,
}

/// For the trial start, which runs only what a component does before it is called.
const TRIAL_FUEL: u64 = 20_000_000;
const TRIAL_MEMORY: usize = 32 << 20;
const TRIAL_TIME: Duration = Duration::from_secs(1);

impl WasmUnit {
    /// The fault: it does not start. The inner error: it starts, and does not fit the contract.
    pub(crate) fn try_start(&self) -> Result<wasmtime::Result<()>, Fault> {
        let budget =
            Budget { fuel: TRIAL_FUEL, memory: TRIAL_MEMORY, deadline: Deadline::after(TRIAL_TIME), tables: None };
        let world = self.world(Timestamp::UNIX_EPOCH, &());
        let given = self.given(&budget, Facts::default, Turn::default(), world);
        self.run(&budget, given, |store, instance| Ok(Ok(self.check(store, instance)))).result
    }

    fn check(&self, store: &mut Store<Sandbox>, instance: &Instance) -> wasmtime::Result<()> {
        self.contract.check(store, instance)?;
        self.driver.as_ref().map_or(Ok(()), |driver| driver.load(store, instance).map(drop))
    }

    /// Made from the decision alone, so that the same question is asked in the same world.
    fn world(&self, now: Timestamp, input: &impl Serialize) -> Option<WasiContext> {
        (self.wasi != Wasi::None).then(|| WasiContext::of(now, input, self.wasi == Wasi::Speaking))
    }

    /// `None`: the component does not answer it.
    fn ask<E: Export>(&self, export: &Option<E::Indices>, input: &E, budget: &Budget<'_>) -> Option<Answer<E::Output>> {
        let export = export.as_ref()?;
        let world = self.world(input.now(), input);
        let given = self.given(budget, || input.facts(&self.lookups), Turn::default(), world);
        Some(self.run(budget, given, |store, instance| input.call(export, store, instance, &self.parameters)))
    }

    fn given(
        &self,
        budget: &Budget<'_>,
        facts: impl FnOnce() -> Facts,
        turn: Turn,
        world: Option<WasiContext>,
    ) -> Given {
        let tables = UnitTables::new(budget.tables.unwrap_or(&self.tables));
        let facts = if self.wants_facts { facts() } else { Facts::default() };
        Given { tables, facts, turn, world }
    }

    fn run<T>(
        &self,
        budget: &Budget<'_>,
        given: Given,
        call: impl FnOnce(&mut Store<Sandbox>, &Instance) -> wasmtime::Result<Result<T, Fault>>,
    ) -> Answer<T> {
        let budget = Budget { memory: budget.memory.min(self.machine.memory_max), ..*budget };
        sandbox::run(&self.pre, &self.speaker, given, &budget, call)
    }
}

impl Unit for WasmUnit {
    fn hooks(&self) -> &[Hook] {
        &self.hooks
    }

    fn device(&self) -> Option<&DeviceFacts> {
        self.device.as_ref()
    }

    fn drive(&self, input: &TurnInput, budget: &Budget<'_>) -> Answer<Turned> {
        let (Some(export), Some(facts)) = (&self.driver, &self.device) else {
            let why = "the component drives no hardware";
            return Answer::new(Err(Fault::new(FaultClass::NotLoaded, why)), Used::default());
        };
        let wants = Arc::new(OnceLock::new());
        let world = self.world(input.now, &json!({ "kept": input.kept }));
        let given = self.given(budget, Facts::default, Turn::of(&input.said, &wants), world);
        let Answer { result, used, .. } = self.run(budget, given, |store, instance| {
            driver::call(input, facts, export, store, instance, &self.parameters)
        });
        match wants.get() {
            Some(ask) => Answer::new(Ok(Turned::Wants(ask.clone())), used),
            None => Answer::new(result.map(Turned::Ends), used),
        }
    }

    fn price(&self, input: &PricingInput, budget: &Budget<'_>) -> Answer<PricingOutput> {
        self.ask(&self.contract.pricing, input, budget).unwrap_or_else(|| Answer::without(Hook::Pricing))
    }

    fn describe(&self, input: &OfferInput, budget: &Budget<'_>) -> Option<Answer<Offer>> {
        self.ask(&self.contract.offer, input, budget)
    }

    fn authorize(&self, input: &AuthorizationInput, budget: &Budget<'_>) -> Answer<AuthorizationOutput> {
        let answer = self.ask(&self.contract.authorization, input, budget);
        let answer = answer.unwrap_or_else(|| Answer::without(Hook::Authorization));
        answer.or_when_not_applicable(AuthorizationOutput::no_opinion)
    }

    fn modify(&self, input: &ModifierInput, budget: &Budget<'_>) -> Answer<ModifierOutput> {
        let answer = self.ask(&self.contract.modifier, input, budget);
        let answer = answer.unwrap_or_else(|| Answer::without(Hook::Modifier));
        answer.or_when_not_applicable(ModifierOutput::nothing)
    }

    fn share(&self, input: &LoadInput, budget: &Budget<'_>) -> Answer<LoadOutput> {
        self.ask(&self.contract.load, input, budget).unwrap_or_else(|| Answer::without(Hook::Load))
    }

    fn translate(&self, input: &DialectInput, budget: &Budget<'_>) -> Answer<DialectOutput> {
        let answer = self.ask(&self.contract.dialect, input, budget);
        answer.unwrap_or_else(|| Answer::without(Hook::Dialect)).or_when_not_applicable(DialectOutput::default)
    }
}
