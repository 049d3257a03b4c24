//! From registers and states to a bounded list of periods, cut where a tariff's clock changes.
//!
//! Energy is the difference of registers. What flows between two readings is spread over the charging time between
//! them; when there was none, over all of it. A fall or an impossible jump of the register adds nothing.

use jiff::Timestamp;
use jiff::civil::Time;
// Whole microseconds cost a tenth of a printed date.
use jiff::fmt::serde::timestamp::microsecond::required as micros;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::Energy;
use crate::event::ChargingState;
use crate::mark::Mark;

/// Falls up to this are jitter and the higher register stays; larger ones are a register that began anew.
const JITTER: Energy = Energy::from_wh(100);
/// No station delivers more than this at a time: 1 MW, with room for stations that send old times.
const MAX_POWER_W: i64 = 1_000_000;
const JUMP_ROOM: Energy = Energy::from_wh(200_000);

/// A stretch of time in one state, within one stretch of the tariff's clock. Written as `[start, end, mWh, state]`:
/// a session is written at every reading, and its periods are most of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Stretch", try_from = "Stretch")]
pub struct Period {
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub energy: Energy,
    pub state: ChargingState,
}

/// Start and end in µs, energy in mWh.
#[derive(Serialize, Deserialize)]
struct Stretch(i64, i64, i64, ChargingState);

impl From<Period> for Stretch {
    fn from(period: Period) -> Self {
        let Period { started_at, ended_at, energy, state } = period;
        Self(started_at.as_microsecond(), ended_at.as_microsecond(), energy.mwh(), state)
    }
}

impl TryFrom<Stretch> for Period {
    type Error = jiff::Error;

    fn try_from(Stretch(start, end, mwh, state): Stretch) -> Result<Self, jiff::Error> {
        let (started_at, ended_at) = (Timestamp::from_microsecond(start)?, Timestamp::from_microsecond(end)?);
        Ok(Self { started_at, ended_at, energy: Energy::from_mwh(mwh), state })
    }
}

/// Where a tariff's clock changes: midnight, and these minutes of the local day.
#[derive(Debug, Clone)]
pub struct Clock {
    zone: TimeZone,
    /// Ascending minutes of the local day, without 0.
    boundaries: Vec<u16>,
}

impl Clock {
    pub fn new(zone: TimeZone, boundaries: &[u16]) -> Self {
        let mut boundaries: Vec<u16> = boundaries.iter().copied().filter(|minute| (1..1440).contains(minute)).collect();
        boundaries.sort_unstable();
        boundaries.dedup();
        Self { zone, boundaries }
    }

    /// The first change of the clock after `at`. Days with a clock change have it where the wall shows it.
    fn next_boundary(&self, at: Timestamp) -> Timestamp {
        let local = at.to_zoned(self.zone.clone());
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        let date = local.date();
        let today = self.boundaries.iter().filter(|&&boundary| boundary > minute);
        today
            .filter_map(|&boundary| date.to_datetime(time_of(boundary)).to_zoned(self.zone.clone()).ok())
            .chain(date.tomorrow().ok().and_then(|next| next.to_zoned(self.zone.clone()).ok()))
            .map(|zoned| zoned.timestamp())
            .find(|&boundary| boundary > at)
            .unwrap_or(Timestamp::MAX)
    }
}

fn time_of(minute: u16) -> Time {
    let (hour, minute) = (i8::try_from(minute / 60), i8::try_from(minute % 60));
    jiff::civil::time(hour.unwrap_or(0), minute.unwrap_or(0), 0, 0)
}

/// A session's course so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timeline {
    pub periods: Vec<Period>,
    /// Stretches since the last register: their energy is not known yet.
    open: Vec<Period>,
    /// The latest moment that was heard of.
    #[serde(with = "micros")]
    pub at: Timestamp,
    pub state: ChargingState,
    /// When the last register was read.
    #[serde(with = "micros")]
    read_at: Timestamp,
    pub first_register: Option<Energy>,
    pub last_register: Option<Energy>,
    energy: Energy,
}

impl Timeline {
    /// Beyond it a new period is folded into the one before, and the session is marked.
    pub const MAX_PERIODS: usize = 1_000;

    pub fn new(at: Timestamp, state: ChargingState) -> Self {
        Self {
            periods: Vec::new(),
            open: Vec::new(),
            at,
            state,
            read_at: at,
            first_register: None,
            last_register: None,
            energy: Energy::ZERO,
        }
    }

    pub fn energy(&self) -> Energy {
        self.energy
    }

    /// All periods up to now; those since the last register have no energy yet.
    pub fn all(&self) -> impl Iterator<Item = &Period> {
        self.periods.iter().chain(&self.open)
    }

    /// Time passes in the present state.
    pub fn advance(&mut self, at: Timestamp) {
        if at <= self.at {
            return;
        }
        let full = self.open.len() >= Self::MAX_PERIODS;
        match self.open.last_mut() {
            Some(last) if last.state == self.state || full => last.ended_at = at,
            _ => self.open.push(Period { started_at: self.at, ended_at: at, energy: Energy::ZERO, state: self.state }),
        }
        self.at = at;
    }

    pub fn change_state(&mut self, at: Timestamp, state: ChargingState) {
        self.advance(at);
        self.state = state;
    }

    /// A register was read. Returns what was odd about it.
    pub fn read(&mut self, at: Timestamp, register: Energy, clock: &Clock) -> Vec<Mark> {
        if at < self.read_at && self.last_register.is_some() {
            return vec![Mark::LATE_READING];
        }
        self.advance(at);
        self.read_at = at;
        let Some(last) = self.last_register else {
            self.first_register = Some(register);
            self.last_register = Some(register);
            return self.settle(Energy::ZERO, clock);
        };
        let (delta, kept, odd) = step(last, register, self.open_seconds());
        self.last_register = Some(kept);
        self.energy += delta;
        let mut marks = self.settle(delta, clock);
        marks.extend(odd);
        marks
    }

    /// The end: open stretches are settled even if no register closes them.
    pub fn finish(&mut self, at: Timestamp, clock: &Clock) -> Vec<Mark> {
        self.advance(at);
        self.settle(Energy::ZERO, clock)
    }

    /// The same course cut at another clock's changes, each period's energy shared out over its time.
    pub fn shared_out(&self, clock: &Clock) -> Self {
        let mut again = Self { periods: Vec::new(), ..self.clone() };
        let mut room = Self::MAX_PERIODS;
        for period in &self.periods {
            let (mut left, mut time_left) = (period.energy, seconds(period));
            for mut piece in cut(period.clone(), clock, &mut room) {
                piece.energy = left.share(seconds(&piece), time_left);
                left = left - piece.energy;
                time_left -= seconds(&piece);
                again.file(piece, clock);
            }
            if left != Energy::ZERO {
                again.file_instant(left);
            }
        }
        again
    }

    fn open_seconds(&self) -> i64 {
        self.open.iter().map(seconds).sum()
    }

    /// A register that comes after the end, or after a settled stretch, and reads higher than the last one. It fits when
    /// it was read later than the last, not after `ended_at`, and hardware can have delivered the difference: then the
    /// difference joins the filed periods since the last register. False: it does not fit, and nothing has changed.
    pub fn amend(&mut self, at: Timestamp, register: Energy, ended_at: Timestamp) -> bool {
        let Some(last) = self.last_register.filter(|last| register > *last) else {
            return false;
        };
        let elapsed = at.as_second() - self.read_at.as_second();
        let (delta, _, odd) = step(last, register, elapsed);
        if at <= self.read_at || at > ended_at || odd.is_some() {
            return false;
        }
        self.spread(delta, self.read_at, at);
        self.last_register = Some(register);
        self.read_at = at;
        self.energy += delta;
        true
    }

    /// Adds energy to filed periods, each by its share of the charging time between `from` and `to`.
    fn spread(&mut self, energy: Energy, from: Timestamp, to: Timestamp) {
        let within = |period: &Period| {
            let (from, to) = (period.started_at.max(from), period.ended_at.min(to));
            (to.as_second() - from.as_second()).max(0)
        };
        let charging: i64 = self.periods.iter().filter(|p| p.state == ChargingState::Charging).map(within).sum();
        let takes = |period: &Period| charging == 0 || period.state == ChargingState::Charging;
        let mut time_left: i64 = self.periods.iter().filter(|p| takes(p)).map(within).sum();
        let mut left = energy;
        for period in self.periods.iter_mut().filter(|p| takes(p)) {
            let seconds = within(period);
            if seconds > 0 {
                let share = left.share(seconds, time_left);
                period.energy += share;
                left = left - share;
                time_left -= seconds;
            }
        }
        if left != Energy::ZERO {
            self.file_instant(left);
        }
    }

    /// Spreads `delta` over the open stretches, cuts them at the clock's changes and files them.
    fn settle(&mut self, delta: Energy, clock: &Clock) -> Vec<Mark> {
        let open = std::mem::take(&mut self.open);
        let charging: i64 = open.iter().filter(|p| p.state == ChargingState::Charging).map(seconds).sum();
        let takes = |period: &Period| charging == 0 || period.state == ChargingState::Charging;
        let mut left = delta;
        let mut time_left: i64 = open.iter().filter(|p| takes(p)).map(seconds).sum();
        let mut folded = false;
        // One more than there is place for, so that the last one is seen to be folded.
        let mut room = Self::MAX_PERIODS + 1;
        for stretch in open {
            let taking = takes(&stretch);
            for mut piece in cut(stretch, clock, &mut room) {
                if taking {
                    piece.energy = left.share(seconds(&piece), time_left);
                    left = left - piece.energy;
                    time_left -= seconds(&piece);
                }
                folded |= self.file(piece, clock);
            }
        }
        if left != Energy::ZERO {
            self.file_instant(left);
        }
        if folded { vec![Mark::PERIODS_FOLDED] } else { Vec::new() }
    }

    /// Appends, or extends the last period when state and stretch of the clock are the same. True: folded at the bound.
    fn file(&mut self, piece: Period, clock: &Clock) -> bool {
        let full = self.periods.len() >= Self::MAX_PERIODS;
        if let Some(last) = self.periods.last_mut() {
            let continues = last.state == piece.state && clock.next_boundary(last.started_at) >= piece.ended_at;
            if continues || full {
                last.ended_at = piece.ended_at;
                last.energy += piece.energy;
                return !continues;
            }
        }
        self.periods.push(piece);
        false
    }

    /// Energy that came without any time passing: it joins the last period, or makes one of no length.
    fn file_instant(&mut self, energy: Energy) {
        match self.periods.last_mut() {
            Some(last) => last.energy += energy,
            None => {
                let state = ChargingState::Charging;
                self.periods.push(Period { started_at: self.at, ended_at: self.at, energy, state });
            }
        }
    }
}

/// What a new register adds, which register counts from now on, and what was odd.
fn step(last: Energy, register: Energy, elapsed_s: i64) -> (Energy, Energy, Option<Mark>) {
    if register < last {
        let kept = if last - register <= JITTER { last } else { register };
        return (Energy::ZERO, kept, Some(Mark::REGISTER_FELL));
    }
    let delta = register - last;
    let possible = Energy::from_wh(MAX_POWER_W.saturating_mul(elapsed_s.max(0)) / 3600) + JUMP_ROOM;
    if delta > possible {
        return (Energy::ZERO, register, Some(Mark::REGISTER_JUMPED));
    }
    (delta, register, None)
}

fn seconds(period: &Period) -> i64 {
    period.ended_at.as_second() - period.started_at.as_second()
}

/// At most `room` pieces, which it uses up; what is beyond stays in one.
fn cut(stretch: Period, clock: &Clock, room: &mut usize) -> impl Iterator<Item = Period> {
    let (end, state) = (stretch.ended_at, stretch.state);
    let mut from = stretch.started_at;
    std::iter::from_fn(move || {
        if from >= end {
            return None;
        }
        *room = room.saturating_sub(1);
        let to = if *room == 0 { end } else { clock.next_boundary(from).min(end) };
        let piece = Period { started_at: from, ended_at: to, energy: Energy::ZERO, state };
        from = to;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(boundaries: &[u16]) -> Clock {
        Clock::new(TimeZone::get("Europe/Berlin").expect("a bundled zone"), boundaries)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn check(timeline: &Timeline, expect: &[(&str, &str, i64, ChargingState)]) {
        let periods: Vec<_> =
            timeline.all().map(|p| (p.started_at.to_string(), p.ended_at.to_string(), p.energy, p.state)).collect();
        let expect: Vec<_> = expect
            .iter()
            .map(|(from, to, wh, state)| ((*from).to_owned(), (*to).to_owned(), Energy::from_wh(*wh), *state))
            .collect();
        assert_eq!(periods, expect);
        assert_eq!(timeline.energy(), periods.iter().map(|p| p.2).sum());
    }

    #[test]
    fn energy_is_cut_at_the_tariffs_local_hours() {
        let clock = clock(&[22 * 60]);
        let mut timeline = Timeline::new(at("2026-07-01T19:00:00Z"), ChargingState::Charging);
        timeline.read(at("2026-07-01T19:00:00Z"), Energy::from_wh(1_000), &clock);
        timeline.read(at("2026-07-01T21:00:00Z"), Energy::from_wh(21_000), &clock);
        check(
            &timeline,
            &[
                ("2026-07-01T19:00:00Z", "2026-07-01T20:00:00Z", 10_000, ChargingState::Charging),
                ("2026-07-01T20:00:00Z", "2026-07-01T21:00:00Z", 10_000, ChargingState::Charging),
            ],
        );
    }

    #[test]
    fn energy_belongs_to_the_charging_time_between_two_readings() {
        let clock = clock(&[]);
        let start = at("2026-07-01T08:00:00Z");
        let mut timeline = Timeline::new(start, ChargingState::Charging);
        timeline.read(start, Energy::ZERO, &clock);
        timeline.change_state(at("2026-07-01T09:00:00Z"), ChargingState::Idle);
        timeline.read(at("2026-07-01T12:00:00Z"), Energy::from_wh(7_001), &clock);
        check(
            &timeline,
            &[
                ("2026-07-01T08:00:00Z", "2026-07-01T09:00:00Z", 7_001, ChargingState::Charging),
                ("2026-07-01T09:00:00Z", "2026-07-01T12:00:00Z", 0, ChargingState::Idle),
            ],
        );
    }

    #[test]
    fn a_day_with_a_clock_change_is_cut_where_the_wall_shows_it() {
        // Clocks go back on 2026-10-25: the local day has 25 hours.
        let clock = clock(&[]);
        let mut timeline = Timeline::new(at("2026-10-24T22:00:00Z"), ChargingState::Charging);
        timeline.read(at("2026-10-24T22:00:00Z"), Energy::ZERO, &clock);
        timeline.read(at("2026-10-26T00:00:00Z"), Energy::from_wh(26_000), &clock);
        check(
            &timeline,
            &[
                ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", 25_000, ChargingState::Charging),
                ("2026-10-25T23:00:00Z", "2026-10-26T00:00:00Z", 1_000, ChargingState::Charging),
            ],
        );
    }

    #[test]
    fn registers_that_fall_or_jump_add_nothing_and_are_marked() {
        let clock = clock(&[]);
        let cases = [
            (10_000, 9_999, 10_050, 50, Mark::REGISTER_FELL),
            (10_000, 0, 500, 500, Mark::REGISTER_FELL),
            (10_000, 9_000_000, 9_000_100, 100, Mark::REGISTER_JUMPED),
        ];
        for (first, second, third, wh, mark) in cases {
            let mut timeline = Timeline::new(at("2026-07-01T08:00:00Z"), ChargingState::Charging);
            timeline.read(at("2026-07-01T08:00:00Z"), Energy::from_wh(first), &clock);
            let marks = timeline.read(at("2026-07-01T08:01:00Z"), Energy::from_wh(second), &clock);
            assert_eq!(marks, [mark]);
            timeline.read(at("2026-07-01T08:02:00Z"), Energy::from_wh(third), &clock);
            assert_eq!(timeline.energy(), Energy::from_wh(wh), "{first} {second} {third}");
        }
    }

    #[test]
    fn periods_have_a_bound_and_no_energy_is_lost_at_it() {
        let clock = clock(&[]);
        let start = at("2026-07-01T00:00:00Z").as_second();
        let mut timeline = Timeline::new(Timestamp::from_second(start).expect("in range"), ChargingState::Charging);
        for step in 0..3_000_i64 {
            let now = Timestamp::from_second(start + step * 60).expect("in range");
            timeline.read(now, Energy::from_wh(step * 10), &clock);
            let state = if step % 2 == 0 { ChargingState::Idle } else { ChargingState::Charging };
            timeline.change_state(now, state);
        }
        assert_eq!(timeline.periods.len(), Timeline::MAX_PERIODS);
        assert_eq!(timeline.energy(), Energy::from_wh(29_990));
        assert_eq!(timeline.all().map(|p| p.energy).sum::<Energy>(), timeline.energy());
    }

    #[test]
    fn years_between_two_readings_are_cut_into_no_more_than_the_bound() {
        let minutes: Vec<u16> = (1..1440).collect();
        let mut timeline = Timeline::new(at("1970-01-01T00:00:00Z"), ChargingState::Charging);
        timeline.read(at("1970-01-01T00:00:00Z"), Energy::ZERO, &clock(&minutes));
        let marks = timeline.read(at("2026-07-01T00:00:00Z"), Energy::from_wh(9_000), &clock(&minutes));
        assert_eq!(marks, [Mark::PERIODS_FOLDED]);
        assert_eq!(timeline.periods.len(), Timeline::MAX_PERIODS);
        assert_eq!(timeline.all().last().map(|last| last.ended_at), Some(at("2026-07-01T00:00:00Z")));
        assert_eq!(timeline.all().map(|p| p.energy).sum::<Energy>(), Energy::from_wh(9_000));
    }

    #[test]
    fn a_register_that_comes_after_the_end_is_filed_where_it_fits_and_only_there() {
        let end = at("2026-07-01T10:00:00Z");
        let settled = || {
            let mut timeline = Timeline::new(at("2026-07-01T08:00:00Z"), ChargingState::Charging);
            timeline.read(at("2026-07-01T08:00:00Z"), Energy::from_wh(100), &clock(&[]));
            timeline.read(at("2026-07-01T08:30:00Z"), Energy::from_wh(5_100), &clock(&[]));
            timeline.change_state(at("2026-07-01T09:00:00Z"), ChargingState::Idle);
            timeline.finish(end, &clock(&[]));
            timeline
        };
        let mut timeline = settled();
        assert!(timeline.amend(at("2026-07-01T09:30:00Z"), Energy::from_wh(8_101), end));
        check(
            &timeline,
            &[
                ("2026-07-01T08:00:00Z", "2026-07-01T09:00:00Z", 8_001, ChargingState::Charging),
                ("2026-07-01T09:00:00Z", "2026-07-01T10:00:00Z", 0, ChargingState::Idle),
            ],
        );
        for (when, wh) in [
            ("2026-07-01T08:30:00Z", 6_000),
            ("2026-07-01T10:00:01Z", 6_000),
            ("2026-07-01T09:00:00Z", 5_100),
            ("2026-07-01T09:00:00Z", 9_000_000),
        ] {
            let mut timeline = settled();
            assert!(!timeline.amend(at(when), Energy::from_wh(wh), end), "{when} {wh}");
            assert_eq!(timeline, settled());
        }
    }
}
