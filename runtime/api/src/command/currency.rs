//! A transaction keeps its currency: another tariff for it is one of the same (OCPP 2.1, I11).

use amprule_domain::StationId;
use amprule_domain::doors::{Page, SessionFilter};
use serde_json::Value;

use crate::problem::{Answer, Problem};
use crate::{Api, Worded};

/// The error: the tariff is of another currency than the transaction.
pub(super) async fn check(api: &Api, station: &StationId, said: &Worded) -> Answer<()> {
    if said.action != "ChangeTransactionTariff" {
        return Ok(());
    }
    let asked: Value = serde_json::from_str(&said.payload).unwrap_or_default();
    let transaction = asked["transactionId"].as_str().map(str::to_owned);
    let filter = SessionFilter { station: Some(station.clone()), transaction, ..SessionFilter::default() };
    let latest = api.store.sessions(&filter, &Page { after: None, limit: 1 }).await?.items;
    let price = latest.first().and_then(|session| session.price.as_deref());
    match (price, asked["tariff"]["currency"].as_str()) {
        (Some(price), Some(currency)) if !price.currency.as_str().eq_ignore_ascii_case(currency) => {
            let message = format!("the transaction is charged in {}, and its currency stays (I11)", price.currency);
            Err(Problem::invalid("/payload/tariff/currency", message))
        }
        _ => Ok(()),
    }
}
