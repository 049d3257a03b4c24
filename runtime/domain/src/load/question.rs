//! The load hook's contract: what a policy is told of a site, and what it answers.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Amperes;
use crate::Energy;
use crate::authorization::LocalTime;
use crate::event::ChargingState;
use crate::pricing::{Parameters, TokenFacts};

/// Everything a policy may know. It is a pure function of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoadInput {
    /// The moment of the decision.
    pub now: Timestamp,
    pub site: SiteFacts,
    pub local: LocalTime,
    /// All of them, as the configuration has them.
    pub circuits: Vec<CircuitFacts>,
    /// Those that the site names, as far as they answer.
    pub meters: Vec<MeterFacts>,
    /// Those with a session that can be told what to draw, in the configuration's order.
    pub evses: Vec<EvseFacts>,
    /// The unit's parameters with the operator's values, as its manifest declares them.
    #[serde(default)]
    pub parameters: Parameters,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SiteFacts {
    pub id: String,
    /// Between a phase and neutral.
    pub voltage_v: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CircuitFacts {
    pub id: String,
    /// The circuit that feeds it.
    pub inside: Option<String>,
    /// What each phase bears.
    pub most_a: Amperes,
    /// What of L1, L2 and L3 there is for these EVSEs: without others' load, and without stations that cannot be told anything.
    pub free_a: [Amperes; 3],
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeterFacts {
    /// The device's id.
    pub id: String,
    /// Below zero where it flows out: a surplus.
    pub power_w: Option<i64>,
    /// Of L1, L2 and L3.
    #[serde(default)]
    pub current_a: Vec<Decimal>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EvseFacts {
    /// `station/evse`
    pub id: String,
    pub station: String,
    pub evse: u32,
    pub circuit: String,
    /// 1 to 3.
    pub phases: u32,
    /// With less it does not charge.
    pub least_a: Amperes,
    pub most_a: Amperes,
    pub priority: i64,
    /// What it may draw now, of each phase.
    pub limit_a: Amperes,
    /// Since when. `None`: it was never told any, or may have forgotten.
    #[serde(default)]
    pub limit_at: Option<Timestamp>,
    /// When its session was last paused, or let go on.
    #[serde(default)]
    pub switched_at: Option<Timestamp>,
    /// What it was last seen to draw, all phases together. `None`: nothing was seen since it has followed its limit, which takes half a minute.
    pub power_w: Option<i64>,
    pub session: LoadSession,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoadSession {
    pub id: String,
    pub started_at: Timestamp,
    #[serde(rename = "energyWh")]
    pub energy: Energy,
    /// `idle`: the vehicle takes nothing, it is full or waits; `suspended`: the station holds back.
    pub state: ChargingState,
    pub token: Option<TokenFacts>,
}

/// What a policy returns. Nothing in it is trusted before it is validated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoadOutput {
    /// The first ones have their least first, where not all can have it. Whoever is not named gets nothing.
    pub shares: Vec<Share>,
    /// When it would answer otherwise though nothing else happens.
    #[serde(default)]
    pub next_change_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// Its `id`: `station/evse`.
    pub evse: String,
    /// The most that it is to have, of each phase. More than there is room for is wanted, not given.
    pub most_a: Decimal,
}

/// An answer that makes sense. In JSON it is an answer, too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shares {
    /// In the answer's order.
    pub shares: Vec<Granted>,
    pub next_change_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Granted {
    pub evse: String,
    /// No more than its EVSE bears.
    pub most_a: Amperes,
}

impl LoadOutput {
    /// The error says what is wrong with it, for the unit's author.
    pub fn checked(self, input: &LoadInput) -> Result<Shares, String> {
        let mut named = BTreeSet::new();
        let mut shares = Vec::with_capacity(self.shares.len());
        for Share { evse, most_a } in self.shares {
            let known = input.evses.iter().find(|known| known.id == evse);
            let known =
                known.ok_or_else(|| format!("it gives a share to {evse:?}, which is none of the EVSEs asked about"))?;
            if most_a.is_sign_negative() && !most_a.is_zero() {
                return Err(format!("it gives {evse} {most_a} A; a share is not negative"));
            }
            if !named.insert(evse.clone()) {
                return Err(format!("it gives {evse} two shares"));
            }
            let most_a = Amperes::of(most_a).unwrap_or(known.most_a).min(known.most_a);
            shares.push(Granted { evse, most_a });
        }
        Ok(Shares { shares, next_change_at: self.next_change_at })
    }
}
