//! Smart charging (OCPP 2.0.1, block K): which profiles stations hold, and what limits them from outside.

pub mod composite;
mod known;
mod needs;
pub mod numbers;
mod plan;
pub mod profile;
pub mod stacking;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::holding::{Change, Holding, Kind, Like, UNTOLD, body};
use crate::noted::Noted;
use crate::reply::Reply;

pub use known::Known;
pub use needs::{Follows, Needs};
pub use plan::{Plan, Standing};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SmartChargingEvent {
    /// The station has taken this profile (ChargingProfileType of 2.x).
    Installed {
        evse: u32,
        profile: Value,
        /// Another one of its purpose and level at this EVSE is gone (1.6, 5.16.1; 2.x refuses it, K01.FR.06).
        replaces_level: bool,
    },
    /// It holds no profile like this any more.
    Cleared(Criteria),
    /// It was asked for its profiles, and tells them; or has none like this.
    Inquired { request: i64, criteria: Criteria, has_some: bool },
    /// Profiles that it tells it holds.
    Reported { request: i64, evse: u32, source: Option<String>, profiles: Vec<Value>, is_last: bool },
    /// Somebody else limits it.
    Limited { source: String, evse: Option<u32>, limit: Value },
    /// Nobody does any more.
    LimitCleared { source: String, evse: Option<u32> },
    /// What the car wants (ISO 15118).
    Needs(Needs),
    /// How the car means to charge.
    Schedule(Plan),
    /// 2.1: its dynamic profile says this from now on (ChargingScheduleUpdateType).
    Adapted { profile: i64, update: Value },
    /// 2.1: it wants to know what its dynamic profile says now.
    Pulled { profile: i64 },
    /// 2.1: its transaction is to be charged first, or not any more.
    Priority { transaction: String, is_active: bool },
}

/// Profiles that are meant; all that are given count, an id alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Criteria {
    pub ids: Vec<i64>,
    pub evse: Option<u32>,
    pub purpose: Option<String>,
    pub stack_level: Option<i64>,
    pub sources: Vec<String>,
}

impl Criteria {
    fn like(&self) -> Like {
        let ids: Vec<Value> = self.ids.iter().map(|id| json!(id)).collect();
        let like = Like::default();
        if !ids.is_empty() {
            return like.one_of("profile.id", ids);
        }
        let like = like.maybe("evse", self.evse).maybe("profile.chargingProfilePurpose", self.purpose.clone());
        let like = like.maybe("profile.stackLevel", self.stack_level);
        match &*self.sources {
            [] => like,
            sources => like.one_of("source", sources.iter().map(|source| json!(source)).collect()),
        }
    }
}

/// Who set it, where nobody says otherwise (ChargingLimitSourceEnumType): we did.
const OURS: &str = "CSO";

/// `place`: at which EVSE a transaction runs.
pub(crate) fn noted(event: &SmartChargingEvent, place: impl FnOnce(&str) -> Option<u32>, now: Timestamp) -> Noted {
    match event {
        SmartChargingEvent::Installed { evse, profile, replaces_level } => {
            installed(*evse, profile, *replaces_level, now)
        }
        SmartChargingEvent::Cleared(criteria) => {
            Noted::change(Change::Gone { kind: Kind::Profile, like: criteria.like() })
        }
        SmartChargingEvent::Inquired { criteria, has_some: false, .. } => {
            Noted::change(Change::Gone { kind: Kind::Profile, like: criteria.like() })
        }
        SmartChargingEvent::Inquired { request, criteria, has_some: true } => Noted::change(Change::MergeAll {
            kind: Kind::Profile,
            like: criteria.like(),
            body: json!({ UNTOLD: request }),
        }),
        SmartChargingEvent::Reported { request, evse, source, profiles, is_last } => {
            let told = profiles.iter().filter_map(|profile| told(*evse, source.as_deref(), profile));
            let gone = Change::Gone { kind: Kind::Profile, like: Like::default().with(UNTOLD, *request) };
            Noted { changes: told.flatten().chain(is_last.then_some(gone)).collect(), tells: Vec::new() }
        }
        SmartChargingEvent::Limited { source, evse, limit } => {
            let limit = body(json!({ "source": source, "evse": evse, "since": now, "limit": limit }));
            let change = Change::Put { kind: Kind::Limit, key: limit_key(source, *evse), body: limit.clone() };
            Noted::change(change).tell("station.limited", limit)
        }
        SmartChargingEvent::LimitCleared { source, evse } => {
            let like = Like::default().with("source", source.clone()).maybe("evse", *evse);
            Noted::change(Change::Gone { kind: Kind::Limit, like })
                .tell("station.limit-cleared", body(json!({ "source": source, "evse": evse })))
        }
        SmartChargingEvent::Adapted { profile, update } => {
            let update = json!({ "update": update, "updatedAt": now });
            // One that we do not know of stays unknown.
            let like = Like::default().key(profile.to_string());
            Noted::change(Change::MergeAll { kind: Kind::Profile, like, body: update })
        }
        SmartChargingEvent::Pulled { .. } => Noted::default(),
        SmartChargingEvent::Needs(needs) => Noted::default().tell("station.charging-needs", json!(needs)),
        SmartChargingEvent::Schedule(Plan { evse, schedule, standing }) => {
            let told = json!({ "evse": evse, "schedule": schedule, "standing": standing });
            Noted::default().tell("station.charging-schedule", told)
        }
        SmartChargingEvent::Priority { transaction, is_active } => {
            let active = place(transaction).map(|evse| active(evse, is_active.then_some(&**transaction)));
            Noted { changes: active.into_iter().collect(), tells: Vec::new() }
                .tell("station.priority-charging", json!({ "transaction": transaction, "active": is_active }))
        }
    }
}

/// `charges`: a transaction runs at this EVSE. `is_v21`: only there a station is told that no profile comes (K18.FR.04, K19.FR.04);
/// one of 2.0.1 hears it as a refusal (K15.FR.04).
pub(crate) fn answer(event: &SmartChargingEvent, charges: impl Fn(u32) -> bool, is_v21: bool) -> Reply {
    match event {
        SmartChargingEvent::Needs(Needs { follows: Follows::Nothing, .. }) if is_v21 => {
            Reply::word("NoChargingProfile")
        }
        SmartChargingEvent::Needs(Needs { follows: Follows::Nothing, .. }) => Reply::word("Rejected"),
        // The station looks for another way with the car, or ends the transaction (2.1, Q01.FR.04 to 06).
        SmartChargingEvent::Needs(Needs { follows: Follows::Refusal, .. }) => Reply::word("Rejected"),
        // Its profile comes once its transaction has begun, and the car need not wait for it (K15.FR.05).
        SmartChargingEvent::Needs(needs) if !charges(needs.evse) => Reply::word("Processing"),
        // K16.FR.07; in 2.1, K15.FR.13 and K17.FR.13.
        SmartChargingEvent::Schedule(plan) if !plan.standing.is_within() => Reply::word("Rejected"),
        SmartChargingEvent::Needs(_) | SmartChargingEvent::Schedule(_) => Reply::word("Accepted"),
        // Whoever asks for a profile that is there is answered before this.
        SmartChargingEvent::Pulled { .. } => {
            Reply::because("Rejected", json!({}), "NotFound", "this profile is not known, or it is not dynamic")
        }
        _ => Reply::Empty,
    }
}

/// A profile that a station holds as it stands, with what it was told of it since.
pub fn standing(held: &Value) -> Value {
    let mut profile = held["profile"].clone();
    let period = profile.pointer_mut("/chargingSchedule/0/chargingSchedulePeriod/0").and_then(Value::as_object_mut);
    if let (Some(period), Some(update)) = (period, held["update"].as_object()) {
        period.extend(update.clone());
    }
    profile
}

/// Priority is a transaction's (2.1, K21 and K22), and the profile for it, which names none, may be for several EVSEs: each profile
/// says at which EVSE it counts, and for whom.
fn active(evse: u32, transaction: Option<&str>) -> Change {
    let like = Like::default().with("profile.chargingProfilePurpose", PRIORITY);
    let body = json!({ "active": { evse.to_string(): transaction } });
    Change::MergeAll { kind: Kind::Profile, like, body }
}

/// Whether this profile, as it is held, counts for this transaction first of all.
pub fn has_priority(held: &Value, evse: u32, transaction: &str) -> bool {
    held["active"][evse.to_string()] == transaction
}

const PRIORITY: &str = "PriorityCharging";

/// When what a dynamic profile says was last said, as far as is known: when it was set, when it was updated, and what the station tells
/// of it (dynUpdateTime).
pub fn updated_at(held: &Value) -> Option<Timestamp> {
    let told = [&held["since"], &held["updatedAt"], &held["profile"]["dynUpdateTime"]];
    told.into_iter().filter_map(|at| at.as_str()?.parse().ok()).max()
}

/// What a dynamic profile says now (2.1 K28, ChargingScheduleUpdateType). `None`: it is none, or says nothing.
pub fn schedule_update(held: &Value) -> Option<Value> {
    let profile = standing(held);
    let period = profile["chargingSchedule"][0]["chargingSchedulePeriod"][0].as_object()?;
    let is_said = |(member, _): &(&String, &Value)| UPDATED.contains(&member.split('_').next().unwrap_or_default());
    let said: Map<String, Value> =
        period.iter().filter(is_said).map(|(name, value)| (name.clone(), value.clone())).collect();
    (profile["chargingProfileKind"] == "Dynamic" && !said.is_empty()).then_some(Value::Object(said))
}

/// SetChargingProfile with what we have said last for this transaction, or else for each one there. `None`: nothing of ours stands there.
pub fn said_again(profiles: &[Holding], evse: u32, transaction: &str) -> Option<Value> {
    let is_own = |held: &&Holding| held.body["source"] == OURS;
    let rank = |held: &&Holding| {
        let profile = &held.body["profile"];
        let is_of_this = held.body["evse"] == evse
            && profile["chargingProfilePurpose"] == "TxProfile"
            && (profile["transactionId"] == transaction || profile["transactionId"].is_null());
        (is_of_this || is_default_at(&held.body, evse)).then(|| (is_of_this, profile["stackLevel"].as_i64()))
    };
    let ranked = profiles.iter().filter(is_own).filter_map(|held| Some((rank(&held)?, held)));
    let (_, held) = ranked.max_by_key(|(rank, _)| *rank)?;
    Some(json!({ "evseId": held.body["evse"], "chargingProfile": standing(&held.body) }))
}

/// A profile, as it is held, for each transaction that begins at this EVSE.
pub fn is_default_at(held: &Value, evse: u32) -> bool {
    let is_there = held["evse"] == evse || held["evse"] == 0;
    is_there && held["profile"]["chargingProfilePurpose"] == "TxDefaultProfile"
}

/// Of all phases, or of the second (`_L2`) and third.
const UPDATED: [&str; 4] = ["limit", "dischargeLimit", "setpoint", "setpointReactive"];

/// A transaction's profiles go with it (OCPP 2.0.1, K01.FR.09; 1.6, 3.13.1), and those of its EVSE that name none.
pub(crate) fn forgotten_with(transaction: &str, evse: u32) -> Change {
    let like = Like::default()
        .with("evse", evse)
        .with("profile.chargingProfilePurpose", "TxProfile")
        .one_of("profile.transactionId", vec![json!(transaction), Value::Null]);
    Change::Gone { kind: Kind::Profile, like }
}

fn installed(evse: u32, profile: &Value, replaces_level: bool, now: Timestamp) -> Noted {
    let Some(id) = profile["id"].as_i64() else { return Noted::default() };
    let first = replaces_level.then_some(true);
    let holding = body(json!({ "evse": evse, "source": OURS, "since": now, "profile": profile, "evseFirst": first }));
    let (kind, key) = (Kind::Profile, id.to_string());
    let put = match profile["chargingProfilePurpose"] == PRIORITY {
        false => vec![Change::Put { kind, key, body: holding }],
        // Whoever has priority keeps it where the profile for it is replaced.
        true => vec![
            Change::Merge {
                kind,
                key: key.clone(),
                body: json!({ "profile": null, "update": null, "updatedAt": null }),
            },
            Change::Merge { kind, key, body: holding },
        ],
    };
    let same_level = Like::default()
        .but(id.to_string())
        .with("evse", evse)
        .with("profile.chargingProfilePurpose", profile["chargingProfilePurpose"].clone())
        .with("profile.stackLevel", profile["stackLevel"].clone());
    let replaced = replaces_level.then_some(Change::Gone { kind: Kind::Profile, like: same_level });
    Noted { changes: replaced.into_iter().chain(put).collect(), tells: Vec::new() }
}

fn told(evse: u32, source: Option<&str>, profile: &Value) -> Option<[Change; 2]> {
    let id = profile["id"].as_i64()?;
    let holding = body(json!({ "evse": evse, "source": source, "profile": profile }));
    let (kind, key) = (Kind::Profile, id.to_string());
    // Whether it has priority, and when it was updated, no report says.
    let without = Change::Merge { kind, key: key.clone(), body: json!({ "profile": null, UNTOLD: null }) };
    Some([without, Change::Merge { kind, key, body: holding }])
}

fn limit_key(source: &str, evse: Option<u32>) -> String {
    evse.map_or_else(|| source.to_owned(), |evse| format!("{source} {evse}"))
}
