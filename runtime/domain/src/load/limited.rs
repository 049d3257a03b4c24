//! What stands in a station once a site has told it something, and is to be given back when no site shares it out any more.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Amperes, Site};
use crate::StationId;

/// An EVSE that may keep a limit of a site, whatever becomes of the site meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limited {
    pub station: StationId,
    pub evse: u32,
    /// That has told it.
    pub site: String,
    /// What its cable bears, of each phase; and the same for hardware that counts in watts.
    pub most_a: Amperes,
    pub most_w: u32,
    /// Since when no site shares it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at: Option<Timestamp>,
}

impl Site {
    /// What is to be known of an EVSE that is told something. `at`: a place in [`Site::evses`].
    pub fn limited(&self, at: usize) -> Limited {
        let evse = &self.evses[at];
        let phases = u32::try_from(evse.phases.len()).unwrap_or(3);
        Limited {
            station: evse.station.clone(),
            evse: evse.evse,
            site: self.id.clone(),
            most_a: evse.most,
            most_w: evse.most.watts(self.volts, phases),
            left_at: None,
        }
    }
}
