//! What is known of a station, out of the books.

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::cost::{Shows, TOLD_BY};
use amprule_domain::doors::{Catalogue, Page, StoreResult};
use amprule_domain::holding::{Holding, HoldingFilter, Kind};
use amprule_domain::station::StationRecord;

/// In one read.
const PAGE: usize = 1_000;

/// What it can show, and what its operator says of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) shows: Arc<Shows>,
    record: Option<StationRecord>,
}

pub(crate) async fn seen(books: &dyn Catalogue, station: &StationId) -> StoreResult<Seen> {
    let record = books.station(station).await?;
    let mut variables = Vec::new();
    for find in TOLD_BY {
        variables.extend(all(books, station, Kind::Variable, Some(find)).await?);
    }
    let shows = Shows::of(&variables, record.as_ref().and_then(|record| record.shows_cost));
    Ok(Seen { shows: Arc::new(shows), record })
}

pub(crate) async fn all(
    books: &dyn Catalogue,
    station: &StationId,
    kind: Kind,
    find: Option<&str>,
) -> StoreResult<Vec<Holding>> {
    let filter = HoldingFilter { kind, station: Some(station.clone()), find: find.map(str::to_owned) };
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = books.holdings(&filter, &Page { after, limit: PAGE }).await?;
        found.extend(page.items.into_iter().map(|(_, holding)| holding));
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}
