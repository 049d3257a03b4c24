//! What the station says of its day, in the order in which it happens.

use amprule_domain::event::{
    Boot, ChargingEvent, ChargingState, ConnectorStatus, MeterValues, Naming, Phase, ProvisioningEvent, StationEvent,
    TransactionEvent,
};
use amprule_domain::reading::{Context, Meter, MeterLocation, Reading};
use amprule_domain::token::IdToken;
use amprule_domain::{Energy, TransactionId};
use jiff::SignedDuration;

use crate::dice::Dice;
use crate::fault::Fault;
use crate::instruments::{Asked, Clock, Meters};
use crate::plan::Plan;
use crate::truth::{DOWN, EPOCH, Ending, Second, Truth, Visit, is_accepted};

#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub made_at: Second,
    pub visit: Option<usize>,
    pub event: StationEvent,
    /// Kept while there is no connection; all others are dropped then.
    pub is_queued: bool,
    /// The name is the number that we have given: it is filled in when the letter is sent.
    pub is_numbered: bool,
}

impl Letter {
    pub(crate) fn is_start(&self) -> bool {
        matches!(&self.event, StationEvent::Charging(ChargingEvent::Transaction(event)) if event.phase == Phase::Started)
    }

    pub(crate) fn is_boot(&self) -> bool {
        matches!(self.event, StationEvent::Provisioning(ProvisioningEvent::Boot(_)))
    }
}

/// Numbers that nobody here has given.
const MADE_UP: i64 = 987_000_000;
const HALF_A_DAY: SignedDuration = SignedDuration::from_hours(12);

pub(crate) fn letters(plan: &Plan, truth: &Truth) -> Vec<Letter> {
    let clock = Clock::new(plan, truth);
    let meters = Meters::new(plan, truth);
    let mut letters = Vec::new();
    for (no, visit) in truth.visits.iter().enumerate() {
        let dice = Dice::new(plan.seed, &format!("visit {}", visit.begin));
        let telling =
            Telling { plan, truth, clock: &clock, meters: &meters, no, visit, dice, seq_no: 0, told: Vec::new() };
        letters.extend(telling.tell());
    }
    letters.extend(truth.boots.iter().flat_map(|at| boot(plan, truth, &clock, at + DOWN)));
    if plan.has(Fault::Aligned) {
        letters.extend((1..96).map(|quarter| aligned(truth, &clock, EPOCH + quarter * 900)));
    }
    letters.sort_by_key(|letter| letter.made_at);
    letters
}

/// What a connector shows at a moment.
pub(crate) fn present_word(plan: &Plan, truth: &Truth, clock: &Clock, evse: u32, at: Second) -> Letter {
    let is_used = truth.visits.iter().any(|visit| visit.evse == evse && (visit.begin..visit.end).contains(&at));
    let word = match (is_used, plan.naming()) {
        (false, _) => ("Available", None),
        (true, Naming::Ours) => ("Charging", Some(ChargingState::Charging)),
        (true, Naming::Theirs) => ("Occupied", None),
    };
    status(clock, evse, at, word)
}

fn status(clock: &Clock, evse: u32, at: Second, (word, charging): (&str, Option<ChargingState>)) -> Letter {
    let event = StationEvent::Availability(ConnectorStatus {
        evse,
        connector: 1,
        status: word.to_owned(),
        error: None,
        vendor: None,
        at: Some(clock.shows(at)),
        charging,
    });
    Letter { made_at: at, visit: None, event, is_queued: false, is_numbered: false }
}

fn boot(plan: &Plan, truth: &Truth, clock: &Clock, at: Second) -> Vec<Letter> {
    let event = StationEvent::Provisioning(ProvisioningEvent::Boot(Boot {
        reason: Some("PowerUp".to_owned()),
        ..Boot::default()
    }));
    let boot = Letter { made_at: at, visit: None, event, is_queued: true, is_numbered: false };
    let words = (1..=2).map(|evse| present_word(plan, truth, clock, evse, at));
    [boot].into_iter().chain(words).collect()
}

/// Meter values of a connector, whatever happens there.
fn aligned(truth: &Truth, clock: &Clock, at: Second) -> Letter {
    let register = Energy::from_wh(truth.lifetime_mwh(1, at) / 1000);
    let readings = vec![Reading::register(Some(clock.shows(at)), Context::Other, register)];
    let event = StationEvent::Charging(ChargingEvent::MeterValues(MeterValues { evse: 1, readings }));
    Letter { made_at: at, visit: None, event, is_queued: false, is_numbered: false }
}

/// One visit, as the station tells it.
struct Telling<'a> {
    plan: &'a Plan,
    truth: &'a Truth,
    clock: &'a Clock,
    meters: &'a Meters<'a>,
    no: usize,
    visit: &'a Visit,
    dice: Dice,
    seq_no: u32,
    /// What the latest interval went up to.
    told: Vec<Letter>,
}

impl Telling<'_> {
    fn tell(mut self) -> Vec<Letter> {
        self.come();
        self.stay();
        self.go();
        self.told.sort_by_key(|letter| letter.made_at);
        self.part();
        let is_down = |at: Second| self.truth.boots.iter().any(|boot| (*boot..*boot + DOWN).contains(&at));
        self.told.retain(|letter| !is_down(letter.made_at));
        self.number();
        self.told
    }

    /// Intervals tell what flowed since the one before.
    fn part(&mut self) {
        let mut before = Energy::ZERO;
        for letter in &mut self.told {
            let StationEvent::Charging(ChargingEvent::Transaction(event)) = &mut letter.event else { continue };
            for interval in event.readings.iter_mut().filter_map(|reading| reading.interval.as_mut()) {
                (before, *interval) = (*interval, *interval - before);
            }
        }
    }

    fn come(&mut self) {
        let at = self.visit.begin;
        self.show(at - 10, ("Preparing", "Occupied", None));
        let first = if self.has(Fault::RefusedFirst) { "FAKE" } else { self.visit.token };
        if self.dice.one_in(2) {
            let event = StationEvent::Authorization(self.token(first));
            self.told.push(Letter { made_at: at - 5, visit: None, event, is_queued: false, is_numbered: false });
        }
        let is_later = !self.is_ours() && (self.has(Fault::TokenLater) || self.has(Fault::RefusedFirst));
        let readings = self.readings(Asked::Start, at);
        let mut start = self.event(Phase::Started, at, readings);
        let first = if self.is_ours() { self.visit.token } else { first };
        start.token = (!is_later || self.has(Fault::RefusedFirst)).then(|| self.token(first));
        start.charging = (!self.is_ours()).then_some(ChargingState::Charging);
        let is_sent = !self.has(Fault::NoStart) || self.dice.one_in(2);
        if is_sent {
            self.push(at, start);
        }
        if is_later {
            let at = (at + self.dice.between(3, 200)).min(self.visit.end - 1);
            let readings = self.readings(Asked::Sample, at);
            let mut update = self.event(Phase::Updated, at, readings);
            update.token = Some(self.token(self.visit.token));
            self.push(at, update);
        }
        self.show(at + 1, ("Charging", "Occupied", Some(ChargingState::Charging)));
    }

    fn stay(&mut self) {
        let every = self.dice.of(&[60, 300, 300, 900]);
        let full = self.visit.full();
        let mut at = self.visit.begin + every;
        let mut was_full = false;
        while at < self.visit.end {
            if full < at && !was_full {
                was_full = true;
                self.suspend(full + 1);
            }
            let readings = self.readings(Asked::Sample, at);
            let event = self.event(Phase::Updated, at, readings);
            self.push(at, event);
            at += every;
        }
    }

    fn suspend(&mut self, at: Second) {
        self.show(at, ("SuspendedEV", "Occupied", Some(ChargingState::Idle)));
        if !self.is_ours() {
            let readings = self.readings(Asked::Sample, at);
            let mut event = self.event(Phase::Updated, at, readings);
            event.charging = Some(ChargingState::Idle);
            self.push(at, event);
        }
    }

    fn go(&mut self) {
        let end = self.visit.end;
        let made_at = match self.visit.ending {
            Ending::Told => end,
            Ending::ToldAfter(boot) => boot + DOWN + 5,
            Ending::Never => return,
        };
        if self.has(Fault::NoStop) && self.dice.one_in(2) {
            return;
        }
        let stamped_at = if self.dice.one_in(2) { end } else { made_at };
        let mut readings = self.listed_again();
        readings.extend(
            self.readings(Asked::Stop, end)
                .into_iter()
                .map(|reading| Reading { at: Some(self.clock.shows(stamped_at)), ..reading }),
        );
        let mut event = self.event(Phase::Ended, stamped_at, readings);
        event.token = self.token_of_end();
        event.stop_reason = Some("Local".to_owned());
        self.push(made_at, event);
        self.show(made_at + 1, ("Finishing", "Occupied", Some(ChargingState::Idle)));
        self.show(made_at + 30, ("Available", "Available", None));
    }

    /// Some ends list everything that was read.
    fn listed_again(&mut self) -> Vec<Reading> {
        if !self.dice.one_in(4) || self.has(Fault::IntervalsOnly) {
            return Vec::new();
        }
        let mut readings = Vec::new();
        for letter in &self.told {
            if let StationEvent::Charging(ChargingEvent::Transaction(event)) = &letter.event {
                readings.extend(event.readings.iter().filter(|reading| reading.context == Context::Periodic).cloned());
            }
        }
        readings
    }

    fn token_of_end(&mut self) -> Option<IdToken> {
        if self.has(Fault::OtherAtStop) {
            let other = self.dice.of(&["ANNA", "BERT", "CARL", "DORA", "EVIL", "FAKE"]);
            return Some(self.token(other));
        }
        self.dice.one_in(2).then(|| self.token(self.visit.token))
    }

    fn has(&self, fault: Fault) -> bool {
        self.plan.has(fault)
    }

    fn is_ours(&self) -> bool {
        self.plan.naming() == Naming::Ours
    }

    fn token(&self, name: &str) -> IdToken {
        IdToken::new(name, if self.is_ours() { "" } else { "ISO14443" })
    }

    fn show(&mut self, at: Second, (ours, theirs, charging): (&str, &str, Option<ChargingState>)) {
        let word = if self.is_ours() { (ours, charging) } else { (theirs, None) };
        self.told.push(status(self.clock, self.visit.evse, at, word));
    }

    fn event(&self, phase: Phase, at: Second, readings: Vec<Reading>) -> TransactionEvent {
        let names_evse = phase == Phase::Started || self.is_ours() && phase == Phase::Updated;
        TransactionEvent {
            phase,
            naming: self.plan.naming(),
            transaction: None,
            seq_no: None,
            at: Some(self.clock.shows(at)),
            told_at: None,
            evse: names_evse.then_some(self.visit.evse),
            connector: names_evse.then_some(1),
            token: None,
            readings,
            charging: None,
            stop_reason: None,
            offline: false,
            reservation: None,
            remote_start: None,
            operation_mode: None,
            money: None,
        }
    }

    fn push(&mut self, made_at: Second, event: TransactionEvent) {
        let event = StationEvent::Charging(ChargingEvent::Transaction(event));
        self.told.push(Letter { made_at, visit: Some(self.no), event, is_queued: true, is_numbered: false });
    }

    fn readings(&mut self, asked: Asked, at: Second) -> Vec<Reading> {
        let context = match asked {
            Asked::Start => Context::Begin,
            Asked::Sample => Context::Periodic,
            Asked::Stop => Context::End,
        };
        let told_at = Some(self.clock.shows(at));
        if self.has(Fault::IntervalsOnly) && !self.is_ours() {
            return self.interval(asked, at);
        }
        let mut register = Some(self.meters.shows(self.no, self.visit, asked, at));
        if asked == Asked::Start && self.has(Fault::NoStartRegister) {
            register = None;
        }
        if asked == Asked::Stop && self.has(Fault::NoStopRegister) {
            // A zero after a zero is nothing drawn.
            let from_zero = [Fault::CountsPerSession, Fault::NotReady, Fault::RestartsAtBoot];
            let counts_from_zero = from_zero.into_iter().any(|fault| self.has(fault));
            register = self.dice.of(&[None, Some(-1), Some(0)]).filter(|wh| *wh != 0 || !counts_from_zero);
        }
        let mut readings: Vec<_> =
            register.map(|wh| Reading::register(told_at, context, Energy::from_wh(wh))).into_iter().collect();
        if self.has(Fault::InletToo) && asked != Asked::Start {
            let wh = 80_000_000 + self.visit.mwh(at) / 980;
            let meter = Meter { place: MeterLocation::Inlet, phases: 0 };
            let inlet = Reading { meter, ..Reading::register(told_at, context, Energy::from_wh(wh)) };
            readings.insert(if asked == Asked::Stop { 0 } else { readings.len() }, inlet);
        }
        readings
    }

    fn interval(&self, asked: Asked, at: Second) -> Vec<Reading> {
        if asked == Asked::Start {
            return Vec::new();
        }
        let interval = Some(Energy::from_mwh(self.visit.mwh(at)));
        vec![Reading { at: Some(self.clock.shows(at)), interval, ..Reading::default() }]
    }

    /// Names, numbers, and times that are odd in one message only.
    fn number(&mut self) {
        let is_made_up = !self.told.iter().any(Letter::is_start);
        let count = self.told.len();
        let (ahead, behind) = (self.dice.below(count.max(1)), self.dice.below(count.max(1)));
        let is_unnamed = self.has(Fault::Unnamed) && self.is_ours();
        let (name, made_up) = (self.name(), (MADE_UP + self.visit.begin - EPOCH).to_string());
        for at in 0..count {
            let made_at = self.told[at].made_at;
            let was_booted = at > 0 && self.boots_between(self.told[at - 1].made_at, made_at);
            if was_booted && self.plan.has(Fault::SeqRestarts) {
                self.seq_no = 0;
            }
            let (is_ours, seq_no) = (self.is_ours(), self.seq_no);
            let (is_ahead, is_behind) =
                (self.has(Fault::OneAhead) && at == ahead, self.has(Fault::OneBehind) && at == behind);
            let letter = &mut self.told[at];
            let StationEvent::Charging(ChargingEvent::Transaction(event)) = &mut letter.event else { continue };
            if is_ours {
                event.transaction = is_made_up.then(|| TransactionId::new(made_up.as_str()));
                letter.is_numbered = !is_made_up && event.phase != Phase::Started && !is_unnamed;
            } else {
                event.transaction = Some(TransactionId::new(name.as_str()));
                event.seq_no = Some(seq_no);
            }
            let by = if is_ahead {
                HALF_A_DAY
            } else if is_behind {
                -HALF_A_DAY
            } else {
                SignedDuration::ZERO
            };
            let shift = |at: &mut Option<amprule_domain::Timestamp>| *at = at.map(|at| at + by);
            event.readings.iter_mut().for_each(|reading| shift(&mut reading.at));
            if is_ahead {
                shift(&mut event.at);
            }
            self.seq_no += 1;
        }
    }

    fn boots_between(&self, from: Second, to: Second) -> bool {
        self.truth.boots.iter().any(|boot| (from..to).contains(boot))
    }

    fn name(&self) -> String {
        let begin = self.visit.begin;
        if !self.has(Fault::NamesAgain) {
            return format!("tx-{begin}-{}", self.visit.evse);
        }
        let since = self.truth.boots.iter().rev().find(|boot| **boot <= begin).copied().unwrap_or(0);
        let before = self.truth.visits.iter().filter(|visit| (since..begin).contains(&visit.begin)).count();
        // Two that begin at once are told apart by their place.
        let same = self.truth.visits[..self.no].iter().filter(|visit| visit.begin == begin).count();
        (1 + before + same).to_string()
    }
}

/// Whether anybody may be billed for this visit.
pub(crate) fn payer(visit: &Visit) -> Option<&'static str> {
    is_accepted(visit.token).then_some(visit.token)
}
