//! What is known to limit a station's EVSEs: the profiles that it holds, and the limits from outside that it has told of.

use jiff::Timestamp;
use serde_json::Value;

use super::composite::Installed;
use super::profile::{Profile, ProfileKind, Purpose, Schedule};
use super::{has_priority, standing, updated_at};
use crate::holding::Holding;

#[derive(Debug, Default)]
pub struct Known {
    pub installed: Vec<Installed>,
    /// The keys of those that cannot be read.
    pub unread: Vec<String>,
}

impl Known {
    /// Of what a station holds. `running`: the EVSE that is asked about, and the transaction there.
    pub fn of(profiles: &[Holding], limits: &[Holding], running: Option<(u32, &str)>) -> Self {
        let mut known = Self::default();
        for held in profiles {
            known.add(&held.key, installed(&held.body, running).map(|installed| vec![installed]));
        }
        for limit in limits.iter().filter(|limit| !is_reported(profiles, limit)) {
            known.add(&limit.key, told(&limit.body));
        }
        known
    }

    fn add(&mut self, key: &str, read: Option<Vec<Installed>>) {
        match read {
            Some(read) => self.installed.extend(read),
            None => self.unread.push(key.to_owned()),
        }
    }
}

fn installed(body: &Value, running: Option<(u32, &str)>) -> Option<Installed> {
    let evse = u32::try_from(body["evse"].as_i64()?).ok()?;
    let profile: Profile = serde_json::from_value(standing(body)).ok()?;
    let is_endless = profile.kind == ProfileKind::Recurring
        && profile.schedules.iter().any(|schedule| schedule.start_schedule.is_none());
    if is_endless {
        // Nobody knows when it begins.
        return None;
    }
    let evse_first = body["evseFirst"] == true;
    let is_active = running.is_some_and(|(evse, transaction)| has_priority(body, evse, transaction));
    let updated_at = updated_at(body);
    Some(Installed { evse_first, is_active, updated_at, ..Installed::new(evse, profile) })
}

/// The station tells of this source's limits by profiles, which say more.
fn is_reported(profiles: &[Holding], limit: &Holding) -> bool {
    let is_from_outside = |purpose: &Value| {
        ["ChargingStationExternalConstraints", "LocalGeneration"].iter().any(|outside| purpose == outside)
    };
    profiles.iter().any(|held| {
        held.body["source"] == limit.body["source"] && is_from_outside(&held.body["profile"]["chargingProfilePurpose"])
    })
}

/// One for each of its schedules; none where it was told without. One that says no start began when it was told.
fn told(body: &Value) -> Option<Vec<Installed>> {
    let evse = u32::try_from(body["evse"].as_u64().unwrap_or(0)).ok()?;
    let since: Timestamp = body["since"].as_str()?.parse().ok()?;
    let Some(schedules) = body["limit"]["chargingSchedule"].as_array() else { return Some(Vec::new()) };
    // What is generated on the spot limits nothing (2.1, K25).
    let is_generated = body["limit"]["chargingLimit"]["isLocalGeneration"] == true;
    let purpose = if is_generated { Purpose::LocalGeneration } else { Purpose::External };
    let read = |schedule: &Value| {
        let mut schedule: Schedule = serde_json::from_value(schedule.clone()).ok()?;
        schedule.start_schedule.get_or_insert(since);
        Some(Installed { is_apart: !is_generated, ..Installed::new(evse, Profile::of(purpose, schedule)) })
    };
    schedules.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::holding::Kind;
    use crate::smart_charging::composite::{Question, composite};
    use crate::smart_charging::profile::Unit;

    fn held(kind: Kind, key: &str, body: Value) -> Holding {
        Holding { kind, key: key.to_owned(), at: at("08:00"), body }
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-07-01T{time}:00Z").parse().expect("a time")
    }

    fn schedule(limit: f64, more: &Value) -> Value {
        let mut schedule =
            json!({"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]});
        schedule.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        schedule
    }

    fn profile(source: &str, purpose: &str, limit: f64) -> Holding {
        let profile = json!({
            "id": 1, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
            "chargingSchedule": [schedule(limit, &json!({"startSchedule": "2026-07-01T00:00:00Z"}))],
        });
        held(Kind::Profile, "1", json!({"evse": 1, "source": source, "profile": profile}))
    }

    fn limit(source: &str, evse: Option<u32>, schedules: &[Value], more: &Value) -> Holding {
        let body = json!({
            "source": source, "evse": evse, "since": "2026-07-01T08:30:00Z",
            "limit": {"chargingLimit": more, "chargingSchedule": schedules},
        });
        held(Kind::Limit, source, body)
    }

    #[test]
    fn limits_from_outside_limit_as_long_as_nobody_says_more_of_them() {
        let of = |amperes: f64| [schedule(amperes, &json!({}))];
        let outside = |source: &str, amperes: f64| limit(source, Some(1), &of(amperes), &json!({}));
        let half_an_hour = limit("SO", Some(1), &[schedule(6.0, &json!({"duration": 3_600}))], &json!({}));
        let generated = limit("EMS", None, &of(4.0), &json!({"isLocalGeneration": true}));
        let reported = || profile("EMS", "ChargingStationExternalConstraints", 9.0);
        let cases = [
            ("one with a schedule", vec![], vec![outside("SO", 6.0)], json!([[0, 6.0]])),
            (
                "from when it was told, for as long as it says",
                vec![],
                vec![half_an_hour],
                json!([[0, 6.0], [1_800, 16.0]]),
            ),
            ("one without", vec![], vec![limit("SO", Some(1), &[], &json!({}))], json!([[0, 16.0]])),
            ("the least of two", vec![], vec![outside("SO", 12.0), outside("EMS", 8.0)], json!([[0, 8.0]])),
            (
                "the least of its schedules",
                vec![],
                vec![limit("SO", None, &[of(12.0), of(7.0)].concat(), &json!({}))],
                json!([[0, 7.0]]),
            ),
            ("of the station as a whole", vec![], vec![limit("SO", None, &of(7.0), &json!({}))], json!([[0, 7.0]])),
            ("of another EVSE", vec![], vec![limit("SO", Some(2), &of(7.0), &json!({}))], json!([[0, 16.0]])),
            ("its source has reported a profile", vec![reported()], vec![outside("EMS", 6.0)], json!([[0, 9.0]])),
            ("another source has", vec![reported()], vec![outside("SO", 6.0)], json!([[0, 6.0]])),
            ("what is generated comes on top", vec![], vec![generated], json!([[0, 20.0]])),
        ];
        for (title, mut profiles, limits, expect) in cases {
            profiles.push(profile("CSO", "TxDefaultProfile", 16.0));
            let known = Known::of(&profiles, &limits, None);
            let (from, unit) = (at("09:00"), Unit::A);
            let question =
                Question { evse: 1, from, duration: 7_200, unit, transaction: None, volts: 230.0, phases: 3 };
            let pieces = composite(&known.installed, &question);
            let is: Vec<_> = pieces.iter().map(|piece| json!([piece.start_period, piece.limit])).collect();
            assert_eq!((json!(is), known.unread.len()), (expect, 0), "{title}");
        }
        let broken = limit("SO", Some(1), &[json!({"chargingRateUnit": "hp"})], &json!({}));
        assert_eq!(Known::of(&[], &[broken], None).unread, ["SO"]);
    }
}
