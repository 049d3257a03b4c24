//! Decisions of any age: rows first, then the segments that they were filed into.

use std::sync::Arc;

use amprule_domain::DecisionId;
use amprule_domain::decision::Decision;
use amprule_domain::doors::{Archive, DecisionSpan, Listed, Page, StoreFuture};

use crate::read;
use crate::store::SqliteStore;

impl Archive for SqliteStore {
    /// An old one is in a file that must be unpacked.
    fn decision(&self, id: DecisionId) -> StoreFuture<'_, Option<Decision>> {
        let segments = Arc::clone(&self.segments);
        self.readers.list("read a decision", move |reading| match read::decisions::one(reading, id)? {
            Some(decision) => Ok(Some(decision)),
            None => segments.find(id),
        })
    }

    fn decisions_between(&self, span: &DecisionSpan, page: &Page) -> StoreFuture<'_, Listed<Decision>> {
        let (span, page, segments) = (span.clone(), page.clone(), Arc::clone(&self.segments));
        self.readers.list("read the decisions", move |reading| {
            read::decisions::between(reading, &segments, &span, &page, || Ok(()))
        })
    }
}
