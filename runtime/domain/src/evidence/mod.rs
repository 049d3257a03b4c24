//! A session's registers as evidence: which of them count, and how much energy they prove.
//!
//! A reading alone proves nothing. Those that go on from one another within what the EVSE can deliver are a run, and
//! energy is the difference within a run. A register that leaves the run begins a stray one: when a later register goes
//! on from the run again, the stray was a dropout and never counted; when two registers of the stray go on from each
//! other, the register has begun anew there. At the end the stop is held against the start, whatever was in between.

mod drawn;
mod intervals;
mod run;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use drawn::Drawn;
use intervals::Intervals;
use run::{JITTER, Run, TOLERANCE_S};
pub use run::{Point, Power};

use crate::Energy;
use crate::mark::Mark;
use crate::reading::{Context, Meter, Place, Reading};

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

    /// Where the session before ended, when this one begins below it. Meters do not go back: its start is an old value,
    /// unless both sessions count from zero.
    fn floor(&self) -> Option<Energy> {
        let (_, last) = self.previous.filter(|_| !self.counts_from_zero())?;
        self.first_register().filter(|start| last.above(*start) > JITTER).map(|_| last)
    }

    fn counts_from_zero(&self) -> bool {
        let counted = |(first, last): (Energy, Energy)| first == Energy::ZERO && last > Energy::ZERO;
        self.first_register() == Some(Energy::ZERO) && self.previous.is_some_and(counted)
    }

    /// The first register may not be this session's: it is no zero, the first step is far quicker than all others, and no
    /// session before it shows where the meter was.
    pub fn may_begin_stale(&self) -> bool {
        let step = self.current().and_then(|run| run.odd_first_step(2));
        let begins_at_zero = self.first_register() == Some(Energy::ZERO);
        let is_supported = step.is_some_and(|step| self.drawn.is_some_and(|drawn| drawn.supports(step)));
        step.is_some() && !is_supported && !begins_at_zero && self.previous.is_none()
    }

    /// The end has the register of the session before, beyond the readings of this one.
    fn repeats_an_end(&self, end: Point) -> bool {
        let is_same = self.previous.is_some_and(|(_, last)| last == end.register);
        let is_odd = self.run.as_ref().is_some_and(|run| run.ends_quicker(2));
        self.counts_from_zero() && is_same && is_odd
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

    /// The session's first register is above this one, which is none that was never read: the register has begun anew.
    pub fn began_above(&self, register: Option<Energy>) -> bool {
        let below = register.filter(|register| *register > Energy::ZERO).zip(self.first_register());
        below.is_some_and(|(register, first)| first.above(register) > JITTER)
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

    /// When the register before the latest one was read.
    pub fn read_before(&self) -> Option<Timestamp> {
        self.current().map(|run| run.before.at)
    }

    /// When the first register was read.
    pub fn first_read_at(&self) -> Option<Timestamp> {
        self.start().map(|start| start.at)
    }

    /// What may have flowed in so many seconds of charging before the first register, as quickly as ever since,
    /// and after the last one, as quickly as before it.
    pub fn unseen(&self, before: i64, after: i64) -> (Energy, Energy) {
        let Some(run) = self.current() else { return (Energy::ZERO, Energy::ZERO) };
        (run.drawn_as_first(before), run.drawn_as_last(after))
    }

    /// The first register comes so many seconds after the start, the station says.
    pub fn leads(&mut self, seconds: i64) {
        self.lead = Some(seconds).filter(|seconds| *seconds > 0);
    }

    pub fn lead(&self) -> SignedDuration {
        SignedDuration::from_secs(self.lead.unwrap_or(0))
    }

    /// Whether at least two registers went on from one another, or intervals say what flowed.
    pub fn proves_energy(&self) -> bool {
        self.current().is_some_and(Run::is_established) || self.intervals().is_some()
    }

    /// Whether the energy is a sum of intervals: then a missing message is missing energy.
    pub fn is_sum_of_intervals(&self) -> bool {
        // Who has no register says 0 where one is required.
        let says = |run: &Run| run.is_established() && run.last.register != Energy::ZERO;
        self.intervals().is_some() && !self.current().is_some_and(says)
    }

    /// Between which moments of a session an interval is missing.
    pub fn gaps(&self, start: Timestamp, end: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let intervals = self.intervals().into_iter().filter(|_| self.is_sum_of_intervals());
        intervals.flat_map(move |intervals| intervals.gaps(start, end))
    }

    /// No register has ever shown anything.
    pub fn shows_only_zero(&self) -> bool {
        self.first_register() == Some(Energy::ZERO)
            && self.highest() == Some(Energy::ZERO)
            && self.intervals().is_none()
    }

    /// The latest register goes on from nothing, and nothing has gone on from it.
    pub fn is_open_question(&self) -> bool {
        self.stray.as_ref().is_some_and(|stray| !stray.is_established())
    }

    /// The latest register has left the run, and nobody knows yet why.
    pub fn is_astray(&self) -> bool {
        self.stray.is_some()
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

    /// It can have come to this register from zero as well as from the latest one.
    pub fn may_restart_at(&self, point: Point, power: Power) -> bool {
        self.current().is_some_and(|run| run.may_restart_at(point, power))
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
        if reading.power_w.is_some() || reading.current_ma.is_some() || reading.soc.is_some() {
            self.drawn.get_or_insert_with(|| Drawn::since(started_at)).hear(at, reading, power);
        }
    }

    /// Whether what was told besides the registers contradicts so much energy.
    pub fn is_contradicted(&self, energy: Energy, seconds: i64) -> bool {
        self.drawn.is_some_and(|drawn| drawn.contradicts(energy, seconds) || self.stands_still_against(drawn))
    }

    fn stands_still_against(&self, drawn: Drawn) -> bool {
        let still = self.current().filter(|run| run.before.register == run.last.register);
        still.is_some_and(|run| drawn.contradicts_standstill(run.before.at, run.last.at))
    }

    /// The latest register is the one of the end: the difference to the start counts wherever it is plausible.
    pub fn close(&mut self, end: Point, power: Power) -> Judged {
        let (Some(start), Some(run)) = (self.start(), &self.run) else {
            return self.unchanged(end.at, Vec::new());
        };
        match &self.stray {
            Some(stray) if stray.is_established() => self.unchanged(end.at, Vec::new()),
            Some(_) => self.close_astray(start, end, power),
            None if self.floor().is_some_and(|floor| floor <= end.register) => self.count_from_floor(start, end),
            None if self.repeats_an_end(end) => self.unchanged(end.at, vec![Mark::END_CONTRADICTS]),
            None if self.is_stale_start(2) => self.forget_stale_step(2, end.at, Vec::new()),
            None if end.register < Energy::ZERO => self.unchanged(end.at, vec![Mark::END_CONTRADICTS]),
            // The last sample was a little higher than the stop.
            None if end.register < run.last.register && run.first == start => {
                self.count_from_start(start, end, Vec::new())
            }
            None => self.unchanged(end.at, Vec::new()),
        }
    }

    /// The register of the end goes on from nothing before it.
    fn close_astray(&mut self, start: Point, end: Point, power: Power) -> Judged {
        if let Some((since, energy)) = self.rolled_over_to(end, power) {
            let Some(run) = &mut self.run else { return self.unchanged(end.at, Vec::new()) };
            run.step_to(end, energy);
            self.stray = None;
            return Judged { energy, since, marks: vec![Mark::REGISTER_ROLLED_OVER], is_restored: false };
        }
        if start.is_reached_by(end, power) {
            return self.count_from_start(start, end, vec![Mark::END_CONTRADICTS]);
        }
        self.unchanged(end.at, vec![Mark::END_CONTRADICTS])
    }

    /// It began where the session before ended, and not where it said.
    fn count_from_floor(&mut self, start: Point, end: Point) -> Judged {
        let register = self.floor().unwrap_or(start.register);
        self.count_from_start(Point { register, ..start }, end, vec![Mark::REGISTER_STALE_START])
    }

    fn count_from_start(&mut self, start: Point, end: Point, marks: Vec<Mark>) -> Judged {
        let energy = end.register.above(start.register);
        let mut run = Run::begin(start, Energy::ZERO);
        run.step_to(end, energy);
        (self.start, self.run, self.stray) = (None, Some(run), None);
        Judged { energy, since: start.at, marks, is_restored: false }
    }

    /// Since when, and the session's energy, if the run's register has passed its largest number.
    fn rolled_over_to(&self, point: Point, power: Power) -> Option<(Timestamp, Energy)> {
        let run = self.run.as_ref()?;
        let flowed = run.last.rolled_over_to(point, power)?;
        run.keeps_pace(point, flowed).then_some((run.last.at, run.counted + flowed))
    }

    fn start(&self) -> Option<Point> {
        self.start.or(self.run.as_ref().map(|run| run.first))
    }

    fn current(&self) -> Option<&Run> {
        let stray = self.stray.as_ref().filter(|stray| stray.is_established());
        stray.or(self.run.as_ref())
    }

    /// A sum over fewer phases is another register, and so is another place's, unless it goes on from the only register so
    /// far: a start says nothing of its place.
    fn takes(&self, meter: Meter, point: Point, power: Power) -> bool {
        let Some(run) = &self.run else { return true };
        let fewer = meter.phases != 0 && meter.phases & self.meter.phases != self.meter.phases;
        let goes_on = run.reaches(point, power) && (meter.is_main() || !run.is_established());
        !fewer && (meter.place == self.meter.place || goes_on || self.is_replaced_by(meter))
    }

    /// The outlet's register replaces one of another place that has proved nothing.
    fn is_replaced_by(&self, meter: Meter) -> bool {
        let proves = self.current().is_some_and(Run::is_established) || self.stray.is_some();
        meter.place == Place::Outlet && self.meter.place != Place::Outlet && !proves
    }

    /// True when it is a sum over more phases than those before.
    fn adopt(&mut self, meter: Meter, point: Point, power: Power) -> bool {
        if self.is_replaced_by(meter) && !self.run.as_ref().is_some_and(|run| run.reaches(point, power)) {
            (self.start, self.run) = (None, None);
        }
        let is_wider = self.run.is_some() && self.meter.phases != 0 && meter.phases & !self.meter.phases != 0;
        if self.run.is_none() {
            self.starts_with_phases = meter.phases != 0;
        }
        if !meter.is_main() || self.run.is_none() {
            self.meter.place = meter.place;
        }
        self.meter.phases |= meter.phases;
        is_wider
    }

    /// The register so far lacked a phase: from here on it is another one.
    fn rebase(&mut self, point: Point) -> Judged {
        let counted = self.energy();
        self.start = self.start();
        (self.run, self.stray) = (Some(Run::begin(point, counted)), None);
        self.unchanged(point.at, vec![Mark::REGISTER_RESTARTED])
    }

    fn judge(&mut self, point: Point, power: Power) -> Judged {
        if point.register < Energy::ZERO {
            return self.unchanged(point.at, vec![Mark::REGISTER_NEGATIVE]);
        }
        let Some(run) = &self.run else {
            self.run = Some(Run::begin(point, Energy::ZERO));
            return self.unchanged(point.at, Vec::new());
        };
        let goes_on = run.reaches(point, power);
        match &self.stray {
            None if goes_on => self.go_on(point),
            Some(stray) if stray.reaches(point, power) && !(goes_on && stray.is_less_likely_than(run, point)) => {
                self.go_astray(point, power)
            }
            Some(_) if goes_on => self.come_back(point, power),
            None | Some(_) => self.leave(point),
        }
    }

    fn go_on(&mut self, point: Point) -> Judged {
        let Some(run) = &mut self.run else { return self.unchanged(point.at, Vec::new()) };
        let since = run.last.at;
        let fell = point.register < run.last.register;
        let energy = run.counted + point.register.above(run.last.register);
        run.step_to(point, energy);
        let marks = fell.then_some(Mark::REGISTER_FELL).into_iter().collect();
        if self.is_stale_start(3) {
            return self.forget_stale_step(3, point.at, marks);
        }
        Judged { energy, since, marks, is_restored: false }
    }

    fn is_stale_start(&self, steps: u32) -> bool {
        let step = self.run.as_ref().and_then(|run| run.stale_step(steps)).filter(|_| !self.counts_from_zero());
        step.is_some_and(|step| !self.drawn.is_some_and(|drawn| drawn.supports(step)))
    }

    /// The meter was not ready when the session began: the first step was none.
    fn forget_stale_step(&mut self, steps: u32, at: Timestamp, mut marks: Vec<Mark>) -> Judged {
        let Some((run, step)) = self.run.as_mut().and_then(|run| run.stale_step(steps).map(|step| (run, step))) else {
            return self.unchanged(at, marks);
        };
        run.forget_first(step);
        marks.push(Mark::REGISTER_STALE_START);
        let (energy, since) = (run.counted, run.first.at);
        self.start = None;
        Judged { energy, since, marks, is_restored: false }
    }

    /// The stray was a dropout, even if it was long. What it comes back to may itself have begun anew: then that doubt stays.
    fn come_back(&mut self, point: Point, power: Power) -> Judged {
        let before = self.run.as_ref().map_or(Energy::ZERO, |run| run.counted);
        let is_first_run = self.start.is_none();
        let only_zero = self.run.as_ref().is_some_and(Run::is_only_zero);
        let is_first = self.run.as_ref().is_some_and(|run| !run.is_established());
        let may_be_stray =
            self.stray.as_ref().is_some_and(|stray| stray.reaches(point, power) && (is_first || !stray.shows_zero()));
        let stray = self.stray.take().filter(Run::is_established);
        let mut judged = self.go_on(point);
        judged.marks.push(Mark::REGISTER_DROPOUT);
        // A spike after a zero, or a zero before what began anew.
        judged.marks.extend((only_zero || may_be_stray).then_some(Mark::END_CONTRADICTS));
        let disagree =
            stray.as_ref().is_some_and(|stray| disagree(stray.counted.above(before), judged.energy.above(before)));
        judged.marks.extend(disagree.then_some(Mark::END_CONTRADICTS));
        Judged { is_restored: stray.is_some() && is_first_run, ..judged }
    }

    /// Another register goes on from the stray one.
    fn go_astray(&mut self, point: Point, power: Power) -> Judged {
        let (since, marks) = self.begin_anew(power);
        let Some(stray) = &mut self.stray else { return self.unchanged(point.at, marks) };
        let since = since.unwrap_or(stray.last.at);
        let energy = stray.counted + point.register.above(stray.last.register);
        stray.step_to(point, energy);
        Judged { energy, since, marks, is_restored: false }
    }

    /// With its second register a stray is believed to be a register that has begun anew. What it showed first counts
    /// where that is known to have flowed; then it has flowed since the moment that is returned.
    fn begin_anew(&mut self, power: Power) -> (Option<Timestamp>, Vec<Mark>) {
        let (Some(run), Some(stray)) = (&self.run, &self.stray) else { return (None, Vec::new()) };
        if stray.is_established() {
            return (None, Vec::new());
        }
        let (first, last) = (stray.first, run.last);
        if let Some((since, energy)) = self.rolled_over_to(first, power) {
            self.stray = Some(Run::begin(first, energy));
            return (Some(since), vec![Mark::REGISTER_ROLLED_OVER]);
        }
        if let Some(without) = run.without_last(first, power) {
            self.stray = Some(Run::begin(first, without.counted));
            let doubt = (!without.is_sure).then_some(Mark::REGISTER_RESTARTED);
            return (Some(without.since), [Mark::REGISTER_DROPOUT].into_iter().chain(doubt).collect());
        }
        if run.is_established() {
            return (None, vec![Mark::REGISTER_RESTARTED]);
        }
        // Only the start contradicts: the register counts from zero in each session.
        let counts_from_zero =
            first.register < last.register && Point { register: Energy::ZERO, ..last }.is_reached_by(first, power);
        if counts_from_zero {
            self.stray = Some(Run::begin(first, run.counted + first.register));
        }
        (counts_from_zero.then_some(last.at), vec![Mark::REGISTER_STALE_START])
    }

    /// The register goes on from nothing that we know.
    fn leave(&mut self, point: Point) -> Judged {
        if let Some(stray) = self.stray.take_if(|stray| stray.is_established()) {
            self.start = self.start();
            self.run = Some(stray);
        }
        let counted = self.energy();
        let fell = self.last_register().is_some_and(|last| point.register < last);
        self.peak = self.highest().filter(|highest| *highest > point.register);
        self.stray = Some(Run::begin(point, counted));
        self.unchanged(point.at, vec![if fell { Mark::REGISTER_FELL } else { Mark::REGISTER_JUMPED }])
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

/// Two meters of one session: the long dropout may not show more than the register around it, nor far less.
fn disagree(stray: Energy, run: Energy) -> bool {
    stray > run + JITTER || run.mwh() > stray.mwh().saturating_mul(3) + 1_000_000
}
