//! What is known of a station, out of the books.

use amprule_domain::StationId;
use amprule_domain::cost::{Shows, TOLD_BY};
use amprule_domain::doors::{Catalogue, Page, StoreResult};
use amprule_domain::holding::{Holding, HoldingFilter, Kind};

/// In one read.
const PAGE: usize = 1_000;

pub(crate) async fn shows(books: &dyn Catalogue, station: &StationId) -> StoreResult<Shows> {
    let entered = books.station(station).await?.and_then(|record| record.shows_cost);
    let mut variables = Vec::new();
    for find in TOLD_BY {
        variables.extend(all(books, station, Kind::Variable, Some(find)).await?);
    }
    Ok(Shows::of(&variables, entered))
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
