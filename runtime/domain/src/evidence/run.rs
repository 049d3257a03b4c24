//! Registers that go on from one another.

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Energy;

/// Falls up to this are jitter.
pub(super) const JITTER: Energy = Energy::from_wh(100);
/// Registers of two messages may be rounded differently.
const ROUNDING: Energy = Energy::from_wh(10);
/// Times of readings are this exact: a step may seem to have been quicker than it was.
pub(super) const TOLERANCE_S: i64 = 120;
/// What may have flowed between registers whose times are not known. A nominal power may be exceeded by a fifth.
const UNDATED: Energy = Energy::from_wh(200_000);
/// A first step from a register of exactly zero that is so large, quicker than alternating current, and so many times
/// quicker than what comes after: the meter was not ready.
const STALE: Energy = Energy::from_wh(10_000);
const STALE_W: i64 = 60_000;
const STALE_TIMES: i64 = 8;
/// A register that began anew goes on at its own pace; one that is so much quicker has come back to the run before.
const STEADY_TIMES: i64 = 4;
/// Of meters, Wh.
const RESOLUTIONS: [i64; 3] = [1_000, 100, 10];
/// Where registers begin again: at 32 bits of Wh, and at the last digit of a display in Wh.
const LARGEST_WH: [i64; 5] = [100_000_000, 1_000_000_000, 1 << 31, 1 << 32, 10_000_000_000];

/// The most that an EVSE can deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Power {
    pub watts: i64,
    /// Neither the operator nor the station says it: a rule for all EVSEs stands in.
    pub is_assumed: bool,
}

impl Power {
    pub const fn said(watts: i64) -> Self {
        Self { watts, is_assumed: false }
    }

    pub const fn assumed(watts: i64) -> Self {
        Self { watts, is_assumed: true }
    }
}

/// A register at a moment. Written as `[µs, mWh]`, with a third member when it is not dated: a session is written at
/// every reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    pub at: Timestamp,
    pub register: Energy,
    /// False: the moment is only when we heard of it, or when it must have been at the earliest.
    pub dated: bool,
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (at, mwh) = (self.at.as_microsecond(), self.register.mwh());
        if self.dated { (at, mwh).serialize(serializer) } else { (at, mwh, 0).serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Vec::<i64>::deserialize(deserializer)?;
        let &[at, mwh, ref undated @ ..] = &written[..] else {
            return Err(D::Error::custom("a point has two members"));
        };
        let at = Timestamp::from_microsecond(at).map_err(D::Error::custom)?;
        Ok(Self { at, register: Energy::from_mwh(mwh), dated: undated.is_empty() })
    }
}

impl Point {
    pub const fn new(at: Timestamp, register: Energy) -> Self {
        Self { at, register, dated: true }
    }

    /// Whether the register can have gone from here to there.
    pub(super) fn is_reached_by(self, later: Self, power: Power) -> bool {
        let step = later.register - self.register;
        let is_jitter = step + JITTER >= Energy::ZERO && later.register + later.register >= self.register;
        (step >= Energy::ZERO || is_jitter) && step <= self.possible(later, power)
    }

    /// What has flowed if the register has passed its largest number in between.
    pub(super) fn rolled_over_to(self, later: Self, power: Power) -> Option<Energy> {
        let largest = LARGEST_WH.into_iter().map(Energy::from_wh);
        largest
            .filter(|largest| {
                self.register < *largest && later.register < self.register && later.register > Energy::ZERO
            })
            .map(|largest| largest - self.register + later.register)
            .find(|flowed| *flowed <= self.possible(later, power))
    }

    /// What an EVSE of this power may have delivered in so many seconds.
    pub fn delivered(power: Power, seconds: i64) -> Energy {
        Energy::from_wh(power.watts.saturating_mul(seconds) / 3600 * 6 / 5)
    }

    fn possible(self, later: Self, power: Power) -> Energy {
        let seconds = seconds(self, later) + TOLERANCE_S;
        let delivered = Self::delivered(power, seconds) + resolution(self.register, later.register);
        if self.dated && later.dated { delivered } else { delivered.max(UNDATED) }
    }
}

/// Written as a list of its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub(super) struct Run {
    pub(super) first: Point,
    pub(super) last: Point,
    /// The register before the last one.
    pub(super) before: Point,
    /// The session's energy at the last register.
    pub(super) counted: Energy,
    /// Registers that went on from the one before.
    steps: u32,
    /// W, of the first step, and of the quickest one after it.
    pace: (i64, i64),
    /// The first step.
    opening: Energy,
}

/// First, last and before; counted, steps, paces and opening. Energies in mWh.
type Written = (Point, Point, Point, (i64, u32, i64, i64, i64));

impl From<Written> for Run {
    fn from((first, last, before, (counted, steps, opening_w, quickest_w, opening)): Written) -> Self {
        let (counted, opening) = (Energy::from_mwh(counted), Energy::from_mwh(opening));
        Self { first, last, before, counted, steps, pace: (opening_w, quickest_w), opening }
    }
}

impl From<Run> for Written {
    fn from(run: Run) -> Self {
        let Run { first, last, before, counted, steps, pace, opening } = run;
        (first, last, before, (counted.mwh(), steps, pace.0, pace.1, opening.mwh()))
    }
}

/// Where a run stands without its last register.
pub(super) struct WithoutLast {
    pub(super) since: Timestamp,
    pub(super) counted: Energy,
    /// It was far quicker than those before it. Else the register may have begun anew after it.
    pub(super) is_sure: bool,
}

impl Run {
    pub(super) fn begin(point: Point, counted: Energy) -> Self {
        Self { first: point, last: point, before: point, counted, steps: 0, pace: (0, 0), opening: Energy::ZERO }
    }

    /// Of a session from before there was evidence.
    pub(super) fn resumed(last: Point, counted: Energy) -> Self {
        Self { steps: 1, counted, ..Self::begin(last, counted) }
    }

    pub(super) fn is_established(&self) -> bool {
        self.steps > 0
    }

    /// One register, and it shows nothing.
    pub(super) fn is_only_zero(&self) -> bool {
        !self.is_established() && self.shows_zero()
    }

    pub(super) fn shows_zero(&self) -> bool {
        self.last.register == Energy::ZERO
    }

    pub(super) fn reaches(&self, point: Point, power: Power) -> bool {
        self.last.is_reached_by(point, power)
    }

    /// A lower register within the jitter leaves the higher one.
    pub(super) fn step_to(&mut self, point: Point, counted: Energy) {
        let pace = pace(self.last, point);
        match self.steps {
            0 => (self.pace.0, self.opening) = (pace, point.register.above(self.last.register)),
            _ => self.pace.1 = self.pace.1.max(pace),
        }
        self.steps = self.steps.saturating_add(1);
        self.before = self.last;
        self.counted = counted;
        self.last = Point { register: point.register.max(self.last.register), ..point };
    }

    /// Both this stray and the run can go on to a register. What takes less power is likelier; a register that has begun
    /// anew may also go on at its own pace.
    pub(super) fn is_less_likely_than(&self, run: &Self, point: Point) -> bool {
        let (ours, theirs) = (pace(self.last, point), pace(run.last, point));
        let own_pace = if self.is_established() { STEADY_TIMES * self.quickest() } else { 0 };
        ours > own_pace && ours >= theirs
    }

    /// The last register was an odd one, if this one goes on from the register before it: where the run then stands.
    pub(super) fn without_last(&self, point: Point, power: Power) -> Option<WithoutLast> {
        let (before, last) = (self.before, self.last);
        let is_between = before.register <= point.register && point.register < last.register;
        let goes_on = self.is_established() && is_between && before.is_reached_by(point, power);
        let counted = self.counted - last.register.above(before.register) + point.register.above(before.register);
        goes_on.then_some(WithoutLast { since: before.at, counted, is_sure: self.ends_quicker(STEADY_TIMES) })
    }

    /// The last step is so many times quicker than the first one.
    pub(super) fn ends_quicker(&self, times: i64) -> bool {
        self.steps > 1 && pace(self.before, self.last) > times * self.pace.0.max(1)
    }

    pub(super) fn drawn_as_first(&self, seconds: i64) -> Energy {
        drawn_at(self.quickest(), seconds)
    }

    pub(super) fn drawn_as_last(&self, seconds: i64) -> Energy {
        drawn_at(pace(self.before, self.last), seconds)
    }

    pub(super) fn quickest(&self) -> i64 {
        self.pace.0.max(self.pace.1).max(1)
    }

    /// It may have come from zero: it has fallen, or that takes hardly more power than was seen before.
    pub(super) fn may_restart_at(&self, point: Point, power: Power) -> bool {
        let from_zero = Point { register: Energy::ZERO, ..self.last };
        let fell = self.last.register.above(point.register) > ROUNDING;
        let rose = point.register.above(self.last.register) > ROUNDING;
        let is_usual = !self.is_established() || pace(from_zero, point) <= 2 * self.quickest();
        let is_likely = fell || (rose && is_usual);
        is_likely && from_zero.is_reached_by(point, power)
    }

    /// Whether so much energy until this point is in line with what the run has shown.
    pub(super) fn keeps_pace(&self, point: Point, flowed: Energy) -> bool {
        !self.is_established() || pace_of(flowed, self.last, point) <= STEADY_TIMES * self.quickest()
    }

    /// The first step, when it was none: it began at exactly zero. At least so many steps must have been seen.
    pub(super) fn stale_step(&self, steps: u32) -> Option<Energy> {
        self.odd_first_step(steps).filter(|_| self.first.register == Energy::ZERO)
    }

    /// The first step, when it was large and far quicker than all others.
    pub(super) fn odd_first_step(&self, steps: u32) -> Option<Energy> {
        let (first, others) = self.pace;
        let is_odd = first > STALE_W && others > 0 && first > STALE_TIMES * others;
        Some(self.opening).filter(|opening| is_odd && self.steps >= steps && *opening > STALE)
    }

    /// All of it came with the first step, and at least another register has come.
    pub(super) fn stands_after_first_step(&self) -> bool {
        let (_, others) = self.pace;
        self.steps >= 2 && others == 0 && self.opening > STALE
    }

    pub(super) fn reach_back(&mut self, point: Point) {
        self.counted += self.first.register.above(point.register);
        self.pace.1 = self.pace.1.max(pace(point, self.first));
        self.first = point;
    }

    pub(super) fn forget_first(&mut self, step: Energy) {
        self.counted = self.counted - step;
        self.first.register += step;
        (self.opening, self.pace.0) = (Energy::ZERO, self.pace.1);
    }
}

/// Of the meter that shows these registers: some count in whole kWh.
pub(super) fn resolution(one: Energy, other: Energy) -> Energy {
    let divides = |step: &Energy| one.mwh() % step.mwh() == 0 && other.mwh() % step.mwh() == 0;
    RESOLUTIONS.into_iter().map(Energy::from_wh).find(divides).unwrap_or(Energy::ZERO)
}

fn drawn_at(watts: i64, seconds: i64) -> Energy {
    Energy::from_mwh(watts.saturating_mul(seconds).saturating_mul(10) / 36)
}

/// W, as if the step had taken at least a minute.
fn pace(from: Point, to: Point) -> i64 {
    pace_of(to.register.above(from.register), from, to)
}

fn pace_of(step: Energy, from: Point, to: Point) -> i64 {
    step.mwh().saturating_mul(3600) / 1000 / seconds(from, to).max(60)
}

fn seconds(from: Point, to: Point) -> i64 {
    (to.at.as_second() - from.at.as_second()).max(0)
}
