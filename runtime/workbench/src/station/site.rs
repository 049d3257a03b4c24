//! A site in this process: three cars on one circuit, through a day with sun.

use amprule_domain::authorization::LocalTime;
use amprule_domain::event::ChargingState;
use amprule_domain::load::{Amperes, CircuitFacts, EvseFacts, LoadInput, LoadSession, MeterFacts, SiteFacts};
use amprule_domain::pricing::Parameters;
use amprule_domain::{Decimal, Energy, Timestamp};
use jiff::SignedDuration;

use super::stay::{ZONE, zone};

/// What the circuit bears.
const MOST: Amperes = Amperes::whole(32);
/// The hours at which is looked, and what the house takes then, W: at noon the sun gives more than it needs.
pub(super) const HOURS: [(i64, i64); 5] = [(2, 600), (8, 1_200), (12, -6_900), (16, -2_000), (20, 3_500)];

/// So many hours after midnight of that day.
pub(super) fn at(from: Timestamp, hours: i64, watts: i64, parameters: &Parameters) -> LoadInput {
    let midnight = from.to_zoned(zone()).date().to_zoned(zone()).map_or(from, |midnight| midnight.timestamp());
    let now = midnight.checked_add(SignedDuration::from_hours(hours)).unwrap_or(midnight);
    let local = now.to_zoned(zone());
    let amperes = Decimal::new(watts * 10 / 690, 1);
    let others = Amperes::of_tenths(watts * 10 / 690);
    LoadInput {
        now,
        site: SiteFacts { id: "SIM-SITE".to_owned(), voltage_v: 230 },
        local: LocalTime {
            time_zone: ZONE.to_owned(),
            weekday: local.weekday().to_monday_one_offset().unsigned_abs(),
            minute_of_day: u16::try_from(hours * 60).unwrap_or_default(),
            date: local.date().to_string(),
        },
        circuits: vec![CircuitFacts {
            id: "main".to_owned(),
            inside: None,
            most_a: MOST,
            free_a: [Amperes::of_tenths(MOST.tenths() - others.tenths()); 3],
        }],
        meters: vec![MeterFacts { id: "grid".to_owned(), power_w: Some(watts), current_a: vec![amperes; 3] }],
        evses: (0..3).map(|at| evse(at, now)).collect(),
        parameters: parameters.clone(),
    }
}

/// The later they came, the higher their priority.
fn evse(at: i64, now: Timestamp) -> EvseFacts {
    let started_at = now.checked_sub(SignedDuration::from_mins(90 - 30 * at)).unwrap_or(now);
    let station = format!("SIM-{}", at + 1);
    EvseFacts {
        id: format!("{station}/1"),
        station,
        evse: 1,
        circuit: "main".to_owned(),
        phases: 3,
        least_a: Amperes::whole(6),
        most_a: Amperes::whole(16),
        priority: at,
        limit_a: Amperes::whole(6),
        limit_at: Some(started_at),
        switched_at: Some(started_at),
        power_w: Some(4_140),
        session: LoadSession {
            id: format!("session-{at}"),
            started_at,
            energy: Energy::from_wh(6_000 - 2_000 * at),
            state: ChargingState::Charging,
            token: None,
        },
    }
}
