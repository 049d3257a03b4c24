//! What couriers read.

use amprule_domain::doors::{OutboxBooks, StoreFuture};
use amprule_domain::outbox::{OutboxRow, Subscriber};

use crate::read;
use crate::store::SqliteStore;

impl OutboxBooks for SqliteStore {
    fn outbox(&self, after: u64, most: usize) -> StoreFuture<'_, Vec<OutboxRow>> {
        self.readers.list("read the outbox", move |reading| read::outbox::after(reading, after, most))
    }

    fn outbox_span(&self) -> StoreFuture<'_, Option<(u64, u64)>> {
        self.readers.list("look at the outbox", |reading| read::outbox::span(reading))
    }

    fn subscribers(&self) -> StoreFuture<'_, Vec<Subscriber>> {
        self.readers.list("read the subscribers", |reading| read::outbox::subscribers(reading))
    }
}
