//! Stations that are reserved for some groups of tokens, a company's fleet for instance.
//!
//! It only ever turns away: a token of a listed group is left to the next policy, which knows whether it is blocked
//! or expired. Without groups it has no opinion about anybody, so that installing it locks nobody out.

use amprule_plugin_sdk::{
    Authorization, AuthorizationInput, AuthorizationOutput, Parameters, Problem, export_authorization, log,
};

struct FleetOnly;

impl Authorization for FleetOnly {
    fn authorize(input: AuthorizationInput) -> Result<AuthorizationOutput, Problem> {
        let groups = input.parameters.list("groups")?;
        let stations = input.parameters.list("stations")?;

        let is_reserved = !groups.is_empty() && (stations.is_empty() || stations.contains(&input.station.id));
        let is_member = input.token.group.as_ref().is_some_and(|group| groups.contains(group));
        if !is_reserved || is_member {
            return Ok(AuthorizationOutput::no_opinion());
        }

        let group = input.token.group.as_deref().unwrap_or("no group");
        log::write(log::Level::Info, &["turned away at ", &input.station.id, ": ", group].concat());
        Ok(AuthorizationOutput::reject("NotAtThisLocation", "This station is reserved for a fleet"))
    }
}

export_authorization!(FleetOnly);
