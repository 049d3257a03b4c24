//! Sessions of all kinds, to hold an offer against: short and long, weak and strong, by day, by night and at the weekend, with a
//! car that leaves, stays, or is kept waiting.

mod edges;

use amprule_domain::event::ChargingState;
use amprule_domain::offer::{Offer, OfferInput};
use amprule_domain::timeline::{TariffClock, Timeline};
use amprule_domain::{Decimal, Energy};
use jiff::{SignedDuration, Timestamp};

/// One session that may happen.
#[derive(Debug, Clone, Copy)]
pub(super) struct SampleSession {
    pub(super) started_at: Timestamp,
    charging_min: i64,
    watts: i64,
    /// The station holds back so long in all, in so many pauses between equal parts of the charging.
    held_min: i64,
    pauses: i64,
    idle_s: i64,
}

/// What an hour of the week is tried with, and what other kinds are made of.
const SHORT: SampleSession = SampleSession {
    started_at: Timestamp::UNIX_EPOCH,
    charging_min: 11,
    watts: 11_000,
    held_min: 0,
    pauses: 1,
    idle_s: 70,
};

/// Minutes after the question's first moment: odd ones, so that they fall on no tariff's edge, over a week.
const STARTS: [i64; 8] = [1, 427, 1_003, 1_327, 2_999, 5_531, 7_213, 9_689];
/// Minutes of charging, W.
const CHARGES: [(i64, i64); 8] =
    [(0, 0), (3, 11_000), (17, 150_000), (41, 3_700), (62, 11_000), (187, 22_000), (255, 7_360), (787, 3_700)];
const IDLES_S: [i64; 7] = [0, 50, 260, 787, 1_874, 8_000, 40_266];
const HELD: [i64; 2] = [0, 23];
/// Minutes of charging, W, pauses, minutes of idling: what seldom happens, and is billed when it does.
const RARE: [(i64, i64, i64, i64); 6] = [
    (420, 11_000, 0, 0),
    (37, 150_000, 0, 0),
    (109, 150_000, 1, 0),
    (2_951, 3_700, 0, 0),
    (61, 11_000, 11, 1_529),
    (19, 11_000, 0, 4_333),
];
const HOURS_OF_A_WEEK: i64 = 7 * 24;

/// Those that begin within the question's time, and while the offer stands. What the connector cannot deliver is not asked of it.
/// `numbers`: those that stand in the unit, which may be edges of its prices.
pub(super) fn sessions(question: &OfferInput, offer: &Offer, numbers: &[Decimal]) -> Vec<SampleSession> {
    let from = Timestamp::from_second(question.from.as_second() + 1).unwrap_or(question.from);
    let to = offer.next_change_at.map_or(question.to, |change| change.min(question.to)).max(from);
    let span_min = to.duration_since(from).as_mins().max(2);
    let starts: Vec<Timestamp> = STARTS.iter().map(|minutes| later(from, minutes % span_min * 60)).collect();
    let (kinds, beyond) = (kinds(), edges::kinds(offer));
    let most_w = question.station.plug.power_w.unwrap_or(i64::MAX).max(1);
    let once = rare().chain(edges::kinds_at(numbers));
    let by_clock = edges::starts(offer, question, from, to);
    let at_starts = starts.iter().enumerate().flat_map(|(at, started_at)| {
        // Every fourth kind at each start: all kinds are seen, and no start is a small part of the week.
        let own = kinds.iter().skip(at % 4).step_by(4);
        own.copied().chain(beyond.iter().map(|kind| kind.stretched(most_w))).map(|kind| kind.at(*started_at))
    });
    let at_edges = by_clock.iter().flat_map(|started_at| kinds.iter().step_by(5).map(|kind| kind.at(*started_at)));
    let at_hours = (0..HOURS_OF_A_WEEK).map(|hour| later(from, hour * 3_600 + 13 * 60)).filter(|at| *at < to);
    let at_hours = at_hours.map(|started_at| SHORT.at(started_at));
    let once = once.enumerate().map(|(at, kind)| kind.stretched(most_w).at(starts[at % starts.len()]));
    at_starts
        .chain(at_edges)
        .chain(at_hours)
        .chain(once)
        .map(|drawn| SampleSession { watts: drawn.watts.min(most_w), ..drawn })
        .collect()
}

fn kinds() -> Vec<SampleSession> {
    let mut kinds = Vec::new();
    for (charging_min, watts) in CHARGES {
        for idle_s in IDLES_S {
            for held_min in HELD {
                // A session without any time is no session.
                if charging_min + idle_s + held_min > 0 {
                    kinds.push(SampleSession { charging_min, watts, held_min, idle_s, ..SHORT });
                }
            }
        }
    }
    kinds
}

fn rare() -> impl Iterator<Item = SampleSession> {
    RARE.into_iter().map(|(charging_min, watts, pauses, idle_min)| {
        let (held_min, pauses, idle_s) = (pauses * 3, pauses.max(1), idle_min * 60);
        SampleSession { charging_min, watts, held_min, pauses, idle_s, ..SHORT }
    })
}

impl SampleSession {
    fn at(&self, started_at: Timestamp) -> Self {
        Self { started_at, ..*self }
    }

    /// The same energy where the connector is weaker: it takes so many times as long then, three days at most. Exactly the same
    /// where a whole number of watts can be found for it, else a little more.
    fn stretched(&self, most_w: i64) -> Self {
        let Self { watts, charging_min, .. } = *self;
        if watts <= most_w || charging_min == 0 {
            return *self;
        }
        let (least, longest) = ((watts + most_w - 1) / most_w, (edges::LONGEST_MIN / charging_min).max(1));
        let times = (least..=longest).find(|times| watts % times == 0).unwrap_or(least.min(longest));
        Self { charging_min: charging_min * times, watts: (watts + times - 1) / times, ..*self }
    }

    /// Cut at the tariff's clock, with a register read at every change of it: what the books of a good station say.
    pub(super) fn timeline(&self, clock: &TariffClock) -> Timeline {
        let mut timeline = Timeline::new(self.started_at, ChargingState::Charging);
        let (charging_s, pause_s) = (self.charging_min * 60, self.held_min * 60 / self.pauses);
        let part_s = charging_s / (self.pauses + 1);
        for _ in 0..self.pauses {
            self.deliver(&mut timeline, part_s, clock);
            self.wait(&mut timeline, ChargingState::Suspended, pause_s, clock);
            timeline.change_state(timeline.at, ChargingState::Charging);
        }
        self.deliver(&mut timeline, charging_s - part_s * self.pauses, clock);
        self.wait(&mut timeline, ChargingState::Idle, self.idle_s, clock);
        drop(timeline.finish(timeline.at, clock));
        timeline
    }

    fn deliver(&self, timeline: &mut Timeline, seconds: i64, clock: &TariffClock) {
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

    fn wait(&self, timeline: &mut Timeline, state: ChargingState, seconds: i64, clock: &TariffClock) {
        if seconds > 0 {
            timeline.change_state(timeline.at, state);
            timeline.deliver(later(timeline.at, seconds), Energy::ZERO, clock);
        }
    }

    pub(super) fn course(&self) -> String {
        let kwh = Energy::from_wh(self.watts * self.charging_min / 60).wh() / Decimal::ONE_THOUSAND;
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
