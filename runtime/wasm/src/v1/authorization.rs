//! `amprule:authorization/authorization`: the question and the answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::Energy;
use amprule_domain::Timestamp;
use amprule_domain::authorization::{
    AuthorizationInput, AuthorizationOutput, BudgetFacts, Limits, LocalTime, Opinion, PresentedToken, Purpose,
};
use amprule_domain::decision::Fault;
use amprule_domain::pricing::StationFacts;
use amprule_domain::reply::AuthorizationStatus;
use amprule_domain::token::{BudgetPeriod, TokenStatus};
use amprule_hooks::lookups::LookupSchema;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::Export;
use super::bindings::exports::amprule::authorization::authorization as wit;
use super::parameters::{Parameters, lists};
use super::types::{lift_optional, lift_problem, lift_texts, lower_decimal, lower_station, lower_time};
use crate::facts::Facts;
use crate::fault::invalid;
use crate::log::printable;
use crate::sandbox::Sandbox;

impl Export for AuthorizationInput {
    const INTERFACE: &'static str = "amprule:authorization/authorization";
    type Output = AuthorizationOutput;

    found_by!(wit);

    fn now(&self) -> Timestamp {
        self.now
    }

    fn station(&self) -> Option<&StationFacts> {
        Some(&self.station)
    }

    fn facts(&self, declared: &Arc<BTreeMap<String, LookupSchema>>) -> Facts {
        Facts::of_request(self, declared)
    }

    fn call(
        &self,
        export: &wit::GuestIndices,
        store: &mut Store<Sandbox>,
        instance: &Instance,
        parameters: &Parameters,
    ) -> wasmtime::Result<Result<AuthorizationOutput, Fault>> {
        let lists = lists(&self.parameters);
        let lowered = parameters
            .lower(&self.parameters, &lists)
            .and_then(|parameters| Ok((parameters, lower_token(&self.token)?)));
        let (parameters, token) = match lowered {
            Ok(lowered) => lowered,
            Err(fault) => return Ok(Err(fault)),
        };
        let question = wit::AuthorizationInput {
            now: lower_time(self.now),
            purpose: match self.purpose {
                Purpose::Authorize => wit::Purpose::Authorize,
                Purpose::Start => wit::Purpose::Start,
            },
            station: lower_station(&self.station),
            token,
            local: lower_local(&self.local),
            open_sessions: self.open_sessions,
            parameters: &parameters,
        };
        let answer = export.load(&mut *store, instance)?.call_authorize(store, question)?;
        Ok(answer.map_err(|problem| lift_problem(&problem)).and_then(lift))
    }
}

fn lower_token(token: &PresentedToken) -> Result<wit::PresentedToken<'_>, Fault> {
    Ok(wit::PresentedToken {
        id_token: &token.id_token,
        kind: &token.kind,
        status: token.status.map(|status| match status {
            TokenStatus::Accepted => wit::TokenStatus::Accepted,
            TokenStatus::Blocked => wit::TokenStatus::Blocked,
            TokenStatus::Expired => wit::TokenStatus::Expired,
            TokenStatus::Invalid => wit::TokenStatus::Invalid,
        }),
        group: token.group.as_deref(),
        expires_at: token.expires_at.map(lower_time),
        budget: token.budget.as_ref().map(lower_budget).transpose()?,
    })
}

fn lower_budget(budget: &BudgetFacts) -> Result<wit::BudgetFacts<'_>, Fault> {
    Ok(wit::BudgetFacts {
        amount: lower_decimal("token.budget.amount", budget.amount)?,
        currency: budget.currency.as_str(),
        period: match budget.period {
            BudgetPeriod::Day => wit::BudgetPeriod::Day,
            BudgetPeriod::Month => wit::BudgetPeriod::Month,
            BudgetPeriod::Total => wit::BudgetPeriod::Total,
        },
        spent: lower_decimal("token.budget.spent", budget.spent)?,
    })
}

fn lower_local(local: &LocalTime) -> wit::LocalTime<'_> {
    wit::LocalTime {
        time_zone: &local.time_zone,
        weekday: local.weekday,
        minute_of_day: local.minute_of_day,
        date: &local.date,
    }
}

fn lift(output: wit::AuthorizationOutput) -> Result<AuthorizationOutput, Fault> {
    Ok(AuthorizationOutput {
        verdict: match output.verdict {
            wit::Opinion::Accept => Opinion::Accept,
            wit::Opinion::Reject => Opinion::Reject,
            wit::Opinion::NoOpinion => Opinion::NoOpinion,
        },
        reason: output.reason.as_deref().map(lift_reason).transpose()?,
        message: output.message,
        messages: lift_texts("messages", output.messages)?,
        limits: lift_limits(&output.limits)?,
        cache_s: output.cache_s,
        tariff: output.tariff,
    })
}

fn lift_reason(word: &str) -> Result<AuthorizationStatus, Fault> {
    AuthorizationStatus::from_word(word).ok_or_else(|| {
        let words = AuthorizationStatus::ALL.map(AuthorizationStatus::as_str);
        let nearest = words.into_iter().max_by(|a, b| strsim::jaro(a, word).total_cmp(&strsim::jaro(b, word)));
        let word = printable(&word.chars().take(64).collect::<String>());
        invalid("reason", format_args!("{word:?} is no status of OCPP; did you mean {}?", nearest.unwrap_or("Invalid")))
    })
}

fn lift_limits(limits: &wit::Limits) -> Result<Limits, Fault> {
    let energy_wh = lift_optional(|| "limits.maxEnergyWh".to_owned(), limits.max_energy_wh)?;
    let energy = |wh| Energy::from_decimal_wh(wh).ok_or_else(|| invalid("limits.maxEnergyWh", "too large"));
    Ok(Limits {
        max_energy: energy_wh.map(energy).transpose()?,
        max_duration_s: limits.max_duration_s,
        max_cost: lift_optional(|| "limits.maxCost".to_owned(), limits.max_cost)?,
    })
}
