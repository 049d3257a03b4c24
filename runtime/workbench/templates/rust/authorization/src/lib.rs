//! Who may charge: tokens in good standing, and one session at a time if the operator wants that.

use amprule_plugin_sdk::{
    Authorization, AuthorizationInput, AuthorizationOutput, Parameters, Problem, Purpose, TokenStatus,
    export_authorization,
};

struct Policy;

impl Authorization for Policy {
    /// The input is all there is to know. `no_opinion()` leaves the answer to the next policy; an `Err` says why there
    /// is none.
    fn authorize(input: AuthorizationInput) -> Result<AuthorizationOutput, Problem> {
        if input.token.status != Some(TokenStatus::Accepted) {
            return Ok(AuthorizationOutput::reject("Blocked", "This card cannot be used here."));
        }
        // A card that is shown may be shown to stop: a start alone is refused.
        let starts = input.purpose == Purpose::Start;
        if starts && input.parameters.boolean("one_session_at_a_time")? && input.open_sessions > 0 {
            return Ok(AuthorizationOutput::reject("ConcurrentTx", "This card is already charging."));
        }
        Ok(AuthorizationOutput::accept())
    }
}

export_authorization!(Policy);
