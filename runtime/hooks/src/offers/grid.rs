//! Sessions of all kinds, to hold an offer against: short and long, weak and strong, by day, by night and at the weekend, with a
//! car that leaves, stays, or is kept waiting.

use amprule_domain::Energy;
use amprule_domain::event::ChargingState;
use amprule_domain::offer::OfferInput;
use amprule_domain::timeline::{Clock, Timeline};
use jiff::{SignedDuration, Timestamp};

/// One session that may happen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawn {
    pub(super) started_at: Timestamp,
    charging_min: i64,
    watts: i64,
    /// The station holds back before it delivers the second half.
    held_min: i64,
    idle_s: i64,
}

/// Minutes after the question's first moment: odd ones, so that they fall on no tariff's edge, over a week.
const STARTS: [i64; 8] = [1, 427, 1_003, 1_327, 2_999, 5_531, 7_213, 9_689];
/// Minutes of charging, W.
const CHARGES: [(i64, i64); 8] =
    [(0, 0), (3, 11_000), (17, 150_000), (41, 3_700), (62, 11_000), (187, 22_000), (255, 7_360), (787, 3_700)];
const IDLES_S: [i64; 7] = [0, 50, 260, 787, 1_874, 8_000, 40_266];
const HELD: [i64; 2] = [0, 23];

/// Those that begin within the question's time. What the connector cannot deliver is not asked of it.
pub(super) fn sessions(question: &OfferInput) -> impl Iterator<Item = Drawn> {
    let (from, to) = (question.from, question.to);
    let most_w = question.station.plug.power_w.unwrap_or(i64::MAX);
    let from = Timestamp::from_second(from.as_second() + 1).unwrap_or(from);
    let after = move |minutes: i64| from.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MAX);
    let span_min = to.duration_since(from).as_mins().max(2);
    let starts = STARTS.iter().map(move |minutes| after(minutes % span_min));
    let kinds = CHARGES.iter().flat_map(|charge| IDLES_S.iter().map(move |idle| (*charge, *idle)));
    let kinds = kinds.flat_map(|(charge, idle)| HELD.iter().map(move |held| (charge, idle, *held)));
    // A session without any time is no session.
    let kinds: Vec<_> = kinds.filter(|((charging, _), idle, held)| charging + idle + held > 0).collect();
    starts.enumerate().flat_map(move |(at, started_at)| {
        // Every fourth kind at each start: all kinds are seen, and no start is a small part of the week.
        let own: Vec<_> = kinds.iter().skip(at % 4).step_by(4).copied().collect();
        own.into_iter().map(move |((charging_min, watts), idle_s, held_min)| Drawn {
            started_at,
            charging_min,
            watts: watts.min(most_w),
            held_min,
            idle_s,
        })
    })
}

impl Drawn {
    /// Cut at the tariff's clock, with a register read at every change of it: what the books of a good station say.
    pub(super) fn timeline(&self, clock: &Clock) -> Timeline {
        let mut timeline = Timeline::new(self.started_at, ChargingState::Charging);
        let half = self.charging_min * 60 / 2;
        self.deliver(&mut timeline, half, clock);
        self.wait(&mut timeline, ChargingState::Suspended, self.held_min * 60, clock);
        timeline.change_state(timeline.at, ChargingState::Charging);
        self.deliver(&mut timeline, self.charging_min * 60 - half, clock);
        self.wait(&mut timeline, ChargingState::Idle, self.idle_s, clock);
        drop(timeline.finish(timeline.at, clock));
        timeline
    }

    fn deliver(&self, timeline: &mut Timeline, seconds: i64, clock: &Clock) {
        let until = later(timeline.at, seconds);
        while timeline.at < until {
            let next = clock.next_boundary(timeline.at).min(until);
            // Whole milliwatt-hours up to each moment, so that none is lost between two of them.
            let so_far = |at: Timestamp| {
                let seconds = i128::from(at.as_second() - self.started_at.as_second());
                i64::try_from(i128::from(self.watts) * 1_000 * seconds / 3_600).unwrap_or(i64::MAX)
            };
            let energy = Energy::from_mwh(so_far(next) - so_far(timeline.at));
            timeline.deliver(next, energy, clock);
        }
    }

    fn wait(&self, timeline: &mut Timeline, state: ChargingState, seconds: i64, clock: &Clock) {
        if seconds > 0 {
            timeline.change_state(timeline.at, state);
            timeline.deliver(later(timeline.at, seconds), Energy::ZERO, clock);
        }
    }

    pub(super) fn course(&self) -> String {
        let kwh = Energy::from_wh(self.watts * self.charging_min / 60).wh() / amprule_domain::Decimal::ONE_THOUSAND;
        let held = if self.held_min > 0 { format!(", {} min held back", self.held_min) } else { String::new() };
        let idle = match (self.idle_s / 60, self.idle_s % 60) {
            (0, 0) => String::new(),
            (minutes, seconds) => format!(", then {minutes} min {seconds} s idle"),
        };
        format!("{} kWh in {} min{held}{idle}", kwh.normalize(), self.charging_min)
    }
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}
