//! How a site stands, for people.

use amprule_domain::Timestamp;
use amprule_domain::load::{CircuitView, EvseView, Site};
use parking_lot::Mutex;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteStatus {
    pub id: String,
    pub unit: Option<String>,
    /// When it was last looked at. `None`: never yet.
    pub seen_at: Option<Timestamp>,
    /// When the policy last gave an answer that makes sense.
    pub answered_at: Option<Timestamp>,
    /// Why it is not shared out as the operator wants it.
    pub trouble: Option<String>,
    pub circuits: Vec<CircuitView>,
    pub evses: Vec<EvseView>,
}

/// Where a site's task writes down how it stands.
pub(crate) struct Board(Mutex<SiteStatus>);

impl Board {
    pub(crate) fn of(site: &Site) -> Self {
        Self(Mutex::new(SiteStatus {
            id: site.id.clone(),
            unit: site.unit.clone(),
            seen_at: None,
            answered_at: None,
            trouble: None,
            circuits: Vec::new(),
            evses: Vec::new(),
        }))
    }

    pub(crate) fn read(&self) -> SiteStatus {
        self.0.lock().clone()
    }

    pub(crate) fn write(&self, change: impl FnOnce(&mut SiteStatus)) {
        change(&mut self.0.lock());
    }
}
