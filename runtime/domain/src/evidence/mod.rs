//! A session's registers as evidence: which of them count, and how much energy they prove.
//!
//! A reading alone proves nothing. Those that go on from one another within what the EVSE can deliver are a run, and
//! energy is the difference within a run. A register that leaves the run begins a stray one: when a later register goes
//! on from the run again, the stray was a dropout and never counted; when two registers of the stray go on from each
//! other, the register has begun anew there. At the end the stop is held against the start, whatever was in between.

mod close;
mod doubt;
mod drawn;
mod intervals;
mod judge;
mod meter;
mod run;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use drawn::Drawn;
use intervals::Intervals;
pub use run::{Point, Power};
use run::{Run, TOLERANCE_S};

use crate::Energy;
use crate::mark::Mark;
use crate::reading::{Context, Meter, Reading};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Evidence {
    /// The first register, which the last one is held against, where it is not the run's.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<Point>,
    run: Option<Run>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stray: Option<Run>,
    #[serde(skip_serializing_if = "Meter::is_main")]
    meter: Meter,
    /// The start is itself a sum over phases.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    starts_with_phases: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    intervals: Option<Intervals>,
    /// Those that are aligned to the clock: the same energy, told a second time.
    #[serde(skip_serializing_if = "Option::is_none")]
    aligned: Option<Intervals>,
    /// The highest register before one fell.
    #[serde(skip_serializing_if = "Option::is_none")]
    peak: Option<Energy>,
    /// From where to where the EVSE's session before went.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<(Energy, Energy)>,
    /// Seconds from the start to the first register by the station's own clock, where that one is not believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    lead: Option<i64>,
    /// What power, current and state of charge come to.
    #[serde(skip_serializing_if = "Option::is_none")]
    drawn: Option<Drawn>,
}

/// `Energy.Active.Import.Interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The series.
    pub context: Context,
    /// Its end.
    pub at: Timestamp,
    pub energy: Energy,
    /// It is in a list that may have been told before.
    pub may_repeat: bool,
}

/// What a register has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The session's energy from now on.
    pub energy: Energy,
    /// Since when the difference to the energy before has flowed.
    pub since: Timestamp,
    pub marks: Vec<Mark>,
    /// It had looked as if the register had begun anew; that is taken back.
    pub is_restored: bool,
}

impl Judged {
    /// What a register that is restored takes back.
    pub const TAKEN_BACK: [Mark; 3] =
        [Mark::REGISTER_STALE_START, Mark::REGISTER_RESTARTED, Mark::REGISTER_ROLLED_OVER];
}

impl Evidence {
    /// As if these two were all that was ever read.
    pub(crate) fn resumed(first: Energy, last: Energy, at: Timestamp, energy: Energy) -> Self {
        let start = Point::new(at, first);
        let run = Run::resumed(Point::new(at, last), energy);
        Self { start: Some(start), run: Some(run), ..Self::default() }
    }

    /// Nothing was read yet.
    pub(crate) fn begun_anew(&self) -> Self {
        Self { previous: self.previous, ..Self::default() }
    }

    /// From where to where the registers of a session went.
    pub fn span(&self) -> Option<(Energy, Energy)> {
        self.first_register().zip(self.last_register())
    }

    /// The EVSE's session before went from this register to that one.
    pub fn goes_on_from(&mut self, span: (Energy, Energy)) {
        self.previous = Some(span);
    }

    fn counts_from_zero(&self) -> bool {
        let counted = |(first, last): (Energy, Energy)| first == Energy::ZERO && last > Energy::ZERO;
        self.first_register() == Some(Energy::ZERO) && self.previous.is_some_and(counted)
    }

    /// W, between two registers.
    pub fn quickest_w(&self) -> i64 {
        self.current().filter(|run| run.is_established()).map_or(0, Run::quickest)
    }

    /// The smallest step of its display.
    pub fn resolution(&self) -> Energy {
        self.span().map_or(Energy::ZERO, |(first, last)| run::resolution(first, last))
    }

    pub fn first_register(&self) -> Option<Energy> {
        self.start().map(|start| start.register)
    }

    /// The latest register that is believed.
    pub fn last_register(&self) -> Option<Energy> {
        self.current().map(|run| run.last.register)
    }

    /// The latest register, believed or not yet.
    pub fn latest(&self) -> Option<Point> {
        self.stray.as_ref().or(self.run.as_ref()).map(|run| run.last)
    }

    /// The highest register that was ever read.
    pub fn highest(&self) -> Option<Energy> {
        self.peak.max(self.latest().map(|latest| latest.register))
    }

    /// When the latest register was read, believed or not yet.
    pub fn read_at(&self) -> Option<Timestamp> {
        self.latest().map(|point| point.at)
    }

    /// The latest register was read earlier than was said.
    pub fn redate(&mut self, at: Timestamp) {
        if let Some(run) = self.stray.as_mut().or(self.run.as_mut()) {
            run.last = Point { at: run.last.at.min(at), dated: false, ..run.last };
        }
    }

    /// When the latest register was read, or the latest interval ended.
    pub fn told_until(&self) -> Option<Timestamp> {
        self.read_at().max(self.intervals().and_then(Intervals::last))
    }

    /// Whether anything was measured after this moment.
    pub fn has_heard_since(&self, at: Timestamp) -> bool {
        self.told_until() > Some(at) || self.drawn.is_some()
    }

    /// When the register before the latest one was read.
    pub fn read_before(&self) -> Option<Timestamp> {
        self.current().map(|run| run.before.at)
    }

    /// When the first register was read.
    pub fn first_read_at(&self) -> Option<Timestamp> {
        self.start().map(|start| start.at)
    }

    /// The first register comes so many seconds after the start, the station says.
    pub fn leads(&mut self, seconds: i64) {
        self.lead = Some(seconds).filter(|seconds| *seconds > 0);
    }

    pub fn lead(&self) -> SignedDuration {
        SignedDuration::from_secs(self.lead.unwrap_or(0))
    }

    /// Whether this register could be the session's next one.
    pub fn fits(&self, meter: Meter, point: Point, power: Power) -> bool {
        self.takes(meter, point, power) && self.current().is_some_and(|run| run.reaches(point, power))
    }

    /// Takes a register of this meter. `None`: it is another meter's.
    pub fn read(&mut self, meter: Meter, point: Point, power: Power) -> Option<Judged> {
        if !self.takes(meter, point, power) {
            return None;
        }
        let lacks_phases = self.starts_with_phases && meter.phases == 0 && ![7, 64].contains(&self.meter.phases);
        let replaces = self.run.is_some() && self.is_replaced_by(meter);
        let is_wider = self.adopt(meter, point, power);
        if is_wider && self.starts_with_phases {
            return Some(self.rebase(point));
        }
        let mut judged = self.judge(point, power);
        if self.is_sum_of_intervals() {
            judged.energy = self.energy();
        }
        judged.marks.extend(replaces.then_some(Mark::REGISTER_STALE_START));
        judged.marks.extend((lacks_phases && meter.is_main()).then_some(Mark::REGISTER_STALE_START));
        Some(judged)
    }

    /// A register from before the first one, which came later: the way from there until then counts too.
    pub fn reach_back(&mut self, point: Point, power: Power) -> Option<(Judged, Timestamp)> {
        let run = self.run.as_mut().filter(|_| self.start.is_none() && self.stray.is_none())?;
        let is_earlier = point.at < run.first.at && point.register < run.first.register;
        let is_dated = point.dated && run.first.dated;
        if !is_earlier || !is_dated || point.register <= Energy::ZERO || !point.is_reached_by(run.first, power) {
            return None;
        }
        let until = run.first.at;
        run.reach_back(point);
        Some((Judged { energy: self.energy(), since: point.at, marks: Vec::new(), is_restored: false }, until))
    }

    /// Takes what flowed since the interval before. `None`: registers say more.
    pub fn read_interval(&mut self, started_at: Timestamp, interval: Interval, power: Power) -> Option<Judged> {
        let Interval { context, at, energy, may_repeat } = interval;
        let intervals = self.series(context).get_or_insert_default();
        let since = intervals.last().unwrap_or(started_at).min(at).max(started_at);
        let seconds = intervals.length_until(started_at, at) / 1_000_000;
        let is_sum = context == Context::End && intervals.is_sum(energy);
        let is_possible = seconds <= 0 || energy <= Point::delivered(power, seconds + TOLERANCE_S);
        let counted = if is_possible && !is_sum { energy } else { Energy::ZERO };
        let is_news = energy >= Energy::ZERO && intervals.add(started_at, at, counted);
        let is_lost = (!is_news && !may_repeat && energy > Energy::ZERO) || (is_news && !is_possible);
        let sum = is_sum.then_some(Mark::END_CONTRADICTS);
        let marks = is_lost.then_some(Mark::ENERGY_INCOMPLETE).into_iter().chain(sum).collect();
        self.is_sum_of_intervals().then(|| Judged { energy: self.energy(), since, marks, is_restored: false })
    }

    /// The series that this interval goes on from. The last one is of the series that there is.
    fn series(&mut self, context: Context) -> &mut Option<Intervals> {
        let is_aligned = match context {
            Context::Clock => true,
            Context::End => self.intervals.is_none() && self.aligned.is_some(),
            Context::Begin | Context::Periodic | Context::Other => false,
        };
        if is_aligned { &mut self.aligned } else { &mut self.intervals }
    }

    /// Of two series the one that shows more: the other lacks its beginning or its end.
    fn intervals(&self) -> Option<&Intervals> {
        [&self.aligned, &self.intervals].into_iter().flatten().max_by_key(|series| series.energy)
    }

    /// Power, current or the vehicle's state of charge was told at a moment.
    pub fn hear(&mut self, started_at: Timestamp, at: Timestamp, reading: &Reading, power: Power) {
        let says_power = reading.power_w.is_some() || reading.current_ma.is_some() || reading.given_w().is_some();
        if says_power || reading.soc.is_some() {
            self.drawn.get_or_insert_with(|| Drawn::since(started_at)).hear(at, reading, power);
        }
    }

    fn start(&self) -> Option<Point> {
        self.start.or(self.run.as_ref().map(|run| run.first))
    }

    fn current(&self) -> Option<&Run> {
        let stray = self.stray.as_ref().filter(|stray| stray.is_established());
        stray.or(self.run.as_ref())
    }

    fn energy(&self) -> Energy {
        match self.intervals() {
            Some(intervals) if self.is_sum_of_intervals() => intervals.energy,
            _ => self.current().map_or(Energy::ZERO, |run| run.counted),
        }
    }

    fn unchanged(&self, at: Timestamp, marks: Vec<Mark>) -> Judged {
        Judged { energy: self.energy(), since: at, marks, is_restored: false }
    }
}
