//! Tokens: what the operator knows about the cards and keys that drivers show.

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod put;

use amprule_domain::Timestamp;
use amprule_domain::contract::Contract;
use amprule_domain::energy_transfer::EnergyTransfer;
use amprule_domain::token::{Budget, BudgetPeriod, IdToken, TokenRecord};
use serde::Serialize;
use tokio::sync::MutexGuard;
use utoipa::ToSchema;

use crate::Api;
use crate::problem::Problem;

/// A token.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenView {
    /// As it was first given; compared without regard to case.
    #[schema(example = "04A2B3C4D5E6F7")]
    id_token: String,
    /// OCPP 2.0.1 IdTokenEnumType: `ISO14443`, `eMAID`, `Central`, …
    #[serde(rename = "type")]
    #[schema(example = "ISO14443")]
    kind: String,
    /// `accepted`, `blocked`, `expired` or `invalid`.
    #[schema(example = "accepted")]
    status: &'static str,
    #[schema(required)]
    group: Option<String>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(required)]
    budget: Option<BudgetView>,
    /// What its holder reads (BCP 47).
    #[schema(required)]
    language: Option<String>,
    /// OCPP 2.1 EnergyTransferModeEnumType.
    #[schema(value_type = Vec<String>, example = json!(["DC", "DC_BPT"]))]
    energy_transfer: Vec<EnergyTransfer>,
}

/// What a token may spend in a calendar period of the station's time zone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BudgetView {
    /// A decimal.
    #[schema(example = "50.00")]
    amount: String,
    #[schema(example = "EUR")]
    currency: String,
    /// `day`, `month` or `total`.
    #[schema(value_type = String, example = "month")]
    period: BudgetPeriod,
}

impl From<TokenRecord> for TokenView {
    fn from(record: TokenRecord) -> Self {
        let TokenRecord { id_token, kind, status, group, expires_at, budget, language, energy_transfer } = record;
        let budget = budget.map(BudgetView::from);
        Self { id_token, kind, status: status.as_str(), group, expires_at, budget, language, energy_transfer }
    }
}

impl From<Budget> for BudgetView {
    fn from(budget: Budget) -> Self {
        let Budget { amount, currency, period } = budget;
        Self { amount: amount.to_string(), currency: currency.to_string(), period }
    }
}

/// The form under which the store knows a token.
pub(crate) fn key(id_token: &str) -> String {
    IdToken::new(id_token, "").key()
}

/// Whoever changes a token, or a contract in whatever spelling, has it alone.
pub(crate) async fn turn<'a>(api: &'a Api, id_token: &str) -> MutexGuard<'a, ()> {
    let plain = Contract::beginnings(id_token).into_iter().next();
    api.turn(&plain.unwrap_or_else(|| key(id_token))).await
}

pub(crate) fn unknown(id_token: &str) -> Problem {
    let message = format!("token {id_token} is not known; PUT /api/v1/tokens/{id_token} makes it known");
    Problem::missing("unknown-token", message)
}
