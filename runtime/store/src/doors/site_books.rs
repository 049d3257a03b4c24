//! What sites ask: in which stations their limits stand.

use amprule_domain::doors::{SiteBooks, StoreFuture};
use amprule_domain::load::Limited;

use crate::read;
use crate::store::SqliteStore;

impl SiteBooks for SqliteStore {
    fn limited(&self) -> StoreFuture<'_, Vec<Limited>> {
        self.readers.list("read which stations have limits of sites", read::limited::all)
    }
}
