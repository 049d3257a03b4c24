//! What is known of a station's list, of its bounds, and of the tokens.

use amprule_domain::StationId;
use amprule_domain::doors::{Catalogue, Page, StoreResult};
use amprule_domain::holding::{Holding, HoldingFilter, Kind};
use amprule_domain::local_list::plan::{Entered, Held};
use amprule_domain::token::{IdToken, TokenRecord};
use serde_json::Value;

/// In one read.
const PAGE: usize = 1_000;

pub(crate) async fn keepers(books: &dyn Catalogue) -> StoreResult<Vec<StationId>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = books.stations(&Page { after, limit: PAGE }).await?;
        found.extend(page.items.into_iter().filter(|record| record.keeps_local_list).map(|record| record.id));
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

pub(crate) async fn tokens(books: &dyn Catalogue) -> StoreResult<Vec<TokenRecord>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = books.tokens(&Page { after, limit: PAGE }).await?;
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

/// A station's word about its list.
pub(crate) enum Told {
    Nothing,
    /// It keeps none (1.6, 5.10: -1).
    NoList,
    List(Held),
}

pub(crate) async fn told(books: &dyn Catalogue, station: &StationId) -> StoreResult<Told> {
    let list = all(books, station, Kind::LocalList, None).await?.into_iter().next();
    let Some(Holding { body: list, .. }) = list else { return Ok(Told::Nothing) };
    let number = |value: &Value| value.as_i64().unwrap_or_default();
    let (version, told) = (number(&list["version"]), number(&list["told"]));
    if told < 0 {
        return Ok(Told::NoList);
    }
    let refused = number(&list["refused"]["version"]);
    // A version that the station says it has and that we never sent is another system's list.
    let is_certain = list["refused"].is_null() && version == told && version > 0;
    let entries = all(books, station, Kind::LocalListEntry, None).await?;
    let entry = |holding: Holding| {
        let entered = Entered::read(&holding.body).unwrap_or_else(|| {
            // It is there and not as it should be: it is told anew, or to be forgotten.
            Entered {
                id_token: IdToken::new(&*holding.key, IdToken::UNTYPED),
                expires_at: None,
                group: Some(String::new()),
            }
        });
        (holding.key, entered)
    };
    let entries = entries.into_iter().map(entry).collect();
    Ok(Told::List(Held { version, seen: told.max(refused), is_certain, entries }))
}

/// What the station has told of its bounds, as it is held: variables of 2.x, keys of 1.6.
pub(crate) async fn told_bounds(books: &dyn Catalogue, station: &StationId) -> StoreResult<Vec<Holding>> {
    let mut told = Vec::new();
    for find in ["localauthlistctrlr/", "sendlocallistmaxlength", "localauthlistmaxlength"] {
        told.extend(all(books, station, Kind::Variable, Some(find)).await?);
    }
    Ok(told)
}

async fn all(books: &dyn Catalogue, station: &StationId, kind: Kind, find: Option<&str>) -> StoreResult<Vec<Holding>> {
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
