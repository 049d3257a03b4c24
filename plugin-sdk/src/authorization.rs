//! The three answers of a policy.

use crate::{AuthorizationOutput, Limits, Opinion};

impl AuthorizationOutput {
    /// The token may charge; later policies are not asked.
    pub fn accept() -> Self {
        Self::new(Opinion::Accept)
    }

    /// The next policy decides. Answer so whenever the question is not yours.
    pub fn no_opinion() -> Self {
        Self::new(Opinion::NoOpinion)
    }

    /// The token may not charge. The reason is a word of OCPP 2.0.1, AuthorizationStatusEnumType: `NotAtThisTime`.
    pub fn reject(reason: &str, message: &str) -> Self {
        Self { reason: Some(reason.to_owned()), message: Some(message.to_owned()), ..Self::new(Opinion::Reject) }
    }

    fn new(verdict: Opinion) -> Self {
        Self {
            verdict,
            reason: None,
            message: None,
            messages: Vec::new(),
            limits: Limits { max_energy_wh: None, max_duration_s: None, max_cost: None },
            cache_s: None,
            tariff: None,
        }
    }
}
