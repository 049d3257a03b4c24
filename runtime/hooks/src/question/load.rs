//! Who gets how much of a site's power?

use amprule_domain::decision::Hook;
use amprule_domain::load::{LoadInput, LoadOutput, Shares};
use amprule_domain::pricing::{Parameters, Price};
use serde_json::Value;

use super::Question;
use crate::cases::complete;
use crate::unit::{Answer, Budget, Unit};

impl Question for LoadInput {
    const HOOK: Hook = Hook::Load;
    type Output = LoadOutput;
    /// Each share as far as its EVSE bears it.
    type Stands = Shares;

    fn ask(&self, unit: &dyn Unit, budget: &Budget<'_>) -> Answer<LoadOutput> {
        unit.share(self, budget)
    }

    fn check(&self, output: LoadOutput) -> Result<Shares, String> {
        output.checked(self)
    }

    fn bill(_: &Shares) -> Option<&Price> {
        None
    }

    fn with(self, parameters: Parameters) -> Self {
        Self { parameters, ..self }
    }

    fn complete(given: &Value) -> Result<Value, String> {
        complete::load(given)
    }
}
