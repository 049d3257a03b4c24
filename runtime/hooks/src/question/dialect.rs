//! What did this station mean, and what can it bear to hear?

use amprule_domain::decision::Hook;
use amprule_domain::dialect::{DialectInput, DialectOutput};
use amprule_domain::pricing::{Parameters, Price};
use serde_json::Value;

use super::Question;
use crate::cases::complete;
use crate::unit::{Answer, Budget, Unit};

impl Question for DialectInput {
    const HOOK: Hook = Hook::Dialect;
    type Output = DialectOutput;
    type Stands = DialectOutput;

    fn ask(&self, unit: &dyn Unit, budget: &Budget<'_>) -> Answer<DialectOutput> {
        unit.translate(self, budget)
    }

    fn check(&self, output: DialectOutput) -> Result<DialectOutput, String> {
        output.checked(self)
    }

    fn bill(_: &DialectOutput) -> Option<&Price> {
        None
    }

    fn also(stands: &DialectOutput, shown: &mut Value) {
        shown["unchanged"] = Value::from(stands.message.is_none() && stands.answer.is_none());
    }

    fn with(self, parameters: Parameters) -> Self {
        Self { parameters, ..self }
    }

    fn complete(given: &Value) -> Result<Value, String> {
        Ok(complete::dialect(given))
    }
}
