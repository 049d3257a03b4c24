//! Sites: how the power of each is shared out now.

pub(crate) mod get;
pub(crate) mod list;

use amprule_domain::Timestamp;
use amprule_domain::load::{Amperes, CircuitView, EvseView};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// A site, as the configuration describes it, and how it stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Site)]
pub struct SiteView {
    #[schema(example = "depot")]
    pub id: String,
    /// The id of the extension that shares its power out; null: everybody has an equal share.
    #[schema(required, example = "equal-share")]
    pub unit: Option<String>,
    /// When it was last looked at: every ten seconds, and whenever something happens there.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub seen_at: Option<Timestamp>,
    /// When its extension last gave an answer that makes sense.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub answered_at: Option<Timestamp>,
    /// Why it is not shared out as the operator wants it: the last answer stands for ten minutes then, and after that each
    /// session has what is safe.
    #[schema(required)]
    pub trouble: Option<String>,
    pub circuits: Vec<CircuitEntry>,
    pub evses: Vec<EvseEntry>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SiteCircuit)]
pub struct CircuitEntry {
    #[schema(example = "main")]
    id: String,
    /// The circuit that feeds it.
    #[schema(required)]
    inside: Option<String>,
    /// What each phase bears, in amperes.
    #[schema(value_type = String, example = "63")]
    most_a: Decimal,
    /// What of L1, L2 and L3 there is for charging, in amperes: without what others take. Below zero where they take too much.
    #[schema(value_type = Vec<String>, example = json!(["48.5", "51", "39.2"]))]
    capacity_a: [Decimal; 3],
    /// What its EVSEs may come to at the most, in amperes: all limits that may hold there count.
    #[schema(value_type = Vec<String>, example = json!(["32", "32", "16"]))]
    taken_a: [Decimal; 3],
    /// Its meter says nothing: charging may take what the configuration calls `blind_a`.
    is_blind: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SiteEvse)]
pub struct EvseEntry {
    /// `station/evse`
    #[schema(example = "depot-3/1")]
    id: String,
    /// The circuit on which it hangs.
    #[schema(example = "main")]
    circuit: String,
    is_connected: bool,
    /// The session that is open there.
    #[schema(required, value_type = Option<String>, format = Uuid)]
    session: Option<String>,
    /// What of each phase that session may draw, in amperes, as the station has accepted it.
    #[schema(required, value_type = Option<String>, example = "16")]
    limit_a: Option<Decimal>,
    /// What each session may draw that begins there, likewise.
    #[schema(required, value_type = Option<String>, example = "6")]
    standing_a: Option<Decimal>,
    /// What each phase of it may come to at the most, in amperes: so much it counts.
    #[schema(value_type = String, example = "16")]
    most_a: Decimal,
    /// What it was last seen to draw, all phases together, in watts.
    #[schema(required)]
    power_w: Option<i64>,
    /// What it draws of each phase though it may not, in amperes: others have less for it.
    #[schema(required, value_type = Option<String>)]
    exceeds_a: Option<Decimal>,
    /// Limits in a row that it has refused, or did not answer.
    failures: u32,
}

impl From<CircuitView> for CircuitEntry {
    fn from(circuit: CircuitView) -> Self {
        let amperes = |tenths: i64| Decimal::new(tenths, 1).normalize();
        Self {
            id: circuit.id,
            inside: circuit.inside,
            most_a: circuit.most.decimal(),
            capacity_a: circuit.capacity.map(amperes),
            taken_a: circuit.taken.map(amperes),
            is_blind: circuit.is_blind,
        }
    }
}

impl From<EvseView> for EvseEntry {
    fn from(evse: EvseView) -> Self {
        Self {
            id: evse.id,
            circuit: evse.circuit,
            is_connected: evse.is_connected,
            session: evse.session.map(|session| session.to_string()),
            limit_a: evse.limit.map(Amperes::decimal),
            standing_a: evse.standing.map(Amperes::decimal),
            most_a: evse.most.decimal(),
            power_w: evse.power_w,
            exceeds_a: evse.takes.map(Amperes::decimal),
            failures: evse.failures,
        }
    }
}

fn unknown(id: &str) -> Problem {
    let message = format!("there is no site {id}; [[sites]] of the configuration describes one");
    Problem::missing("unknown-site", message)
}
