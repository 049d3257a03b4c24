//! The way in: everything goes through the queue to the one thread that writes.

use amprule_domain::doors::{StoreFuture, Writer};
use amprule_domain::effect::Effect;

use crate::store::SqliteStore;

impl Writer for SqliteStore {
    fn commit(&self, effects: Vec<Effect>) -> StoreFuture<'_, ()> {
        Box::pin(self.queue.commit(effects))
    }
}
