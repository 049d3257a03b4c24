//! Which EVSEs are in a site, by the configuration as it is now.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::load::Site;
use parking_lot::Mutex;

use crate::ledger::{Place, evses_of};

/// Known to others too: a car at such an EVSE is told what it may draw by its site.
#[derive(Default)]
pub struct Seats(Mutex<BTreeMap<Place, String>>);

impl Seats {
    pub fn has(&self, station: &StationId, evse: u32) -> bool {
        self.is_taken(&(station.clone(), evse))
    }

    pub(crate) fn is_taken(&self, place: &Place) -> bool {
        self.0.lock().contains_key(place)
    }

    /// It is in this site.
    pub(crate) fn is_in(&self, place: &Place, site: &str) -> bool {
        self.0.lock().get(place).is_some_and(|seated| seated == site)
    }

    /// A site has an EVSE of this station.
    pub(crate) fn has_any(&self, station: &StationId) -> bool {
        self.0.lock().range(evses_of(station)).next().is_some()
    }

    /// These are the sites from now on.
    pub(crate) fn become_those_of(&self, sites: &[Arc<Site>]) {
        let places = |site: &Arc<Site>| {
            let id = site.id.clone();
            site.evses.clone().into_iter().map(move |evse| ((evse.station, evse.evse), id.clone()))
        };
        *self.0.lock() = sites.iter().flat_map(places).collect();
    }
}
