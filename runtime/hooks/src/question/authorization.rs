//! May this token charge here, now, and how much?

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::decision::Hook;
use amprule_domain::pricing::{Parameters, Price};
use serde_json::Value;

use super::Question;
use crate::cases::complete;
use crate::unit::{Answer, Budget, Unit};

impl Question for AuthorizationInput {
    const HOOK: Hook = Hook::Authorization;
    type Output = AuthorizationOutput;
    type Stands = AuthorizationOutput;

    fn ask(&self, unit: &dyn Unit, budget: &Budget<'_>) -> Answer<AuthorizationOutput> {
        unit.authorize(self, budget)
    }

    fn check(&self, output: AuthorizationOutput) -> Result<AuthorizationOutput, String> {
        output.validate().map(|()| output)
    }

    fn bill(_: &AuthorizationOutput) -> Option<&Price> {
        None
    }

    fn with(self, parameters: Parameters) -> Self {
        Self { parameters, ..self }
    }

    fn complete(given: &Value) -> Result<Value, String> {
        Ok(complete::authorization(given))
    }
}
