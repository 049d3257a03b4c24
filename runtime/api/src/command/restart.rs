//! Whether a reset happened.

use amprule_domain::Timestamp;
use amprule_domain::command::Exchange;
use amprule_domain::doors::StoreResult;

use super::CommandView;
use crate::Api;

/// With what became of it.
pub(crate) async fn view(api: &Api, exchange: Exchange) -> StoreResult<CommandView> {
    let (happened, restarted_at) = restarted(api, &exchange).await?;
    Ok(CommandView { happened, restarted_at, ..exchange.into() })
}

pub(super) async fn views(api: &Api, exchanges: Vec<Exchange>) -> StoreResult<Vec<CommandView>> {
    let mut views = Vec::with_capacity(exchanges.len());
    for exchange in exchanges {
        views.push(view(api, exchange).await?);
    }
    Ok(views)
}

/// The server may have been down when the station was back: then the last boot that it told of says as much as is known.
async fn restarted(api: &Api, exchange: &Exchange) -> StoreResult<(Option<bool>, Option<Timestamp>)> {
    let Some(until) = exchange.restart_until() else { return Ok((None, None)) };
    if let Some(at) = exchange.restarted_at {
        return Ok((Some(true), Some(at)));
    }
    if api.control.now() <= until {
        return Ok((None, None));
    }
    let booted = api.store.reported(&exchange.station).await?.identity.booted_at;
    Ok(match booted.filter(|at| Some(*at) > exchange.ended_at) {
        None => (Some(false), None),
        Some(at) if at <= until => (Some(true), Some(at)),
        Some(_) => (None, None),
    })
}
