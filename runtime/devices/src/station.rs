//! The station that a device is to the engine: what a driver observes becomes what a station of OCPP 2.x would say, one message
//! at a time, and what the engine answers and asks becomes what the driver shall bring about.
//!
//! Sessions are the core's. The driver says what is plugged in, what flows and what the register shows; whether that may charge
//! is decided by the same policies as anywhere. Hardware is switched on for a session that was let in, and off for everything else.

mod commanded;
mod counter;
mod link;
mod phases;
mod refused;
mod said;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use amprule_domain::command::Most;
use amprule_domain::event::{ChargingEvent, ChargingState, Phase, ProvisioningEvent, StationEvent, TransactionEvent};
use amprule_domain::reading::Context;
use amprule_domain::reply::{AuthorizationStatus, Reply};
use amprule_domain::token::IdToken;
use amprule_domain::{Energy, Timestamp, TransactionId};
use jiff::SignedDuration;

use amprule_hooks::driver::{Abilities, DeviceState, Observed, Shall};

use crate::memory::Memory;

pub(crate) use counter::Counter;
use counter::Shown;
pub(crate) use link::{DeviceLink, FromEngine, ToEngine};
pub(crate) use phases::Phases;
use refused::Refused;
pub(crate) use said::Said;

/// What waits to be said while the engine takes nothing. At the bound the oldest readings go: what begins and ends stays.
const MOST_SAID: usize = 512;
/// How long a start that somebody asked for waits for a car, and a card for one.
const PATIENCE: SignedDuration = SignedDuration::from_secs(120);
/// Long enough for one car to leave unseen, and another to come.
const UNSEEN: SignedDuration = SignedDuration::from_secs(30);
/// A session that goes on says so within so long.
const SOON: SignedDuration = SignedDuration::from_secs(10);
/// A card that is seen again within so long was not shown anew: readers miss one that lies there, and people show theirs twice.
const SAME_TAP: SignedDuration = SignedDuration::from_secs(10);

pub(crate) struct VirtualStation {
    /// What a car charges on that nobody shows a card for.
    default_token: Option<IdToken>,
    meter_every: SignedDuration,
    /// A part, less than the whole, by which it is metered sooner at first: those that begin together are not all metered together
    /// for ever.
    apart: f64,
    last: Option<Observed>,
    last_at: Timestamp,
    /// It was not seen for so long that another car may be there.
    was_unseen: bool,
    /// It shows no car and less than before, as a box that starts does: it is looked at once more.
    may_be_starting: bool,
    /// The last that was seen: one that is missing at an end is this.
    register: Option<Energy>,
    /// Of hardware whose register begins anew, and what of it a restart must know.
    counter: Counter,
    counter_kept: Counter,
    running: Option<Running>,
    /// A car that was refused, or whose session was ended, charges no more until it is plugged in anew.
    is_over: bool,
    /// Unless it was the default token that was refused, and is taken when it is asked about again.
    refused: Option<Refused>,
    /// Somebody wants to charge, and no car is there yet.
    waiting: Option<(IdToken, Timestamp)>,
    /// A card that was shown and is being asked about.
    shown: Option<IdToken>,
    /// That lies at the reader, or did, and when it was seen last.
    card: Option<String>,
    card_at: Timestamp,
    /// For each session, and for the one that runs.
    limit: Option<Most>,
    session_limit: Option<Most>,
    is_operative: bool,
    /// That the hardware may charge with, whatever it does now.
    most_phases: u8,
    can: Abilities,
    phases: Phases,
    /// Somebody wants the cable, since then.
    unlocking: Option<Timestamp>,
    said: VecDeque<Said>,
}

/// The session of the car that is plugged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) transaction: TransactionId,
    /// Shown again it ends the session.
    pub(crate) token: Option<IdToken>,
    /// Of the next message.
    pub(crate) seq_no: u32,
    /// The engine has let it in.
    pub(crate) is_let_in: bool,
    told: ChargingState,
    due_at: Timestamp,
}

impl VirtualStation {
    pub(crate) fn new(default_token: Option<IdToken>, meter_every: SignedDuration, apart: f64) -> Self {
        Self {
            default_token,
            meter_every,
            apart,
            last: None,
            last_at: Timestamp::UNIX_EPOCH,
            was_unseen: true,
            may_be_starting: false,
            register: None,
            counter: Counter::NEW,
            counter_kept: Counter::NEW,
            running: None,
            is_over: false,
            refused: None,
            waiting: None,
            shown: None,
            card: None,
            card_at: Timestamp::UNIX_EPOCH,
            limit: None,
            session_limit: None,
            is_operative: true,
            most_phases: 1,
            can: Abilities::default(),
            phases: Phases::default(),
            unlocking: None,
            said: VecDeque::new(),
        }
    }

    /// Goes on with the session that the books have open.
    pub(crate) fn resume(
        &mut self,
        transaction: TransactionId,
        token: Option<IdToken>,
        seq_no: u32,
        is_let_in: bool,
        now: Timestamp,
    ) {
        let (told, due_at) = (ChargingState::Charging, self.soon(now));
        self.running = Some(Running { transaction, token, seq_no, is_let_in, told, due_at });
        if !is_let_in {
            self.end("DeAuthorized", now);
        }
    }

    fn soon(&self, now: Timestamp) -> Timestamp {
        now + part_of(self.meter_every.min(SOON), self.apart)
    }

    /// A car charges, or did when it was seen last.
    pub(crate) fn has_session(&self) -> bool {
        self.running.is_some()
    }

    pub(crate) fn bears(&mut self, phases: u8, can: Abilities) {
        (self.most_phases, self.can) = (phases, can);
    }

    /// It is connected anew: it says who it is and how its connector stands, and soon that its session goes on.
    pub(crate) fn connected(&mut self, now: Timestamp) {
        let soon = self.soon(now);
        if let Some(running) = &mut self.running {
            running.due_at = running.due_at.min(soon);
        }
        if let Some(last) = self.last.clone() {
            // What was to be said of it before is over.
            self.said.retain(|said| !said.is_standing());
            self.said.push_front(Said::status(&last, self.is_operative, now));
            self.said.push_front(Said::of(
                "BootNotification",
                StationEvent::Provisioning(ProvisioningEvent::Boot(last.boot())),
            ));
        }
    }

    /// What a restart must not forget.
    pub(crate) fn memory(&self) -> Memory {
        Memory {
            limit: self.limit,
            session_limit: self.session_limit,
            phases: self.phases,
            is_operative: self.is_operative,
            is_over: self.is_over,
            is_refused: self.refused.is_some(),
            card: self.card.clone(),
            counter: self.counter_kept,
            snapshot: None,
            hardware: None,
        }
    }

    pub(crate) fn remember(&mut self, memory: Memory) {
        let Memory { limit, session_limit, phases, is_operative, is_over, is_refused, card, counter, .. } = memory;
        self.refused = is_refused.then_some(Refused::LONG_AGO);
        (self.counter, self.counter_kept) = (counter, counter);
        (self.limit, self.session_limit, self.phases, self.card) = (limit, session_limit, phases, card);
        (self.is_operative, self.is_over) = (is_operative, is_over);
    }

    pub(crate) fn shall(&self, now: Timestamp) -> Shall {
        let is_let_in = self.running.as_ref().is_some_and(|running| running.is_let_in);
        Shall {
            be_on: is_let_in && !self.phases.rests(now),
            // A transaction's own counts instead of the one for all (OCPP 2.0.1, K01.FR.27; 1.6, 3.13.1).
            most_deciamperes: self.session_limit.or(self.limit).map(|most| self.deciamperes(most, now)),
            phases: self.phases.told(now).filter(|_| self.can.switches_phases),
            unlock: self.unlocks(now),
        }
    }

    /// A cable is let go when nothing flows any more, and nobody finds it loose who has not asked for it a moment ago.
    fn unlocks(&self, now: Timestamp) -> bool {
        let is_wanted = self.unlocking.is_some_and(|since| now.duration_since(since) <= PATIENCE);
        let flows = self.last.as_ref().is_some_and(|last| last.state == DeviceState::Charging);
        is_wanted && self.running.is_none() && !flows
    }

    /// Of each phase. A power counts for the phases with which it charges, at 230 V each.
    fn deciamperes(&self, most: Most, now: Timestamp) -> u32 {
        match most {
            Most::DeciAmperes(deciamperes) => deciamperes,
            Most::Watts(watts) => {
                let usual = || self.last.as_ref().map_or(3, |last| last.phases.max(self.most_phases).max(1));
                let switched = self.phases.holds(now).filter(|_| self.can.switches_phases);
                watts.saturating_mul(10) / (230 * u32::from(switched.unwrap_or_else(usual)))
            }
        }
    }

    /// A turn that was told this has ended well, and the hardware took all of it.
    pub(crate) fn brought_about(&mut self, shall: Shall, now: Timestamp) {
        if shall.unlock {
            self.unlocking = None;
        }
        if !shall.be_on {
            self.phases.switched(shall.phases, now);
        }
    }

    /// What is to be said next. It stays until [`Self::answered`] says that it arrived.
    pub(crate) fn next(&self) -> Option<&Said> {
        self.said.front()
    }

    /// What the driver sees now. `new_id` names a session that begins.
    pub(crate) fn observed(&mut self, mut seen: Observed, now: Timestamp, new_id: impl FnOnce() -> TransactionId) {
        seen.clean();
        self.was_unseen |= now.duration_since(std::mem::replace(&mut self.last_at, now)) > UNSEEN;
        if self.count(&mut seen) {
            self.leave_behind(now);
        }
        if self.shows_a_start(&mut seen) {
            return;
        }
        let before = self.last.replace(seen.clone());
        self.register = seen.register.or(self.register);
        if before.as_ref().is_none_or(|before| before.word(true) != seen.word(true) || before.error != seen.error) {
            self.say(Said::status(&seen, self.is_operative, now));
        }
        if let Some(card) = seen.token.clone() {
            // What lies there when it is seen for the first time was not shown to us.
            let lay_there = before.as_ref().is_some_and(|before| before.token.as_ref() == Some(&card));
            let was_there = self.card.as_ref() == Some(&card) && now.duration_since(self.card_at) <= SAME_TAP;
            let is_shown = before.is_some() && !lay_there && !was_there;
            (self.card, self.card_at) = (Some(card.clone()), now);
            if is_shown {
                self.tap(IdToken::new(card, "ISO14443"), now);
            }
        }
        if self.waiting.as_ref().is_some_and(|(_, since)| now.duration_since(*since) > PATIENCE) {
            self.waiting = None;
        }
        match (seen.is_plugged(), self.running.is_some()) {
            (Some(false), is_running) => {
                if is_running {
                    self.end("EVDisconnected", now);
                }
                self.forget_the_car();
            }
            (Some(true) | None, true) => self.follow(&seen, now),
            // Nobody begins at what is out of order.
            (Some(true), false) if seen.state.is_plugged().is_some() => {
                self.may_begin(now, self.charging(&seen, now), new_id);
                self.ask_by_itself(now);
            }
            (Some(true) | None, false) => {}
        }
    }

    /// A counter of the session becomes a register that only grows. True: it began anew while nobody looked, and so counts another
    /// car than the one whose session runs.
    fn count(&mut self, seen: &mut Observed) -> bool {
        let Some(counted) = seen.session_register.filter(|_| seen.register.is_none()) else { return false };
        let is_new_car = self.last.as_ref().is_some_and(|last| last.is_plugged() == Some(false));
        let shown = self.counter.shows(counted, is_new_car, self.was_unseen);
        seen.register = Some(self.counter.register());
        if shown == Shown::Anew {
            self.counter_kept = self.counter;
        }
        let was_unseen = self.was_unseen;
        self.was_unseen &= shown == Shown::Doubtful;
        was_unseen && shown == Shown::Anew && self.running.is_some()
    }

    /// A box that starts shows no car and nothing metered for a moment, while the car is there: it is looked at once more. What
    /// it shows then counts, but no register that fell.
    fn shows_a_start(&mut self, seen: &mut Observed) -> bool {
        let has_fallen = seen.register.zip(self.register).is_some_and(|(register, before)| register < before);
        let is_odd = has_fallen && self.running.is_some() && seen.is_plugged() == Some(false);
        if is_odd {
            seen.register = None;
        }
        let was_odd = std::mem::replace(&mut self.may_be_starting, is_odd);
        is_odd && !was_odd
    }

    /// A card that is shown at the reader: whose session runs ends it.
    fn tap(&mut self, card: IdToken, now: Timestamp) {
        let ends = |running: &Running| {
            let is_its = running.token.as_ref().is_some_and(|token| token.is_shown_as(&card));
            is_its && running.is_let_in
        };
        match &self.running {
            Some(running) if ends(running) => self.end("Local", now),
            Some(_) => {}
            None => self.show(card),
        }
    }

    fn show(&mut self, token: IdToken) {
        if self.running.is_none() && self.shown.as_ref() != Some(&token) {
            self.shown = Some(token.clone());
            self.say(Said::of("Authorize", StationEvent::Authorization(token)));
        }
    }

    /// What is said next asks about the default token.
    pub(crate) fn asks_by_itself(&self) -> bool {
        self.next().is_some_and(|said| match &said.event {
            StationEvent::Authorization(token) => self.default_token.as_ref() == Some(token),
            _ => false,
        })
    }

    /// What runs there has no energy.
    pub(crate) fn unmetered(&self) -> Option<&'static str> {
        let is_unmetered = |last: &Observed| self.running.is_some() && last.register.is_none();
        let is_it = self.last.as_ref().is_some_and(is_unmetered);
        is_it.then_some("it measures no energy: its sessions have none, and are priced by time alone")
    }

    /// Why a car that is there gets nothing.
    pub(crate) fn remark(&self) -> Option<&'static str> {
        let is_refused = self.refused.is_some() && self.running.is_none();
        is_refused.then_some(
            "the default_token may not charge: look at GET /api/v1/tokens, or enter it with PUT; it is asked about again once it \
             changes there, and within a quarter of an hour",
        )
    }

    /// What would be asked about, had it not been refused.
    pub(crate) fn refused_token(&self) -> Option<&IdToken> {
        self.default_token.as_ref().filter(|_| self.refused.is_some() && self.running.is_none())
    }

    /// The next turn asks about the default token, however lately it was refused.
    pub(crate) fn ask_anew(&mut self) {
        self.refused = self.refused.map(|_| Refused::LONG_AGO);
    }

    /// A car that is there may charge on the default token: at once, and now and then where it was refused.
    fn ask_by_itself(&mut self, now: Timestamp) {
        let is_due = self.refused.map_or(!self.is_over, |refused| refused.is_due(now));
        if is_due && self.is_operative && self.waiting.is_none() && self.shown.is_none() {
            self.default_token.clone().into_iter().for_each(|token| self.show(token));
        }
    }

    fn may_begin(&mut self, now: Timestamp, told: ChargingState, new_id: impl FnOnce() -> TransactionId) {
        if !self.is_operative {
            return;
        }
        let Some((token, _)) = self.waiting.take() else { return };
        let (transaction, first) = (new_id(), Some(token.clone()));
        self.running = Some(Running {
            transaction,
            token: first,
            seq_no: 0,
            is_let_in: false,
            told,
            due_at: now + part_of(self.meter_every, 1.0 - self.apart),
        });
        self.tell(Phase::Started, now, |event| {
            event.token = Some(token);
            (event.evse, event.connector) = (Some(1), Some(1));
        });
    }

    /// A change of what the car does is told at once, a reading now and then.
    fn follow(&mut self, seen: &Observed, now: Timestamp) {
        let charging = self.charging(seen, now);
        let Some(running) = self.running.as_mut().filter(|running| running.is_let_in) else { return };
        let is_due = now >= running.due_at;
        if running.told != charging || is_due {
            running.told = charging;
            running.due_at = now + self.meter_every;
            self.tell(Phase::Updated, now, |_| {});
        }
    }

    /// A car that takes nothing while it is offered nothing is held back by us, whatever the box calls it.
    fn charging(&self, seen: &Observed, now: Timestamp) -> ChargingState {
        let shall = self.shall(now);
        let is_held_back = self.phases.rests(now) || shall.most_deciamperes == Some(0);
        match seen.state {
            DeviceState::Plugged | DeviceState::SuspendedVehicle if is_held_back => ChargingState::Suspended,
            state => state.charging(),
        }
    }

    fn end(&mut self, reason: &str, now: Timestamp) {
        self.tell(Phase::Ended, now, |event| event.stop_reason = Some(reason.to_owned()));
        self.running = None;
        self.session_limit = None;
        self.is_over = true;
    }

    /// The session is of hardware that is there no more: what flowed since it was metered last nobody knows.
    pub(crate) fn leave_behind(&mut self, now: Timestamp) {
        if self.running.is_some() {
            self.end("Other", now);
        }
        self.forget_the_car();
    }

    /// Whoever comes next begins as the first: another car, or whoever binds the device again.
    pub(crate) fn forget_the_car(&mut self) {
        (self.is_over, self.refused) = (false, None);
    }

    /// Its hardware is switched off, and nobody drives it from now on.
    pub(crate) fn retire(&mut self, mut seen: Observed, now: Timestamp) {
        if self.count(&mut seen) {
            self.leave_behind(now);
        }
        self.register = seen.register.or(self.register);
        self.last = Some(seen);
        if self.running.is_some() {
            self.end("Remote", now);
        }
    }

    fn tell(&mut self, phase: Phase, now: Timestamp, more: impl FnOnce(&mut TransactionEvent)) {
        let Some(running) = &mut self.running else { return };
        let context = match phase {
            Phase::Started => Context::Begin,
            Phase::Updated => Context::Periodic,
            Phase::Ended => Context::End,
        };
        let mut event = TransactionEvent {
            phase,
            naming: amprule_domain::event::Naming::Theirs,
            transaction: Some(running.transaction.clone()),
            seq_no: Some(running.seq_no),
            at: Some(now),
            told_at: None,
            evse: Some(1),
            connector: Some(1),
            token: None,
            readings: self.last.iter().filter_map(|last| last.reading(now, context, self.register)).collect(),
            charging: Some(running.told),
            stop_reason: None,
            offline: false,
            reservation: None,
            remote_start: None,
            operation_mode: None,
            money: None,
        };
        running.seq_no = running.seq_no.saturating_add(1);
        self.counter_kept = self.counter;
        more(&mut event);
        self.say(Said::of("TransactionEvent", StationEvent::Charging(ChargingEvent::Transaction(event))));
    }

    fn say(&mut self, said: Said) {
        if said.is_standing() && self.said.len() > 1 {
            // How it stands now is all that is to be said of that. The first is on its way.
            let first = self.said.pop_front();
            self.said.retain(|waiting| !waiting.is_standing());
            self.said.extend(first);
            self.said.rotate_right(1);
        }
        if self.said.len() >= MOST_SAID {
            // The first is on its way.
            let reading = (1..self.said.len()).find(|at| self.said[*at].is_reading());
            reading.map(|at| self.said.remove(at));
        }
        self.said.push_back(said);
    }

    /// The first of what is to be said is refused for good.
    pub(crate) fn give_up(&mut self) {
        let Some(said) = self.said.pop_front() else { return };
        if matches!(said.event, StationEvent::Authorization(_)) {
            self.shown = None;
        }
        let StationEvent::Charging(ChargingEvent::Transaction(event)) = said.event else { return };
        let is_it =
            self.running.as_ref().is_some_and(|running| Some(&running.transaction) == event.transaction.as_ref());
        if event.phase == Phase::Started && is_it {
            // Nobody has taken it: there is no session.
            (self.running, self.is_over) = (None, true);
        }
    }

    /// The first of what is to be said has arrived, with this answer.
    pub(crate) fn answered(&mut self, reply: &Reply, now: Timestamp) {
        let Some(said) = self.said.pop_front() else { return };
        match (said.event, reply) {
            (StationEvent::Authorization(card), Reply::Authorize(info)) => {
                self.shown = None;
                match info.status {
                    AuthorizationStatus::Accepted => self.waiting = Some((card, now)),
                    _ if self.default_token.as_ref() == Some(&card) => self.default_refused(now),
                    _ => {}
                }
            }
            (StationEvent::Charging(ChargingEvent::Transaction(event)), Reply::Transaction(reply)) => {
                let is_running = |running: &&mut Running| event.transaction.as_ref() == Some(&running.transaction);
                let Some(running) = self.running.as_mut().filter(is_running) else { return };
                match reply.token.as_ref().map(|token| token.status) {
                    None if event.phase != Phase::Started => {}
                    None | Some(AuthorizationStatus::Accepted) => {
                        running.is_let_in = true;
                        self.refused = None;
                    }
                    Some(_) => {
                        self.end("DeAuthorized", now);
                        if event.phase == Phase::Started && event.token == self.default_token {
                            self.default_refused(now);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn default_refused(&mut self, now: Timestamp) {
        self.refused = Some(Refused::after(self.refused, now));
    }
}

fn part_of(whole: SignedDuration, part: f64) -> SignedDuration {
    SignedDuration::try_from_secs_f64(whole.as_secs_f64() * part).unwrap_or(whole)
}
