//! Which answers of a policy are written down: those that say something new. It is asked every few seconds.

use amprule_domain::decision::{Decision, FaultClass};
use amprule_domain::effect::Effect;

#[derive(Default)]
pub(crate) struct Decided {
    last: Option<(String, Option<String>, Option<FaultClass>)>,
}

impl Decided {
    pub(crate) fn news(&mut self, decision: Decision) -> Option<Effect> {
        let output = decision.output.as_ref().map(|output| output.text().to_owned());
        let said = (decision.hash.clone(), output, decision.fault.as_ref().map(|fault| fault.class));
        if self.last.as_ref() == Some(&said) {
            return None;
        }
        self.last = Some(said);
        Some(Effect::Decision(Box::new(decision)))
    }
}
