//! Lists and their pages.

use amprule_domain::ports::{Listed, Page};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Answer, Problem};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    pub items: Vec<T>,
    /// Give it as `after` to get the next page; null on the last one.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> List<T> {
    pub(crate) fn of<D>(listed: Listed<D>, view: impl FnMut(D) -> T) -> Self {
        Self { items: listed.items.into_iter().map(view).collect(), next: listed.next }
    }
}

pub(crate) fn page(limit: Option<usize>, after: Option<String>, most: usize) -> Answer<Page> {
    let limit = limit.unwrap_or(most.min(100));
    if !(1..=most).contains(&limit) {
        let message = format!("in the query: `limit` is {limit}; it must be 1 to {most}");
        return Err(Problem::unreadable("bad-parameter", message));
    }
    Ok(Page { after, limit })
}
