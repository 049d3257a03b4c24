//! One site of the configuration file.

use amprule_domain::doors::{Listed, Page};
use amprule_domain::load::{Amperes, CircuitView, EvseView};

use crate::Sites;
use crate::site::{CircuitEntry, EvseEntry, SiteView};

pub(crate) struct FakeSites;

impl Sites for FakeSites {
    fn sites(&self, page: &Page) -> Listed<SiteView> {
        let items = page.after.as_deref().is_none_or(|after| "depot" > after).then(depot).into_iter().collect();
        Listed { items, next: None }
    }

    fn site(&self, id: &str) -> Option<SiteView> {
        (id == "depot").then(depot)
    }
}

fn depot() -> SiteView {
    let circuit = CircuitView {
        id: "main".to_owned(),
        inside: None,
        most: Amperes::whole(32),
        capacity: [315, 320, 320],
        taken: [160; 3],
        is_blind: false,
    };
    let evse = EvseView {
        id: "cs-1/1".to_owned(),
        circuit: "main".to_owned(),
        is_connected: true,
        session: None,
        limit: Some(Amperes::whole(16)),
        standing: Some(Amperes::whole(6)),
        most: Amperes::whole(16),
        weight: 1,
        power_w: Some(11_000),
        takes: None,
        failures: 0,
    };
    SiteView {
        id: "depot".to_owned(),
        unit: Some("equal-share".to_owned()),
        seen_at: None,
        answered_at: None,
        trouble: None,
        circuits: vec![CircuitEntry::from(circuit)],
        evses: vec![EvseEntry::from(evse)],
    }
}
