//! Lets an author write only what a case is about: the rest of an input is a plain charging session at a plain
//! station. What follows from other members (durations, local hours, the sum of the energy) is computed.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

/// The error says which member cannot be understood.
pub(crate) fn pricing(given: &Value) -> Result<Value, String> {
    let mut input = json!({
        "now": null,
        "session": {"id": "case", "startedAt": null, "endedAt": null, "energyWh": null, "durationS": null, "timeZone": "UTC"},
        "station": station(),
        "token": null,
        "periods": [],
    });
    merge(&mut input, given);
    if input["purpose"].is_null() {
        input["purpose"] = json!("final");
    }
    let zone = zone(input["session"]["timeZone"].as_str().unwrap_or("UTC"))?;
    if let Some(periods) = input["periods"].as_array_mut() {
        periods.iter_mut().try_for_each(|period| complete_period(period, &zone))?;
    }
    complete_session(&mut input)?;
    Ok(input)
}

/// A pricing's input, and the bill so far: an empty one where none is given. A line needs a code and an amount.
pub(crate) fn modifier(given: &Value) -> Result<Value, String> {
    let mut input = pricing(given)?;
    if let Some(members) = input.as_object_mut() {
        default(members, "currency", || json!("EUR"));
        default(members, "lines", || json!([]));
    }
    let lines = input["lines"].as_array_mut().into_iter().flatten();
    for line in lines.filter_map(Value::as_object_mut) {
        let code = line.get("code").cloned().unwrap_or_default();
        default(line, "description", || code);
    }
    Ok(input)
}

pub(crate) fn authorization(given: &Value) -> Value {
    let mut input = json!({
        "now": "2026-07-01T10:00:00Z",
        "purpose": "start",
        "station": station(),
        "token": {"idToken": "04A1B2C3D4", "type": "ISO14443", "status": null, "group": null, "expiresAt": null, "budget": null},
        "local": {"timeZone": "UTC", "weekday": 3, "minuteOfDay": 600, "date": "2026-07-01"},
        "openSessions": 0,
    });
    merge(&mut input, given);
    input
}

/// A request of a station of OCPP 1.6 that says nothing of itself.
pub(crate) fn dialect(given: &Value) -> Value {
    let mut input = json!({
        "now": "2026-07-01T10:00:00Z",
        "direction": "inbound",
        "kind": "call",
        "protocol": "ocpp1.6",
        "station": {"id": "cs-case", "vendor": "", "model": "", "firmware": "", "serial": ""},
        "action": "",
        "message": {},
    });
    merge(&mut input, given);
    input
}

/// A circuit of 32 A and what hangs on it; each EVSE has a session of half an hour on three phases.
pub(crate) fn load(given: &Value) -> Result<Value, String> {
    let mut input = json!({
        "now": "2026-07-01T10:00:00Z",
        "site": {"id": "site-case", "voltageV": 230},
        "local": {"timeZone": "UTC", "weekday": null, "minuteOfDay": null, "date": null},
        "circuits": [{"id": "main"}],
        "meters": [],
        "evses": [],
    });
    merge(&mut input, given);
    complete_local(&mut input)?;
    for circuit in members_of(&mut input, "circuits") {
        default(circuit, "inside", || Value::Null);
        default(circuit, "mostA", || json!("32"));
        let most = circuit["mostA"].clone();
        default(circuit, "freeA", || json!([most, most, most]));
    }
    let now: Option<Timestamp> = input["now"].as_str().and_then(|now| now.parse().ok());
    let began = now.and_then(|now| now.checked_sub(SignedDuration::from_mins(30)).ok());
    let circuit = input["circuits"][0]["id"].clone();
    for evse in members_of(&mut input, "evses") {
        let id = evse.get("id").and_then(Value::as_str).unwrap_or("cs-case/1").to_owned();
        let (station, number) = id.rsplit_once('/').unwrap_or((&id, "1"));
        let usual = json!({
            "station": station, "evse": number.parse::<u32>().unwrap_or(1), "circuit": circuit, "phases": 3,
            "leastA": "6", "mostA": "32", "priority": 0, "limitA": "6",
            "limitAt": null, "switchedAt": null, "powerW": null,
            "session": {"id": format!("session-{id}"), "startedAt": began, "energyWh": 2000, "state": "charging", "token": null},
        });
        let mut whole = usual;
        merge(&mut whole, &Value::Object(evse.clone()));
        whole["id"] = json!(id);
        if let Value::Object(whole) = whole {
            *evse = whole;
        }
    }
    Ok(input)
}

fn members_of<'v>(input: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Map<String, Value>> {
    input[name].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Local hours follow from the moment and the zone.
fn complete_local(input: &mut Value) -> Result<(), String> {
    let zone = zone(input["local"]["timeZone"].as_str().unwrap_or("UTC"))?;
    let Some(now) = input.as_object().map(|members| time(members, "now")).transpose()?.flatten() else { return Ok(()) };
    let local = now.to_zoned(zone);
    let Some(members) = input["local"].as_object_mut() else { return Ok(()) };
    default(members, "date", || json!(local.date().to_string()));
    default(members, "weekday", || json!(local.weekday().to_monday_one_offset()));
    default(members, "minuteOfDay", || json!(i32::from(local.hour()) * 60 + i32::from(local.minute())));
    Ok(())
}

fn station() -> Value {
    json!({"id": "cs-case", "location": null, "vendor": "", "model": "", "evse": 1, "connector": 1})
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

fn complete_period(period: &mut Value, zone: &TimeZone) -> Result<(), String> {
    let Some(period) = period.as_object_mut() else { return Ok(()) };
    default(period, "state", || json!("charging"));
    default(period, "energyWh", || json!(0));
    let (Some(from), Some(to)) = (time(period, "startedAt")?, time(period, "endedAt")?) else { return Ok(()) };
    let local = from.to_zoned(zone.clone());
    default(period, "durationS", || json!(to.as_second() - from.as_second()));
    default(period, "date", || json!(local.date().to_string()));
    default(period, "weekday", || json!(local.weekday().to_monday_one_offset()));
    default(period, "minuteOfDay", || json!(i32::from(local.hour()) * 60 + i32::from(local.minute())));
    Ok(())
}

fn complete_session(input: &mut Value) -> Result<(), String> {
    let periods = input["periods"].as_array().cloned().unwrap_or_default();
    let edge = |period: Option<&Value>, name: &str| period.and_then(|period| period.get(name)).cloned();
    let start = edge(periods.first(), "startedAt").unwrap_or_else(|| json!("2026-07-01T10:00:00Z"));
    let end = edge(periods.last(), "endedAt").unwrap_or_else(|| start.clone());
    let sum = |name: &str| periods.iter().filter_map(|period| period[name].as_f64()).sum::<f64>();
    let (energy, exported) = (sum("energyWh"), sum("exportedWh"));
    let is_final = matches!(input["purpose"].as_str(), Some("final" | "correction"));
    let Some(session) = input["session"].as_object_mut() else { return Ok(()) };
    default(session, "startedAt", || start);
    default(session, "energyWh", || json!(energy));
    if exported > 0.0 {
        default(session, "exportedWh", || json!(exported));
    }
    if is_final {
        default(session, "endedAt", || end.clone());
    }
    let ended = session["endedAt"].clone();
    if let (Some(from), to) = (time(session, "startedAt")?, time(session, "endedAt")?) {
        let last = to.or_else(|| end.as_str()?.parse().ok()).unwrap_or(from);
        default(session, "durationS", || json!(last.as_second() - from.as_second()));
    }
    if input["now"].is_null() {
        input["now"] = if ended.is_null() { end } else { ended };
    }
    Ok(())
}

fn default(members: &mut Map<String, Value>, name: &str, value: impl FnOnce() -> Value) {
    let member = members.entry(name).or_insert(Value::Null);
    if member.is_null() {
        *member = value();
    }
}

fn time(members: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, String> {
    let Some(text) = members.get(name).and_then(Value::as_str) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| format!("input: {name} is no time: {text:?}"))
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| format!("input: {name:?} is no time zone"))
}
