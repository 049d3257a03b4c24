//! `PUT /api/v1/stations/{id}`

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::doors::Page;
use amprule_domain::station::{Provisioning, StationRecord};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::ToSchema;

use super::place::{PlugEntry, check_attributes, check_country, check_currency, check_plugs};
use super::{StationView, password, with_its_word};
use crate::Api;
use crate::problem::{Answer, ErrorBody, Problem};
use crate::wire::{Change, Place, given, nearest};

/// Read at once when a name is looked for among all.
const STATIONS_AT_ONCE: usize = 1_000;
/// Of a location and of a group.
const MAX_NAME: usize = 255;

/// What the operator decides about a station. A member that is not given stays as it is, or takes its default in a new
/// station; `null` clears `password`, `certificateName`, `location`, `group`, `showsCost`, `country` and `currency`, and is the same as not given elsewhere.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StationChange {
    /// `accepted` (the default), `pending` or `rejected`.
    #[schema(value_type = Option<String>, example = "accepted")]
    provisioning: Option<Provisioning>,
    /// 0 (the default) none, 1 password, 2 TLS and password, 3 TLS with a client certificate.
    #[schema(maximum = 3)]
    security_profile: Option<u8>,
    /// 16 to 64 characters without control characters; the configuration may allow shorter ones. Stations of OCPP 2.0.1 take
    /// 40 at most. Only a keyed hash is kept. Profiles 1 and 2 need a password.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 64)]
    password: Option<Option<String>>,
    /// Instead of `password`, the AuthorizationKey of an OCPP 1.6 station: 32 to 40 hexadecimal digits. The station may send
    /// the bytes that they stand for, or the digits themselves.
    #[schema(max_length = 40, example = "4f43415f4f4354545f61646d696e5f74657374")]
    password_hex: Option<String>,
    /// At most 255 bytes.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 255)]
    location: Option<Option<String>>,
    /// What the rules of the configuration may choose the station by; at most 255 bytes.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 255, example = "motorway")]
    group: Option<Option<String>>,
    /// The common name that its client certificate may have besides its id (security profile 3), to the letter, at most 255 bytes:
    /// stations have their serial number there. It is let in with such a one, and requests for one are signed.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255, example = "SN4711")]
    certificate_name: Option<Option<String>>,
    /// Its local authorization list is kept in step with the accepted tokens. False is the default.
    keeps_local_list: Option<bool>,
    /// It shows what a transaction costs while it runs, and is told so; false: it is told nothing. Null, the default: as its device model
    /// says (`TariffCostCtrlr`, in 1.6 `CustomDisplayCostAndPrice`).
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<bool>)]
    shows_cost: Option<Option<bool>>,
    /// The most that each EVSE can deliver, W, 1 to 10,000,000; `"0"` stands for all others. A register that rises faster
    /// is not billed. What is given replaces all that was given before; at most 256 EVSEs.
    #[schema(example = json!({"0": 22_000}))]
    power_w_max: Option<BTreeMap<u32, i64>>,
    /// IANA name; `UTC` is the default.
    #[schema(example = "Europe/Berlin")]
    time_zone: Option<String>,
    /// Which plug is where; at most 256. What is given replaces all that was given before.
    plugs: Option<Vec<PlugEntry>>,
    /// Two capital letters (ISO 3166-1).
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 2, max_length = 2, example = "DE")]
    country: Option<Option<String>>,
    /// What is paid with there, ISO 4217.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 3, example = "EUR")]
    currency: Option<Option<String>>,
    /// Words of your own, which tariffs and policies may read; at most 32, of 200 bytes each. What is given replaces all
    /// that was given before.
    #[schema(example = json!({"roof": "yes"}))]
    attributes: Option<BTreeMap<String, String>>,
}

/// Makes a station known, or changes what the operator decides about it. Nothing changes when anything is wrong.
///
/// A connected station is cut off where it is rejected, or would not be let in again as it came (its password, its certificate).
#[utoipa::path(
    put,
    path = "/api/v1/stations/{id}",
    tag = "stations",
    params(("id" = String, Path, description = "The station's id: the last segment of its WebSocket address.")),
    request_body = StationChange,
    responses(
        (status = 200, body = StationView, description = "Changed."),
        (status = 201, body = StationView, description = "Made known."),
        (status = 400, body = ErrorBody, description = "`malformed-json`"),
        (status = 413, body = ErrorBody, description = "`body-too-large`"),
        (status = 415, body = ErrorBody, description = "`unsupported-media-type`"),
        (status = 422, body = ErrorBody, description = "`invalid`; `path` names the member"),
    ),
)]
pub(crate) async fn put_station(
    State(api): State<Arc<Api>>,
    Place(id): Place<String>,
    Change(change): Change<StationChange>,
) -> Answer<(StatusCode, Json<StationView>)> {
    let id = StationId::parse(&id).map_err(|fault| Problem::unreadable("bad-path", fault.to_string()))?;
    let _turn = api.turn(id.as_str()).await;
    let old = api.store.station(&id).await?;
    let status = if old.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let old = old.unwrap_or_else(|| StationRecord::new(id.clone(), Provisioning::Accepted));
    let (is_about_list, is_about_name) = (change.keeps_local_list.is_some(), change.certificate_name.is_some());
    let record = apply(&api, old, change)?;
    if is_about_name {
        check_unshared(&api, &record).await?;
    }
    api.control.put_station(record.clone()).await?;
    if is_about_list {
        api.control.lists_changed();
    }
    Ok((status, Json(with_its_word(&api, record).await?)))
}

fn apply(api: &Api, mut record: StationRecord, change: StationChange) -> Answer<StationRecord> {
    record.provisioning = change.provisioning.unwrap_or(record.provisioning);
    if let Some(profile) = change.security_profile {
        record.security_profile = check_profile(profile)?;
        // What the operator enters counts alone.
        record.next_profile = None;
    }
    record.keeps_local_list = change.keeps_local_list.unwrap_or(record.keeps_local_list);
    record.shows_cost = change.shows_cost.unwrap_or(record.shows_cost);
    if let Some(zone) = change.time_zone {
        record.time_zone = check_zone(&zone)?;
    }
    if let Some(powers) = change.power_w_max {
        record.power_w_max = check_powers(powers)?;
    }
    if let Some(location) = change.location {
        record.location = location.map(|name| check_name("location", name)).transpose()?;
    }
    if let Some(group) = change.group {
        record.group = group.map(|name| check_name("group", name)).transpose()?;
    }
    if let Some(name) = change.certificate_name {
        record.certificate_name = name.map(|name| check_name("certificateName", name)).transpose()?;
        let is_odd = |name: &String| name.is_empty() || name.trim() != name || name.chars().any(char::is_control);
        if record.certificate_name.as_ref().is_some_and(is_odd) {
            let message =
                "this has 1 to 255 bytes, no blanks at its ends and no control characters; null takes it away";
            return Err(Problem::invalid("/certificateName", message));
        }
    }
    if let Some(plugs) = change.plugs {
        record.plugs = check_plugs(plugs)?;
    }
    if let Some(country) = change.country {
        record.place.country = country.map(|country| check_country(&country)).transpose()?;
    }
    if let Some(currency) = change.currency {
        record.place.currency = currency.map(|currency| check_currency(&currency)).transpose()?;
    }
    if let Some(attributes) = change.attributes {
        record.place.attributes = check_attributes(attributes)?;
    }
    if change.password.is_some() || change.password_hex.is_some() {
        // What the operator enters counts alone.
        (record.other_password_hashes, record.told_password_hashes) = (Vec::new(), Vec::new());
    }
    record.password_hash = password::changed(api, record.password_hash, change.password, change.password_hex)?;
    if matches!(record.security_profile, 1 | 2) && record.password_hash.is_none() {
        let message = format!("security profile {} needs a password, and there is none", record.security_profile);
        return Err(Problem::invalid("/password", message));
    }
    Ok(record)
}

fn check_profile(profile: u8) -> Answer<u8> {
    if profile > 3 {
        return Err(Problem::invalid(
            "/securityProfile",
            format!("there is no security profile {profile}; 0 to 3 exist"),
        ));
    }
    Ok(profile)
}

fn check_powers(powers: BTreeMap<u32, i64>) -> Answer<BTreeMap<u32, i64>> {
    if powers.len() > StationRecord::MAX_EVSES {
        let message = format!("these are more than {} EVSEs", StationRecord::MAX_EVSES);
        return Err(Problem::invalid("/powerWMax", message));
    }
    match powers.iter().find(|(_, watts)| !(1..=10_000_000).contains(*watts)) {
        Some((evse, watts)) => {
            let message = format!("{watts} W is no power of an EVSE; it is 1 to 10,000,000");
            Err(Problem::invalid(format!("/powerWMax/{evse}"), message))
        }
        None => Ok(powers),
    }
}

/// A certificate is one station's alone: with another's name it would be let in as that one.
async fn check_unshared(api: &Api, record: &StationRecord) -> Answer<()> {
    let Some(name) = &record.certificate_name else { return Ok(()) };
    let mut page = Page { after: None, limit: STATIONS_AT_ONCE };
    loop {
        let listed = api.store.stations(&page).await?;
        let bears = |other: &&StationRecord| other.id != record.id && other.bears(name);
        if let Some(other) = listed.items.iter().find(bears) {
            let message = format!("`{name}` is a name of station {}; a certificate is one station's alone", other.id);
            return Err(Problem::invalid("/certificateName", message));
        }
        let Some(next) = listed.next else { return Ok(()) };
        page.after = Some(next);
    }
}

fn check_name(member: &str, name: String) -> Answer<String> {
    if name.len() > MAX_NAME {
        return Err(Problem::invalid(format!("/{member}"), format!("the {member} is longer than {MAX_NAME} bytes")));
    }
    Ok(name)
}

/// The name in its usual spelling.
fn check_zone(name: &str) -> Answer<String> {
    if let Some(name) = TimeZone::get(name).ok().and_then(|zone| zone.iana_name().map(str::to_owned)) {
        return Ok(name);
    }
    let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let hint = nearest(name, known.iter().map(String::as_str)).map(|near| format!("; did you mean `{near}`?"));
    let message = format!("`{name}` is not a time zone of the IANA database{}", hint.unwrap_or_default());
    Err(Problem::invalid("/timeZone", message))
}

#[cfg(test)]
mod tests {
    use amprule_domain::effect::Effect;
    use amprule_domain::event::Boot;
    use amprule_domain::reported::{Identity, Report};
    use serde_json::json;

    use crate::testing::{Asked, House, station};

    const CS_1: &str = "/api/v1/stations/cs-1";

    #[tokio::test]
    async fn a_new_station_gets_defaults_and_a_known_one_keeps_what_is_not_given() {
        let house = House::new();
        let made = house.put(CS_1, json!({"location": "Yard", "group": "depot", "timeZone": "europe/berlin"})).await;
        assert_eq!(made.status.as_u16(), 201);
        assert_eq!(made.body["provisioning"], "accepted");
        assert_eq!(made.body["timeZone"], "Europe/Berlin");
        let changed = house.put(CS_1, json!({"provisioning": "pending", "securityProfile": null})).await;
        assert_eq!(changed.status.as_u16(), 200);
        assert_eq!(changed.body["provisioning"], "pending");
        assert_eq!((&changed.body["location"], &changed.body["group"]), (&json!("Yard"), &json!("depot")));
        let cleared = house.put(CS_1, json!({"location": null})).await;
        assert_eq!((&cleared.body["location"], &cleared.body["group"]), (&json!(null), &json!("depot")));
    }

    #[tokio::test]
    async fn boot_facts_and_the_password_stay() {
        let house = House::new();
        let mut record = station("cs-1");
        record.password_hash = Some("hash".to_owned());
        let boot = Boot { vendor: "Volta".to_owned(), ..Boot::default() };
        let report = Box::new(Report::Identity(Identity { boot, ..Identity::default() }));
        house.keep([Effect::Reported { station: record.id.clone(), report }, Effect::Station(Box::new(record))]);
        let changed = house.put(CS_1, json!({"securityProfile": 1})).await;
        assert_eq!(
            (changed.body["vendor"].as_str(), changed.body["hasPassword"].as_bool()),
            (Some("Volta"), Some(true))
        );
        house.put(CS_1, json!({"password": "a much longer secret"})).await;
        assert_eq!(house.station("cs-1").password_hash.as_deref(), Some("hashed(a much longer secret)"));
    }

    #[tokio::test]
    async fn a_key_is_given_in_digits_and_shorter_passwords_where_the_operator_allows_them() {
        let house = House::with(|settings| settings.password_min = 4);
        for (body, hash) in [
            (json!({"password": "four"}), Some("hashed(four)")),
            (json!({"password": "pässwörter mit Umlauten"}), Some("hashed(pässwörter mit Umlauten)")),
            (json!({"passwordHex": "00fFa1B2"}), Some("hashed([0, ff, a1, b2])")),
            (json!({"password": null, "passwordHex": "00ff00ff"}), Some("hashed([0, ff, 0, ff])")),
            (json!({"passwordHex": null}), Some("hashed([0, ff, 0, ff])")),
            (json!({"password": null}), None),
        ] {
            let answer = house.put(CS_1, body.clone()).await;
            assert!(answer.status.is_success(), "{body}: {}", answer.text);
            assert_eq!(house.station("cs-1").password_hash.as_deref(), hash, "{body}");
            assert_eq!(answer.body["hasPassword"], hash.is_some(), "{body}");
        }
        assert!(house.put(CS_1, json!({"password": "for"})).await.error("message").contains("4 to 64"));
    }

    #[tokio::test]
    async fn a_wrong_value_is_named_and_changes_nothing() {
        let house = House::new();
        let cases = [
            (json!({"securityProfile": 4}), "/securityProfile", "0 to 3"),
            (json!({"securityProfile": 2}), "/password", "needs a password"),
            (json!({"password": "fifteen letters"}), "/password", "16 to 64 characters"),
            (json!({"password": "fifteen letters"}), "/password", "`min_password_chars` below [stations]"),
            (json!({"password": "x".repeat(65)}), "/password", "16 to 64 characters"),
            (json!({"password": format!("{}\n", "x".repeat(20))}), "/password", "control character"),
            (json!({"passwordHex": "ab".repeat(15)}), "/passwordHex", "32 to 40 digits"),
            (json!({"passwordHex": "ab".repeat(21)}), "/passwordHex", "32 to 40 digits"),
            (json!({"passwordHex": "a".repeat(39)}), "/passwordHex", "two for each byte"),
            (json!({"passwordHex": "+a".repeat(20)}), "/passwordHex", "hexadecimal"),
            (json!({"password": "x".repeat(20), "passwordHex": "ab".repeat(20)}), "/passwordHex", "either"),
            (json!({"timeZone": "Europe/Berlim"}), "/timeZone", "did you mean `Europe/Berlin`?"),
            (json!({"timeZone": ""}), "/timeZone", "not a time zone"),
            (json!({"location": "x".repeat(256)}), "/location", "255 bytes"),
            (json!({"group": "x".repeat(256)}), "/group", "255 bytes"),
            (json!({"certificateName": " SN1"}), "/certificateName", "no blanks at its ends"),
            (json!({"certificateName": ""}), "/certificateName", "null takes it away"),
            (json!({"location": "Yard", "passwort": "secret"}), "/passwort", "did you mean `password`?"),
        ];
        for (body, path, message) in cases {
            let answer = house.put(CS_1, body.clone()).await;
            assert_eq!((answer.status.as_u16(), answer.error("path").as_str()), (422, path), "{body}");
            assert!(answer.error("message").contains(message), "{body}: {}", answer.error("message"));
        }
        assert_eq!(house.get(CS_1).await.status.as_u16(), 404);
        for (id, status) in
            [("x".repeat(65), 400), ("%20".to_owned(), 400), ("a%07b".to_owned(), 400), ("é".repeat(64), 201)]
        {
            let id = id.replace('é', "%C3%A9");
            let answer = house.send(Asked::put(&format!("/api/v1/stations/{id}"), "{}")).await;
            assert_eq!(answer.status.as_u16(), status, "{id}");
        }
    }
}
