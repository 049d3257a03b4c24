//! Sites over the engine and the devices, and as the API reaches them.

use std::collections::BTreeSet;
use std::sync::Arc;

use amprule_api::{CircuitEntry, EvseEntry, SiteView};
use amprule_devices::DeviceStatus;
use amprule_domain::command::{Command, Exchange, Origin};
use amprule_domain::doors::{Catalogue as _, Listed, Page, Records as _, StationBooks as _, StoreResult};
use amprule_domain::holding::Kind;
use amprule_domain::load::MeterReading;
use amprule_domain::notice::Notice;
use amprule_domain::ports::BoxFuture;
use amprule_domain::session::Session;
use amprule_domain::smart_charging::{is_default_at, said_again};
use amprule_domain::variable::{ACTUAL, Place};
use amprule_domain::{CommandId, Decimal, StationId, Timestamp, TransactionId};
use amprule_engine::Engine;
use amprule_sites::{SiteStatus, Sites};
use amprule_store::SqliteStore;
use serde_json::Value;
use tokio::sync::broadcast;

use crate::fleet::Fleet;

pub(crate) struct Stations {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) fleet: Arc<Fleet>,
}

impl amprule_sites::Stations for Stations {
    fn is_connected(&self, station: &StationId) -> bool {
        self.engine.connection(station).is_some()
    }

    fn is_device(&self, station: &StationId) -> bool {
        self.fleet.status_of(station).is_some()
    }

    fn evses<'a>(&'a self, station: &'a StationId) -> BoxFuture<'a, StoreResult<Option<BTreeSet<u32>>>> {
        let is_device = self.is_device(station);
        Box::pin(async move {
            if is_device {
                return Ok(Some([1].into()));
            }
            if self.store.station(station).await?.is_none() {
                return Ok(None);
            }
            let told = self.store.connectors(station).await?.into_iter().map(|connector| connector.evse);
            Ok(Some(told.filter(|evse| *evse > 0).collect()))
        })
    }

    fn sessions<'a>(&'a self, station: &'a StationId) -> BoxFuture<'a, StoreResult<Vec<Session>>> {
        Box::pin(async move {
            let mut sessions = self.store.live_sessions(station, 0).await?;
            sessions.retain(Session::is_open);
            Ok(sessions)
        })
    }

    fn order<'a>(
        &'a self,
        station: &'a StationId,
        command: Command,
        site: &'a str,
        expires_at: Timestamp,
    ) -> BoxFuture<'a, Result<CommandId, String>> {
        Box::pin(async move {
            let ordered = self.engine.order(station, command, Origin::Site(site.to_owned()), expires_at).await;
            ordered.map(|exchange| exchange.id).map_err(|refused| refused.to_string())
        })
    }

    fn order_for_car<'a>(
        &'a self,
        station: &'a StationId,
        command: Command,
        expires_at: Timestamp,
    ) -> BoxFuture<'a, Result<CommandId, String>> {
        Box::pin(async move {
            let ordered = self.engine.order_own(station, command, expires_at).await;
            ordered.map(|exchange| exchange.id).map_err(|refused| refused.to_string())
        })
    }

    fn power_w<'a>(&'a self, station: &'a StationId, evse: u32) -> BoxFuture<'a, StoreResult<Option<i64>>> {
        Box::pin(async move {
            let entered = self.store.station(station).await?.and_then(|record| record.power_of(evse));
            let reported = self.store.reported(station).await?.powers.of(evse);
            Ok(entered.or(reported))
        })
    }

    fn phases<'a>(&'a self, station: &'a StationId, evse: u32) -> BoxFuture<'a, StoreResult<Option<u8>>> {
        Box::pin(async move {
            let key = Place { evse: Some(evse), ..Place::of("EVSE", "SupplyPhases") }.key();
            let told = self.store.holding(station, Kind::Variable, &key).await?;
            let phases = told.and_then(|told| told.body["attributes"][ACTUAL]["value"].as_str()?.trim().parse().ok());
            Ok(phases.filter(|phases| (1..=3).contains(phases)))
        })
    }

    fn has_default<'a>(&'a self, station: &'a StationId, evse: u32) -> BoxFuture<'a, StoreResult<bool>> {
        Box::pin(async move {
            let held = self.store.held(station, Kind::Profile, "").await?;
            Ok(held.iter().any(|holding| is_default_at(&holding.body, evse)))
        })
    }

    fn said_again<'a>(
        &'a self,
        station: &'a StationId,
        evse: u32,
        transaction: &'a TransactionId,
    ) -> BoxFuture<'a, StoreResult<Option<Value>>> {
        Box::pin(async move {
            let held = self.store.held(station, Kind::Profile, "").await?;
            Ok(said_again(&held, evse, transaction.as_str()))
        })
    }

    fn open_exchanges<'a>(&'a self, station: &'a StationId) -> BoxFuture<'a, StoreResult<Vec<Exchange>>> {
        self.store.open_exchanges(station)
    }

    fn exchange(&self, id: CommandId) -> BoxFuture<'_, StoreResult<Option<Exchange>>> {
        self.store.exchange(id)
    }

    fn notices(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.engine.subscribe()
    }
}

/// The devices that measure.
pub(crate) struct Meters(pub(crate) Arc<Fleet>);

impl amprule_sites::Meters for Meters {
    fn read(&self, device: &str) -> Result<MeterReading, String> {
        let unknown = || {
            "there is no such device; [[devices]] of the configuration or PUT /api/v1/devices/ID binds one".to_owned()
        };
        reading(self.0.status_of(&StationId::new(device)).ok_or_else(unknown)?)
    }
}

const CURRENTS: [&str; 3] = ["current_l1_a", "current_l2_a", "current_l3_a"];
const POWERS: [&str; 3] = ["power_l1_w", "power_l2_w", "power_l3_w"];

/// By the names that points of meters have.
fn reading(status: DeviceStatus) -> Result<MeterReading, String> {
    let DeviceStatus { state, readings, seen_at, trouble, .. } = status;
    if let Some(trouble) = trouble {
        return Err(trouble);
    }
    let at = seen_at.ok_or("it was not seen yet")?;
    if state.is_some() {
        return Err("it is a station and no meter; its driver says kind = \"meter\" where it is one".to_owned());
    }
    let number = |name: &str| readings.get(name).and_then(|text| text.parse::<Decimal>().ok());
    let by_phase: Option<Vec<Decimal>> = CURRENTS.iter().map(|name| number(name)).collect();
    let current_a = by_phase.or_else(|| number("current_a").map(|all| vec![all])).unwrap_or_default();
    let whole = |name: &str| number(name).and_then(|watts| i64::try_from(watts.round()).ok());
    let by_phase_w: Option<Vec<i64>> = POWERS.iter().map(|name| whole(name)).collect();
    let power_w = whole("power_w");
    match current_a.is_empty() && power_w.is_none() {
        true => Err("it has no point power_w, current_a or current_l1_a, current_l2_a, current_l3_a".to_owned()),
        false => Ok(MeterReading { at, power_w, current_a, by_phase_w: by_phase_w.unwrap_or_default() }),
    }
}

/// As the API reaches them.
pub(crate) struct Shared(pub(crate) Arc<Sites>);

impl amprule_api::Sites for Shared {
    fn sites(&self, page: &Page) -> Listed<SiteView> {
        let is_after = |status: &SiteStatus| page.after.as_ref().is_none_or(|after| status.id > *after);
        let mut rest = self.0.status().into_iter().filter(is_after).peekable();
        let shown: Vec<SiteStatus> = rest.by_ref().take(page.limit).collect();
        let next = rest.peek().and(shown.last()).map(|status| status.id.clone());
        Listed { items: shown.into_iter().map(view).collect(), next }
    }

    fn site(&self, id: &str) -> Option<SiteView> {
        self.0.status_of(id).map(view)
    }
}

fn view(status: SiteStatus) -> SiteView {
    let SiteStatus { id, unit, seen_at, answered_at, trouble, circuits, evses } = status;
    SiteView {
        id,
        unit,
        seen_at,
        answered_at,
        trouble,
        circuits: circuits.into_iter().map(CircuitEntry::from).collect(),
        evses: evses.into_iter().map(EvseEntry::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(readings: &[(&str, &str)]) -> DeviceStatus {
        DeviceStatus {
            id: StationId::new("grid"),
            unit: "sdm630".to_owned(),
            version: Some("1.0.0".to_owned()),
            state: None,
            readings: readings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            seen_at: Some(Timestamp::UNIX_EPOCH),
            trouble: None,
            remark: None,
            turns: 1,
        }
    }

    #[test]
    fn a_meter_is_read_by_the_names_of_its_points() {
        let read = |readings: &[(&str, &str)]| reading(status(readings)).map(|read| (read.power_w, read.current_a));
        let three = [("current_l1_a", "1.5"), ("current_l2_a", "2"), ("current_l3_a", "-0.25"), ("power_w", "812.6")];
        let currents = ["1.5", "2", "-0.25"].map(|text| text.parse::<Decimal>().unwrap());
        assert_eq!(read(&three), Ok((Some(813), currents.to_vec())));
        let powers = [("power_l1_w", "-4"), ("power_l2_w", "5.5"), ("power_l3_w", "0")];
        let directed = reading(status(&[&three[..], &powers].concat()));
        assert_eq!(directed.map(|read| read.by_phase_w), Ok(vec![-4, 6, 0]));
        assert_eq!(read(&[("power_w", "-90")]), Ok((Some(-90), vec![])));
        assert_eq!(read(&[("current_a", "7")]), Ok((None, vec![Decimal::from(7)])));
        assert!(read(&[("energy_wh", "1")]).is_err_and(|why| why.contains("no point power_w")));
        let station = DeviceStatus { state: Some(amprule_hooks::driver::DeviceState::Charging), ..status(&three) };
        assert!(reading(station).is_err_and(|why| why.contains("no meter")));
        let blind = DeviceStatus { trouble: Some("it does not answer".to_owned()), ..status(&three) };
        assert_eq!(reading(blind).map(|_| ()), Err("it does not answer".to_owned()));
    }
}
