//! What a hook is to the host: what goes in, what comes out, and what stands when that is checked. Whatever treats all hooks
//! alike (cases, trials, candidates, records) knows them by this; a new hook is one more file beside these three, and its
//! line in [`for_hook!`](crate::for_hook).

mod authorization;
mod dialect;
mod load;
mod modifier;
mod pricing;

use std::fmt::Debug;

use amprule_domain::decision::Hook;
use amprule_domain::pricing::{Parameters, Price, PricingInput};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::driver::TurnCase;
use crate::trial::{self, Checked, TrialLimits, Tried};
use crate::unit::{Answer, Budget, Unit};

pub trait Question: Clone + Debug + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    const HOOK: Hook;
    /// What a unit returns.
    type Output: Clone + Serialize + DeserializeOwned + JsonSchema + Send + 'static;
    /// What the host makes of it: a bill, where the hook prices.
    type Stands: Clone + PartialEq + Serialize + Send + 'static;

    /// Which of a unit's functions it is for.
    fn ask(&self, unit: &dyn Unit, budget: &Budget<'_>) -> Answer<Self::Output>;

    /// The error says what is wrong with the output, for the unit's author. Who answered is of no matter.
    fn check(&self, output: Self::Output) -> Result<Self::Stands, String>;

    /// The bill, where the hook prices.
    fn bill(stands: &Self::Stands) -> Option<&Price>;

    /// What a case may expect of it beside its members.
    fn also(_stands: &Self::Stands, _shown: &mut Value) {}

    #[must_use]
    fn with(self, parameters: Parameters) -> Self;

    /// What an author wrote of it, with what follows from that and what is usual.
    fn complete(given: &Value) -> Result<Value, String>;

    /// As the host would have it.
    fn usual(self) -> Result<Self, String> {
        Ok(self)
    }

    /// For a version whose clock changes at other minutes. `true`: its energies are shared out over time.
    fn cut_anew(self, _was: &[u16], _is: &[u16]) -> (Self, bool) {
        (self, false)
    }

    /// The session that it is about.
    fn session(&self) -> Option<&PricingInput> {
        None
    }
}

/// Does the same for whichever hook it is: `for_hook!(hook, Q => something::<Q>())`.
#[macro_export]
macro_rules! for_hook {
    ($hook:expr, $question:ident => $do:expr) => {
        match $hook {
            amprule_domain::decision::Hook::Pricing => {
                type $question = amprule_domain::pricing::PricingInput;
                $do
            }
            amprule_domain::decision::Hook::Authorization => {
                type $question = amprule_domain::authorization::AuthorizationInput;
                $do
            }
            amprule_domain::decision::Hook::Modifier => {
                type $question = amprule_domain::modifier::ModifierInput;
                $do
            }
            amprule_domain::decision::Hook::Load => {
                type $question = amprule_domain::load::LoadInput;
                $do
            }
            amprule_domain::decision::Hook::Dialect => {
                type $question = amprule_domain::dialect::DialectInput;
                $do
            }
        }
    };
}

/// A question to whichever hook.
pub trait AnyQuestion: Debug + Send + Sync {
    /// The word by which a case names whom it asks.
    fn asks(&self) -> &'static str;
    fn json(&self) -> Value;
    fn session(&self) -> Option<&PricingInput>;
    /// The answer as the unit gave it, with the total of the bill that stands with it.
    fn ask(&self, unit: &dyn Unit, means: TrialLimits<'_>) -> Tried<Value>;
    /// Where it is a turn of a driver.
    fn turn(&self) -> Option<&TurnCase> {
        None
    }
}

impl<Q: Question> AnyQuestion for Q {
    fn asks(&self) -> &'static str {
        Q::HOOK.as_str()
    }

    fn json(&self) -> Value {
        in_json(self)
    }

    fn session(&self) -> Option<&PricingInput> {
        Question::session(self)
    }

    fn ask(&self, unit: &dyn Unit, means: TrialLimits<'_>) -> Tried<Value> {
        trial::ask(unit, means, self).map(|Checked { output, stands }| {
            let mut value = in_json(&output);
            if let Some(bill) = Q::bill(&stands) {
                value["total"] = json!(bill.total.to_string());
            }
            Q::also(&stands, &mut value);
            Ok(value)
        })
    }
}

fn in_json(data: &impl Serialize) -> Value {
    serde_json::to_value(data).expect("questions and answers are plain data")
}
