//! Availability (OCPP 2.0.1, block G): what a station says of its connectors.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::charging::{ChargingState, Happened, Station, Step, session_after_word};
use crate::diagnostics::VariableEvent;
use crate::effect::Effect;
use crate::event::Inbound;
use crate::mark::Mark;
use crate::moment::Moment;
use crate::reply::Reply;
use crate::station::StationRecord;
use crate::variable::Place;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectorStatus {
    /// 0 is the station as a whole.
    pub evse: u32,
    pub connector: u32,
    /// The station's own word: `Available`, `Occupied`, `Preparing`, `SuspendedEV`, …
    pub status: String,
    #[serde(default)]
    pub error: Option<String>,
    /// What its maker says of it besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Box<VendorWord>>,
    pub at: Option<Timestamp>,
    /// What the word says about an ongoing session, where it says anything (1.6 only).
    #[serde(default)]
    pub charging: Option<ChargingState>,
}

/// StatusNotification of 1.6, 6.47; `techCode` and `techInfo` of an event in 2.x.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VendorWord {
    /// A code of the maker's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<String>,
    /// Whose code it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl VendorWord {
    /// Characters of its own words, as an event has them (2.0.1, EventDataType).
    const CODE: usize = 50;
    const INFO: usize = 500;

    /// `None`: the event has none.
    fn of(event: &Value) -> Option<Box<Self>> {
        let text = |member: &str, most: usize| {
            let text = event[member].as_str().map(str::trim).filter(|text| !text.is_empty())?;
            Some(text.chars().take(most).collect())
        };
        let word = Self { error_code: text("techCode", Self::CODE), info: text("techInfo", Self::INFO), id: None };
        (word != Self::default()).then(|| Box::new(word))
    }
}

impl ConnectorStatus {
    /// Nothing is plugged in, as far as the station says.
    pub fn is_free(&self) -> bool {
        self.status.eq_ignore_ascii_case("Available")
    }
}

/// OCPP 2.0.1, ConnectorStatusEnumType.
const WORDS: [&str; 5] = ["Available", "Occupied", "Reserved", "Unavailable", "Faulted"];
/// A time that is further ahead of ours is not believed.
const FAR: SignedDuration = SignedDuration::from_mins(5);

/// A station may tell its connectors' state by NotifyEvent alone, without a StatusNotification (OCPP 2.0.1, G01).
pub(crate) fn told(events: &[VariableEvent], now: Timestamp) -> impl Iterator<Item = ConnectorStatus> {
    let is_state = |place: &Place| {
        let is_connector = place.component.as_ref().is_some_and(|name| name.eq_ignore_ascii_case("Connector"));
        is_connector && place.variable.eq_ignore_ascii_case("AvailabilityState")
    };
    events.iter().filter(move |event| is_state(&event.place)).filter_map(move |event| {
        let status = WORDS.into_iter().find(|word| word.eq_ignore_ascii_case(event.value.trim()))?.to_owned();
        let (evse, connector) = (event.place.evse.filter(|evse| *evse > 0)?, event.place.connector.unwrap_or(1));
        let at = event.at.filter(|at| at.duration_since(now) <= FAR).map(|at| at.min(now));
        let vendor = VendorWord::of(&event.event);
        Some(ConnectorStatus { evse, connector, status, error: None, vendor, at, charging: None })
    })
}

/// A connector's word is kept; what it says about the session there is that session's, within its own time.
pub(crate) fn apply(station: &Station, inbound: &Inbound, status: &ConnectorStatus, moment: &Moment<'_>) -> Step {
    let status = ConnectorStatus { at: Some(status.at.unwrap_or(moment.now)), ..status.clone() };
    let is_guess = inbound.marks.contains(&Mark::TIME_REPAIRED) || may_be_local(station, inbound);
    let session = session_after_word(station, &status, moment.now, is_guess);
    Step {
        effects: vec![Effect::Connector { station: station.record.id.clone(), status: status.clone() }],
        sessions: session.into_iter().collect(),
        happened: vec![Happened::Status {
            evse: status.evse,
            connector: status.connector,
            status: status.status.clone(),
        }],
        connectors: vec![status],
        ..Step::reply(Reply::Empty)
    }
}

/// A time without an offset, and nobody has entered the station's zone.
fn may_be_local(station: &Station, inbound: &Inbound) -> bool {
    let is_default = station.record.time_zone == StationRecord::DEFAULT_ZONE;
    is_default && inbound.marks.contains(&Mark::TIME_WITHOUT_OFFSET)
}
