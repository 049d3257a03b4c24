//! A unit: one piece of other people's code, from its files to something that answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::decision::{Fault, FaultClass, Hook};
use amprule_domain::dialect::{DialectInput, DialectOutput};
use amprule_domain::facts::Facts;
use amprule_domain::load::{LoadInput, LoadOutput};
use amprule_domain::lookup::Lookup;
use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::offer::{Offer, OfferInput};
use amprule_domain::pricing::{PricingInput, PricingOutput};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::driver::{DeviceFacts, Driver, TurnInput, Turned};
use crate::manifest::MAP;
use crate::{Deadline, Diagnostic, Manifest, Tables};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Rhai,
    Wasm,
    /// A driver that is configuration alone.
    Map,
}

impl Kind {
    pub fn of(entry: &str) -> Self {
        match entry {
            MAP => Self::Map,
            entry if entry.ends_with(".wasm") => Self::Wasm,
            _ => Self::Rhai,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rhai => "rhai",
            Self::Wasm => "wasm",
            Self::Map => "map",
        }
    }
}

/// A unit's files, read once, and what they say. What runs is compiled from these bytes and no others.
#[derive(Debug, Clone)]
pub struct Source {
    pub kind: Kind,
    pub manifest: Manifest,
    /// The operator's values over the manifest's defaults. The registry puts them into every input.
    pub parameters: Map<String, Value>,
    /// Path relative to the unit's folder, with `/`, to content.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Those that the manifest declares, from the files.
    pub tables: Arc<Tables>,
    /// SHA-256 in hexadecimal over all files, names included.
    pub hash: String,
    /// The same without the operator's tables: what fails and what is held is the code, whatever the market says.
    pub code_hash: String,
}

impl Source {
    pub fn entry(&self) -> &[u8] {
        self.files.get(&self.manifest.entry).map_or(&[], Vec::as_slice)
    }
}

/// Turns a source into something that runs. Called on a thread of its own; may take seconds.
pub trait Compiler: Send + Sync {
    fn compile(&self, source: &Source) -> Result<Arc<dyn Unit>, Vec<Diagnostic>>;

    /// The same, and given up with any finding when nobody wants the unit any more; for compilers that take long.
    fn compile_while(&self, source: &Source, _is_wanted: &dyn Fn() -> bool) -> Result<Arc<dyn Unit>, Vec<Diagnostic>> {
        self.compile(source)
    }
}

/// Compiled code. Every call is a fresh sandbox: nothing of one call is seen by the next.
///
/// Calls block for at most the budget. Inputs carry their parameters already.
pub trait Unit: Send + Sync {
    /// The hooks that the code really has.
    fn hooks(&self) -> &[Hook];
    /// What the compiler found odd, and not wrong.
    fn warnings(&self) -> &[Diagnostic] {
        &[]
    }
    /// Those that stand in the code, where it can be read: its prices may change at them.
    fn numbers(&self) -> &[Decimal] {
        &[]
    }
    /// Where it drives hardware and is no code.
    fn driver(&self) -> Option<&dyn Driver> {
        None
    }
    /// Where its code drives hardware: which.
    fn device(&self) -> Option<&DeviceFacts> {
        None
    }
    fn drive(&self, _: &TurnInput, _: &Budget<'_>) -> Answer<Turned> {
        Answer::new(Err(Fault::new(FaultClass::NotLoaded, "the unit drives no hardware")), Used::default())
    }
    fn price(&self, _: &PricingInput, _: &Budget<'_>) -> Answer<PricingOutput> {
        Answer::without(Hook::Pricing)
    }
    /// What it says that it charges. `None`: it says nothing of it.
    fn describe(&self, _: &OfferInput, _: &Budget<'_>) -> Option<Answer<Offer>> {
        None
    }
    fn authorize(&self, _: &AuthorizationInput, _: &Budget<'_>) -> Answer<AuthorizationOutput> {
        Answer::without(Hook::Authorization)
    }
    fn modify(&self, _: &ModifierInput, _: &Budget<'_>) -> Answer<ModifierOutput> {
        Answer::without(Hook::Modifier)
    }
    fn share(&self, _: &LoadInput, _: &Budget<'_>) -> Answer<LoadOutput> {
        Answer::without(Hook::Load)
    }
    fn translate(&self, _: &DialectInput, _: &Budget<'_>) -> Answer<DialectOutput> {
        Answer::without(Hook::Dialect)
    }
}

/// What one call may use.
#[derive(Debug, Clone, Copy)]
pub struct Budget<'t> {
    /// WASM fuel or Rhai operations.
    pub fuel: u64,
    /// Bytes, over all memories of the call.
    pub memory: usize,
    pub deadline: Deadline,
    /// In place of the unit's own: those of a case.
    pub tables: Option<&'t Arc<Tables>>,
}

#[derive(Debug)]
pub struct Answer<T> {
    pub result: Result<T, Fault>,
    pub used: Used,
    /// Of an authorization's input: what alone the result depends on.
    pub read: Facts,
    /// What it wants to know before it can answer. The result says nothing then.
    pub wants: Vec<Lookup>,
}

impl<T> Answer<T> {
    /// Of code that cannot say what it read: it counts as having read everything.
    pub const fn new(result: Result<T, Fault>, used: Used) -> Self {
        Self { result, used, read: Facts::ALL, wants: Vec::new() }
    }

    /// Of code that saw nothing else of its input, had no effect beside its result, and would give the same result to
    /// every input that has these facts and the same parameters.
    #[must_use]
    pub fn having_read(self, read: Facts) -> Self {
        Self { read, ..self }
    }

    /// Of code that wants to know something from another system first.
    #[must_use]
    pub fn wanting(self, wants: Vec<Lookup>) -> Self {
        Self { wants, ..self }
    }

    /// Of a hook in which “not for me to say” is an answer like another.
    #[must_use]
    pub fn or_when_not_applicable(self, nothing: impl FnOnce() -> T) -> Self {
        let result = match self.result {
            Err(fault) if fault.class == FaultClass::NotApplicable => Ok(nothing()),
            result => result,
        };
        Self { result, ..self }
    }

    /// Of a unit that is asked what its code has no answer to.
    pub fn without(hook: Hook) -> Self {
        let fault = Fault::new(FaultClass::NotLoaded, format!("the unit does not have the hook {}", hook.as_str()));
        Self::new(Err(fault), Used::default())
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Used {
    pub fuel: u64,
    /// Bytes. A plugin's are counted, a script's are an estimate.
    pub memory: usize,
}
