//! Stations: what the operator decided about them, and what they say of themselves.

pub(crate) mod call;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod messages;
mod password;
pub(crate) mod place;
pub(crate) mod put;

use std::collections::BTreeMap;

use amprule_domain::doors::StoreResult;
use amprule_domain::event::{Boot, ConnectorStatus, VendorWord};
use amprule_domain::reported::{Identity, Reported};
use amprule_domain::station::StationRecord;
use amprule_domain::{StationId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Api;
use crate::problem::Problem;
pub(crate) use password::check_password;
use place::PlugEntry;

/// A station.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StationView {
    #[schema(example = "cs-17")]
    id: String,
    /// How a BootNotification is answered: `accepted`, `pending` or `rejected`.
    #[schema(example = "accepted")]
    provisioning: &'static str,
    /// 0 none, 1 password, 2 TLS and password, 3 TLS with a client certificate.
    #[schema(maximum = 3)]
    security_profile: u8,
    /// The one that the station was told to use: it is let in with either until it has shown which. The command
    /// `security-profile` among its commands says how far that is.
    #[schema(required, maximum = 3)]
    changes_profile_to: Option<u8>,
    /// The common name that its client certificate may have besides its id.
    #[schema(required)]
    certificate_name: Option<String>,
    has_password: bool,
    /// Another password is taken, too: the station was told a new one, and has not shown which it uses.
    changes_password: bool,
    /// Its local authorization list is kept in step with the accepted tokens.
    keeps_local_list: bool,
    /// Whether it shows what a transaction costs; null: as its device model says.
    #[schema(required)]
    shows_cost: Option<bool>,
    #[schema(required)]
    location: Option<String>,
    /// What the rules of the configuration may choose it by.
    #[schema(required)]
    group: Option<String>,
    /// IANA name; local hours of tariffs and policies are hours of this zone.
    #[schema(example = "Europe/Berlin")]
    time_zone: String,
    /// The most that each EVSE can deliver, W: as the operator has entered it, else as the station reports it. Registers
    /// that rise faster are not believed. `0` stands for all others.
    power_w_max: BTreeMap<u32, i64>,
    /// Which plug is where, as the operator has entered it.
    plugs: Vec<PlugEntry>,
    /// Two capital letters (ISO 3166-1).
    #[schema(required)]
    country: Option<String>,
    /// What is paid with there, ISO 4217.
    #[schema(required)]
    currency: Option<String>,
    /// The operator's own words about the place.
    attributes: BTreeMap<String, String>,
    /// From the last BootNotification, as are model, serial and firmware.
    #[schema(required)]
    vendor: Option<String>,
    #[schema(required)]
    model: Option<String>,
    #[schema(required)]
    serial: Option<String>,
    #[schema(required)]
    firmware: Option<String>,
    /// The subprotocol of the present connection or else of the last one: `ocpp1.6`, `ocpp2.0.1`, `ocpp2.1`.
    #[schema(required)]
    protocol: Option<String>,
    connected: bool,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    connected_since: Option<Timestamp>,
    /// When the present connection last brought anything; null without a connection.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_heard: Option<Timestamp>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    booted_at: Option<Timestamp>,
    connectors: Vec<ConnectorView>,
}

/// The last status that a connector reported.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectorView {
    /// 0 is the station as a whole.
    evse: u32,
    connector: u32,
    /// The station's own word: `Available`, `Occupied`, `Preparing`, …
    status: String,
    #[schema(required)]
    error: Option<String>,
    /// A code of its maker's: vendorErrorCode of 1.6, techCode of an event in 2.x.
    #[schema(required)]
    vendor_error_code: Option<String>,
    /// Whose code that is.
    #[schema(required)]
    vendor_id: Option<String>,
    /// What it says of it besides, for people.
    #[schema(required)]
    info: Option<String>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

impl From<ConnectorStatus> for ConnectorView {
    fn from(status: ConnectorStatus) -> Self {
        let ConnectorStatus { evse, connector, status, error, vendor, at, charging: _ } = status;
        let VendorWord { error_code, info, id } = vendor.map(|vendor| *vendor).unwrap_or_default();
        Self { evse, connector, status, error, vendor_error_code: error_code, vendor_id: id, info, at }
    }
}

/// The operator's record, with what the station says.
pub(crate) async fn with_its_word(api: &Api, record: StationRecord) -> StoreResult<StationView> {
    let reported = api.store.reported(&record.id).await?;
    let connectors = api.store.connectors(&record.id).await?;
    Ok(view(api, record, reported, connectors))
}

fn view(api: &Api, record: StationRecord, reported: Reported, connectors: Vec<ConnectorStatus>) -> StationView {
    let Reported { identity: Identity { boot, booted_at, protocol }, powers } = reported;
    let Boot { vendor, model, serial, firmware, reason: _ } = boot;
    let connection = api.control.connection(&record.id);
    let protocol = connection.map(|connection| connection.protocol.to_owned()).or(protocol);
    let said = |text: String| (!text.is_empty()).then_some(text);
    StationView {
        id: record.id.to_string(),
        provisioning: record.provisioning.as_str(),
        security_profile: record.security_profile,
        changes_profile_to: record.next_profile,
        has_password: record.password_hash.is_some(),
        certificate_name: record.certificate_name.clone(),
        changes_password: record.changes_password(),
        keeps_local_list: record.keeps_local_list,
        shows_cost: record.shows_cost,
        location: record.location,
        group: record.group,
        power_w_max: powers.evses.into_iter().chain(record.power_w_max).collect(),
        time_zone: record.time_zone,
        plugs: record.plugs.into_iter().map(PlugEntry::from).collect(),
        country: record.place.country,
        currency: record.place.currency.map(|currency| currency.to_string()),
        attributes: record.place.attributes,
        vendor: said(vendor),
        model: said(model),
        serial,
        firmware,
        protocol,
        connected: connection.is_some(),
        connected_since: connection.map(|connection| connection.since),
        last_heard: connection.map(|connection| connection.last_heard),
        booted_at,
        connectors: connectors.into_iter().map(ConnectorView::from).collect(),
    }
}

pub(crate) fn unknown(id: &StationId) -> Problem {
    let message = format!("station {id} is not known; PUT /api/v1/stations/{id} makes it known");
    Problem::missing("unknown-station", message)
}
