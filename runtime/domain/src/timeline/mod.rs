//! From registers and states to a bounded list of periods, cut where a tariff's clock changes.
//!
//! How much energy flowed is the evidence's to say. When it flowed is told here: what came between two registers is
//! spread over the charging time between them; when there was none, over all of it.

mod clock;
mod form;
mod period;

use jiff::{SignedDuration, Timestamp};
// Whole microseconds cost a tenth of a printed date.
use jiff::fmt::serde::timestamp::microsecond::required as micros;
use serde::{Deserialize, Serialize};

pub use clock::TariffClock;
pub use period::Period;
use period::{cut, fold};

use crate::Energy;
use crate::event::ChargingState;
use crate::evidence::{Evidence, Judged, Point, Power};
use crate::mark::Mark;
use crate::reading::Meter;

/// Energy that flows while the vehicle is said to take none: so much of it, at so many watts, is no standby.
const FLOWS: Energy = Energy::from_wh(100);
const FLOWS_W: i64 = 500;
/// No EVSE of alternating current delivers more.
const ALTERNATING_W: i64 = 60_000;
/// What flowed in a shorter time may have flowed before it.
const FLOWS_S: i64 = 120;

/// What a session did so far, in periods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "form::Form")]
pub struct Timeline {
    pub periods: Vec<Period>,
    /// Stretches since the last register: their energy is not known yet.
    open: Vec<Period>,
    /// The latest moment that was heard of.
    #[serde(with = "micros")]
    pub at: Timestamp,
    pub state: ChargingState,
    energy: Energy,
    pub evidence: Evidence,
}

/// A timeline that another clock had cut.
#[derive(Debug)]
pub struct Fitted {
    pub timeline: Timeline,
    /// Energy was shared out over time to cut it, or there was no room for all the pieces: nobody has measured what flowed
    /// on which side of a change.
    pub is_estimate: bool,
}

/// Those of the periods, which ascend, within which the clock changes.
pub(crate) fn crossing(periods: impl Iterator<Item = Period>, clock: &TariffClock) -> impl Iterator<Item = Period> {
    let mut until = Timestamp::MIN;
    periods.filter(move |period| {
        if period.started_at >= until {
            until = clock.next_boundary(period.started_at);
        }
        period.ended_at > until
    })
}

impl Timeline {
    /// Beyond it periods are folded, and the session is marked.
    pub const MAX_PERIODS: usize = 1_000;
    /// When nobody says what an EVSE can deliver.
    pub const POWER: Power = Power::assumed(400_000);

    pub fn new(at: Timestamp, state: ChargingState) -> Self {
        let (periods, open) = (Vec::new(), Vec::new());
        Self { periods, open, at, state, energy: Energy::ZERO, evidence: Evidence::default() }
    }

    /// Nothing was told yet, but what was before it is known.
    #[must_use]
    pub fn begun_anew(&self, at: Timestamp, state: ChargingState) -> Self {
        Self { evidence: self.evidence.begun_anew(), ..Self::new(at, state) }
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

    /// All of it so far was in this state.
    pub fn was(&mut self, state: ChargingState) {
        self.state = state;
        self.periods.iter_mut().chain(&mut self.open).for_each(|period| period.state = state);
    }

    /// The state that was told for a moment.
    pub fn state_at(&self, at: Timestamp) -> ChargingState {
        self.all().find(|period| period.started_at <= at && at < period.ended_at).map_or(self.state, |p| p.state)
    }

    /// No other state than the present one was told for any moment since.
    pub fn is_unchanged_since(&self, at: Timestamp) -> bool {
        self.all().filter(|period| period.ended_at > at).all(|period| period.state == self.state)
    }

    /// So many states without a register between them that they have to be settled.
    pub fn is_crowded(&self) -> bool {
        self.open.len() >= Self::MAX_PERIODS
    }

    pub fn make_room(&mut self, clock: &TariffClock) -> Vec<Mark> {
        self.book(Energy::ZERO, self.at, None, clock)
    }

    /// How long it was said to charge since the last register, until this moment.
    pub fn charged_until(&self, at: Timestamp) -> SignedDuration {
        let told = self.open.iter().filter(|p| p.is_charging()).map(|p| p.seconds_within(p.started_at, at)).sum();
        let present =
            if self.state == ChargingState::Charging { at.duration_since(self.at) } else { SignedDuration::ZERO };
        SignedDuration::from_secs(told) + present.max(SignedDuration::ZERO)
    }

    /// Seconds between two moments in which it was said to charge.
    pub fn charged_within(&self, from: Timestamp, to: Timestamp) -> i64 {
        self.all().filter(|period| period.is_charging()).map(|period| period.seconds_within(from, to)).sum()
    }

    /// A register of the main meter was read, and its EVSE is an ordinary one. Returns what was odd about it.
    pub fn read(&mut self, at: Timestamp, register: Energy, clock: &TariffClock) -> Vec<Mark> {
        if self.evidence.read_at().is_some_and(|read_at| at < read_at) {
            return vec![Mark::LATE_READING];
        }
        let judged = self.evidence.read(Meter::default(), Point::new(at, register), Self::POWER);
        judged.map_or_else(Vec::new, |judged| self.take(at, judged, Self::POWER, clock))
    }

    /// So much energy flowed since the last register, in the states that were told; nothing of it has to be judged.
    pub fn deliver(&mut self, at: Timestamp, energy: Energy, clock: &TariffClock) {
        let later = self.set_aside_after(at);
        self.book(energy, at, None, clock);
        self.energy += energy;
        self.open = later;
    }

    /// Brings the periods up to what the evidence says at this moment. Returns what was odd.
    pub fn take(&mut self, at: Timestamp, judged: Judged, power: Power, clock: &TariffClock) -> Vec<Mark> {
        let Judged { energy, since, mut marks, is_restored } = judged;
        let since = since.min(at);
        let later = self.set_aside_after(at);
        let settled = self.open.first().map_or(at, |first| first.started_at);
        let (before, now) = (self.energy, energy);
        if since >= settled && now >= before {
            marks.extend(self.book(now - before, settled, Some(power), clock));
        } else {
            marks.extend(self.book(Energy::ZERO, settled, None, clock));
            marks.extend(self.flowed_in_spite(now.above(before), since, at, power));
            match is_restored {
                true => self.scale(now, before, since, at),
                false => self.spread(now.above(before), since, at),
            }
            self.withdraw(before.above(now), since);
        }
        self.energy = now;
        self.open = later;
        marks
    }

    /// The end: what was heard of after it is not the session's, and open stretches are settled even if no register
    /// closes them.
    pub fn finish(&mut self, at: Timestamp, clock: &TariffClock) -> Vec<Mark> {
        self.cut_off(at);
        self.advance(at);
        self.book(Energy::ZERO, at, None, clock)
    }

    /// Nothing that was heard of happened after this moment. Energy stays, in what is left.
    pub fn cut_off(&mut self, at: Timestamp) {
        if at >= self.at {
            return;
        }
        self.at = at;
        let mut beyond = Energy::ZERO;
        for periods in [&mut self.open, &mut self.periods] {
            while let Some(last) = periods.pop_if(|last| last.started_at >= at) {
                beyond += last.energy;
            }
            if let Some(last) = periods.last_mut() {
                last.ended_at = last.ended_at.min(at);
            }
        }
        if beyond != Energy::ZERO {
            self.file_instant(beyond, at);
        }
    }

    /// The same timeline with each period within one stretch of this clock. `None`: it is so already.
    pub fn fitted(&self, clock: &TariffClock) -> Option<Fitted> {
        let mut crossing = crossing(self.periods.iter().cloned(), clock).peekable();
        crossing.peek()?;
        let is_idle = crossing.all(|period| period.energy == Energy::ZERO);
        let timeline = self.shared_out(clock);
        let fits = self::crossing(timeline.periods.iter().cloned(), clock).next().is_none();
        Some(Fitted { timeline, is_estimate: !is_idle || !fits })
    }

    /// The same timeline cut at another clock's changes, each period's energy shared out over its time.
    pub fn shared_out(&self, clock: &TariffClock) -> Self {
        let mut again = Self { periods: Vec::new(), ..self.clone() };
        let mut room = Self::MAX_PERIODS;
        for period in &self.periods {
            let (mut left, mut time_left) = (period.energy, period.seconds());
            for mut piece in cut(period.clone(), clock, &mut room) {
                piece.energy = left.share(piece.seconds(), time_left);
                left = left - piece.energy;
                time_left -= piece.seconds();
                again.file(piece, clock);
            }
            if left != Energy::ZERO {
                again.file_instant(left, period.ended_at);
            }
        }
        again
    }

    /// A register that comes after the end, or after a settled stretch, and reads higher than the last one. It fits when
    /// it was read later than the last, not after `ended_at`, and the EVSE can have delivered the difference: then the
    /// difference joins the filed periods since the last register. False: it does not fit, and nothing has changed.
    pub fn amend(&mut self, meter: Meter, point: Point, ended_at: Timestamp, power: Power) -> bool {
        let is_between = self.evidence.read_at().is_some_and(|read_at| point.at > read_at) && point.at <= ended_at;
        let is_higher = self.evidence.last_register().is_some_and(|last| point.register > last);
        if !is_between || !is_higher || !self.evidence.fits(meter, point, power) {
            return false;
        }
        if let Some(judged) = self.evidence.read(meter, point, power) {
            self.spread(judged.energy.above(self.energy), judged.since, point.at);
            self.energy = judged.energy;
        }
        true
    }

    /// Open stretches after this moment, which ends those before it.
    fn set_aside_after(&mut self, at: Timestamp) -> Vec<Period> {
        self.advance(at);
        let split = self.open.partition_point(|stretch| stretch.ended_at <= at);
        let mut later = self.open.split_off(split);
        if let Some(first) = later.first_mut().filter(|first| first.started_at < at) {
            self.open.push(Period { ended_at: at, ..first.clone() });
            first.started_at = at;
        }
        later
    }

    /// Adds energy to filed periods, each by its share of the charging time between `from` and `to`.
    fn spread(&mut self, energy: Energy, from: Timestamp, to: Timestamp) {
        let within = |period: &Period| period.seconds_within(from, to);
        let charging: i64 = self.periods.iter().filter(|p| p.is_charging()).map(within).sum();
        let takes = |period: &Period| charging == 0 || period.is_charging();
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
            self.file_instant(left, from);
        }
    }

    /// A dropout that was believed for a while has shown when the energy flowed, if not how much: more of it, in proportion.
    fn scale(&mut self, now: Energy, before: Energy, since: Timestamp, to: Timestamp) {
        let first = self.periods.partition_point(|period| period.ended_at <= since);
        let known: Energy = self.periods[first..].iter().map(|period| period.energy).sum();
        let mut left = now.above(before);
        if known == Energy::ZERO {
            return self.spread(left, since, to);
        }
        let more = left;
        for period in &mut self.periods[first..] {
            let share = more.share(period.energy.mwh(), known.mwh());
            period.energy += share;
            left = left - share;
        }
        if left != Energy::ZERO {
            self.file_instant(left, to);
        }
    }

    /// What flowed in a dropout, though it was said that nothing did.
    fn flowed_in_spite(&self, delta: Energy, from: Timestamp, to: Timestamp, power: Power) -> Option<Mark> {
        let within = |period: &Period| Period {
            started_at: period.started_at.clamp(from, to),
            ended_at: period.ended_at.clamp(from, to),
            ..period.clone()
        };
        let stretches: Vec<Period> = self.periods.iter().map(within).collect();
        flows_in_spite(&stretches, delta, self.likely(power)).then_some(Mark::CHARGING_WHILE_SUSPENDED)
    }

    /// What the EVSE delivers: where nobody says it, alternating current, or twice what was seen.
    fn likely(&self, power: Power) -> Power {
        let shown = ALTERNATING_W.max(self.evidence.quickest_w().saturating_mul(2));
        if power.is_assumed { Power::assumed(shown.min(power.watts)) } else { power }
    }

    /// What had flowed until a moment, as it is billed.
    pub fn energy_until(&self, at: Timestamp) -> Energy {
        let until = |period: &Period| match period.ended_at <= at {
            true => period.energy,
            false => period.energy.share(period.seconds_within(period.started_at, at), period.seconds()),
        };
        self.periods.iter().take_while(|period| period.started_at < at).map(until).sum()
    }

    /// Takes energy out of filed periods since a moment, from each in proportion to what it has; what they do not have, out
    /// of those before.
    fn withdraw(&mut self, energy: Energy, since: Timestamp) {
        let first = self.periods.partition_point(|period| period.ended_at <= since);
        let mut all: Energy = self.periods[first..].iter().map(|period| period.energy).sum();
        let mut left = energy;
        for period in &mut self.periods[first..] {
            let share = left.share(period.energy.mwh(), all.mwh()).min(period.energy);
            all = all - period.energy;
            period.energy = period.energy - share;
            left = left - share;
        }
        // Where times were wrong it was filed before that moment.
        for period in self.periods[..first].iter_mut().rev() {
            let share = left.min(period.energy);
            period.energy = period.energy - share;
            left = left - share;
        }
    }

    /// Spreads `delta` over the open stretches, cuts them at the clock's changes and files them; without any, it came at
    /// this moment. What the EVSE can deliver tells whether energy has flowed in spite of the states.
    fn book(&mut self, delta: Energy, at: Timestamp, power: Option<Power>, clock: &TariffClock) -> Vec<Mark> {
        let mut open = std::mem::take(&mut self.open);
        let mut marks = Vec::new();
        if power.is_some_and(|power| flows_in_spite(&open, delta, self.likely(power))) {
            open.iter_mut().for_each(|stretch| stretch.state = ChargingState::Charging);
            marks.push(Mark::CHARGING_WHILE_SUSPENDED);
        }
        let charging: i64 = open.iter().filter(|p| p.is_charging()).map(Period::seconds).sum();
        let takes = |period: &Period| charging == 0 || period.is_charging();
        let mut left = delta;
        let mut time_left: i64 = open.iter().filter(|p| takes(p)).map(Period::seconds).sum();
        let mut folded = false;
        // One more than there is place for, so that the last one is seen to be folded.
        let mut room = Self::MAX_PERIODS + 1;
        for stretch in open {
            let taking = takes(&stretch);
            for mut piece in cut(stretch, clock, &mut room) {
                if taking {
                    piece.energy = left.share(piece.seconds(), time_left);
                    left = left - piece.energy;
                    time_left -= piece.seconds();
                }
                folded |= self.file(piece, clock);
            }
        }
        if left != Energy::ZERO {
            self.file_instant(left, at);
        }
        marks.extend(folded.then_some(Mark::PERIODS_FOLDED));
        marks
    }

    /// Appends, or extends the last period when state and stretch of the clock are the same. True: folded at the bound.
    fn file(&mut self, piece: Period, clock: &TariffClock) -> bool {
        if let Some(last) = self.periods.last_mut()
            && last.state == piece.state
            && clock.next_boundary(last.started_at) >= piece.ended_at
        {
            last.ended_at = piece.ended_at;
            last.energy += piece.energy;
            return false;
        }
        let full = self.periods.len() >= Self::MAX_PERIODS;
        if full {
            self.periods = fold(&self.periods, clock);
        }
        // Even the clock may change more often than there is room for.
        let still_full = self.periods.len() >= Self::MAX_PERIODS;
        match self.periods.last_mut().filter(|_| still_full) {
            Some(last) => {
                last.ended_at = piece.ended_at;
                last.energy += piece.energy;
            }
            None => self.periods.push(piece),
        }
        full
    }

    /// Energy that came without any time passing: it joins the last period, or makes one of no length.
    fn file_instant(&mut self, energy: Energy, at: Timestamp) {
        match self.periods.last_mut() {
            Some(last) => last.energy += energy,
            None => {
                let state = ChargingState::Charging;
                self.periods.push(Period { started_at: at, ended_at: at, energy, state });
            }
        }
    }
}

/// Whether more has flowed than the charging time among these stretches can explain.
fn flows_in_spite(open: &[Period], delta: Energy, power: Power) -> bool {
    let seconds = |of: fn(&Period) -> bool| open.iter().filter(|p| of(p)).map(Period::seconds).sum::<i64>();
    let (charging, held) = (seconds(Period::is_charging), seconds(|period| !period.is_charging()));
    let over = |watts: i64, seconds: i64| Energy::from_wh(watts.saturating_mul(seconds) / 3600);
    if held < FLOWS_S || delta < FLOWS {
        return false;
    }
    if charging == 0 { delta >= over(FLOWS_W, held) } else { delta > over(power.watts, charging + 60) }
}

#[cfg(test)]
mod tests;
