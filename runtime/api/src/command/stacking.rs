//! A station holds one profile of each purpose and level at an EVSE, or for a transaction (OCPP 2.0.1, K01.FR.06 and 39).

use amprule_domain::StationId;
use amprule_domain::doors::Page;
use amprule_domain::holding::{HoldingFilter, Kind};
use amprule_domain::smart_charging::stacking::rival;
use serde_json::Value;

use crate::problem::{Answer, Problem};
use crate::{Api, Worded};

/// The error names the one that is in the way, as far as is known here. In 1.6 the new one takes the old one's place (5.16.1).
///
/// `place`: of the profile in the body.
pub(super) async fn check(api: &Api, station: &StationId, said: &Worded, place: &str) -> Answer<()> {
    if said.action != "SetChargingProfile" {
        return Ok(());
    }
    let asked: Value = serde_json::from_str(&said.payload).unwrap_or_default();
    let (profile, evse) = (&asked["chargingProfile"], asked["evseId"].as_i64().unwrap_or_default());
    if profile.is_null() {
        return Ok(());
    }
    let filter = HoldingFilter { kind: Kind::Profile, station: Some(station.clone()), find: None };
    let held = api.store.holdings(&filter, &Page { after: None, limit: Kind::Profile.most() as usize }).await?.items;
    let held = held.iter().map(|(_, holding)| &holding.body);
    let Some((other, clause)) = rival(evse, profile, held, api.control.now()) else { return Ok(()) };
    let message = format!(
        "the station holds the {} {} with stack level {} there already, under another id ({clause}); send that id to \
         replace it, take another level, or clear it first (ClearChargingProfile). If it is gone, GetChargingProfiles \
         says so here too",
        text(&profile["chargingProfilePurpose"]),
        other["id"],
        profile["stackLevel"],
    );
    Err(Problem::invalid(place, message))
}

fn text(word: &Value) -> &str {
    word.as_str().unwrap_or_default()
}
