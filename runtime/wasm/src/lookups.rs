//! `amprule:facts/lookups`: what other systems have said, or shall be asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_domain::lookup::{Known, Lookup};
use amprule_hooks::lookups::{LookupResult, LookupSchema, MAX_WANTED, look};

use crate::tables::lower;
use crate::v1::bindings::amprule::facts::lookups as wit;

/// Of one question.
#[derive(Default)]
pub(crate) struct Asks {
    pub(crate) declared: Arc<BTreeMap<String, LookupSchema>>,
    pub(crate) known: Vec<Known>,
    pub(crate) wants: Vec<Lookup>,
}

impl wit::Host for Asks {
    fn ask(&mut self, name: String, key: String) -> Result<wit::Answer, String> {
        Ok(match look(&self.declared, &self.known, &name, &key)? {
            LookupResult::Row(cells, as_of) => {
                let row = cells.into_iter().map(|(column, cell)| (column, lower(cell.as_ref()))).collect();
                wit::Answer::Found(wit::FoundRow { row, as_of: as_of.map(Timestamp::as_millisecond) })
            }
            LookupResult::Nothing => wit::Answer::Nothing,
            LookupResult::Unavailable(why) => wit::Answer::Unavailable(why),
            LookupResult::Wanted(lookup) => {
                // One more than are allowed, so that the registry sees the limit exceeded.
                if self.wants.len() <= MAX_WANTED && !self.wants.contains(&lookup) {
                    self.wants.push(lookup);
                }
                wit::Answer::Pending
            }
        })
    }
}
