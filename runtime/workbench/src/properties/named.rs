//! What the unit's own cases name, so that drawn sessions are about it: a discount for members needs members.

use std::collections::BTreeSet;

use amprule_domain::Timestamp;
use amprule_domain::pricing::PricingInput;
use amprule_hooks::Source;
use amprule_hooks::cases::ready;
use amprule_hooks::tables::{Cell, Table};

use super::UnderTest;

/// Two zones with different days of their clock changes, one whose clock moves by half an hour, and one without.
pub(super) const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"];

/// Before the usual ones.
pub(super) struct Named {
    pub(super) zones: Vec<String>,
    pub(super) groups: Vec<String>,
    /// What its tables of moments have in common: prices of a day say nothing of another one.
    pub(super) span: Option<(Timestamp, Timestamp)>,
}

impl Named {
    pub(super) fn of(asked: &UnderTest<'_>) -> Self {
        let (cases, _) = ready(asked.source);
        let (mut zones, mut groups) = (BTreeSet::new(), BTreeSet::new());
        for case in cases {
            let Some(PricingInput { session, token, .. }) = case.question.session() else { continue };
            zones.insert(session.time_zone.clone());
            groups.extend(token.as_ref().and_then(|token| token.group.clone()));
        }
        Self {
            zones: zones.into_iter().chain(ZONES.map(str::to_owned)).collect(),
            groups: groups.into_iter().chain(["fleet".to_owned()]).collect(),
            span: span(asked.source),
        }
    }
}

/// `None`: no table is about moments.
pub(super) fn span(source: &Source) -> Option<(Timestamp, Timestamp)> {
    let spans = source.tables.iter().filter_map(|(_, table)| moments(table));
    spans.reduce(|one, other| (one.0.max(other.0), one.1.min(other.1))).filter(|(first, last)| first <= last)
}

/// Cards in the keys of its tables: a policy that looks them up lets in nobody else.
pub(super) fn cards(source: &Source) -> Vec<String> {
    let tables = source.tables.iter().map(|(_, table)| table);
    let keys = tables.flat_map(|table| table.found().take(MOST_CARDS)).filter_map(|row| match row.key() {
        Some(Cell::Text(text)) => Some(text.to_string()),
        _ => None,
    });
    keys.take(MOST_CARDS).collect()
}

/// That are drawn.
const MOST_CARDS: usize = 64;

fn moments(table: &Table) -> Option<(Timestamp, Timestamp)> {
    match table.span()? {
        (Cell::Moment(first), Cell::Moment(last)) => Some((*first, *last)),
        _ => None,
    }
}
