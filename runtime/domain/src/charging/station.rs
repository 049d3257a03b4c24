//! A station as its task holds it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::believe::SLACK;
use super::step::Settled;
use crate::command::{Command, Exchange, PriceCommand};
use crate::event::{ConnectorStatus, TransactionEvent};
use crate::evidence::Power;
use crate::mark::Mark;
use crate::reported::Reported;
use crate::reservation::{Places, is_out_of_use};
use crate::session::{Session, SessionState};
use crate::station::StationRecord;
use crate::{Energy, TransactionId};

/// A stop is not awaited for ever.
const OLD: SignedDuration = SignedDuration::from_hours(6);

/// What the operator has set for all stations.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// What an EVSE can deliver, where neither the operator nor the station says it.
    pub power: Power,
    /// How long a station that behaves as if a session had ended may take to say so.
    pub stop_awaited: SignedDuration,
    /// How long messages may wait for their start.
    pub start_awaited: SignedDuration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            power: crate::timeline::Timeline::POWER,
            stop_awaited: SignedDuration::from_hours(6),
            start_awaited: SignedDuration::from_hours(1),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Station {
    /// What the operator has entered.
    pub record: StationRecord,
    /// What it has said of itself.
    pub reported: Reported,
    /// Open and parked sessions, and the last few ended ones. Oldest first.
    pub sessions: Vec<Arc<Session>>,
    pub rules: Rules,
    /// Commands that are neither answered nor given up, oldest first.
    pub exchanges: Vec<Exchange>,
    /// The last word about each connector.
    pub(super) connectors: Vec<ConnectorStatus>,
    pub(crate) places: Places,
    /// No deadline comes before it.
    pub(super) quiet_until: Option<Timestamp>,
}

impl Station {
    /// Ended sessions that are kept at hand, to recognise repetitions and late messages.
    pub const ENDED_AT_HAND: usize = 8;
    /// Transactions without a start that may wait. With one more the oldest is booked without it.
    pub const MAX_PARKED: usize = 32;
    /// Sessions that may be open. With one more the oldest is ended.
    pub const MAX_OPEN: usize = 64;
    /// Connectors whose word is remembered.
    pub const MAX_CONNECTORS: usize = 256;

    pub fn new(
        record: StationRecord,
        reported: Reported,
        sessions: Vec<Session>,
        connectors: Vec<ConnectorStatus>,
        exchanges: Vec<Exchange>,
        rules: Rules,
    ) -> Self {
        let sessions = sessions.into_iter().map(Arc::new).collect();
        let (places, quiet_until) = (Places::default(), None);
        let mut station = Self { record, reported, sessions, rules, exchanges, connectors, places, quiet_until };
        station.connectors.truncate(Self::MAX_CONNECTORS);
        station.forget_old();
        station
    }

    /// With the places that it keeps for somebody.
    #[must_use]
    pub fn keeping(self, places: Places) -> Self {
        Self { places, ..self }
    }

    /// As it will be when this step, which prices nothing, is committed.
    pub(crate) fn foresee(&mut self, step: &super::Step) {
        step.connectors.iter().for_each(|status| self.remember(status.clone()));
        step.reserved.iter().for_each(|(at, event)| self.places.take(event, *at));
        for session in &step.sessions {
            if let Some(known) = self.sessions.iter_mut().find(|known| known.id == session.id) {
                *known = Arc::new(session.clone());
            }
        }
    }

    /// Takes over what a committed step has changed.
    pub fn adopt(&mut self, Settled { sessions, reported, connectors, exchanges, reserved, .. }: Settled) {
        if let Some(report) = reported {
            self.reported.take(report);
        }
        connectors.into_iter().for_each(|status| self.remember(status));
        exchanges.into_iter().for_each(|exchange| self.take_exchange(exchange));
        reserved.iter().for_each(|(at, event)| self.places.take(event, *at));
        for session in sessions {
            match self.sessions.iter_mut().find(|known| known.id == session.id) {
                Some(known) => *known = session,
                None => self.sessions.push(session),
            }
        }
        self.forget_old();
    }

    /// What the wire has done, before the store has it.
    pub fn put_exchange(&mut self, exchange: Exchange) {
        if let Some(known) = self.exchanges.iter_mut().find(|known| known.id == exchange.id) {
            *known = exchange;
        }
    }

    /// A newer one says otherwise. They are in the order in which they were queued.
    pub fn is_replaced(&self, exchange: &Exchange) -> bool {
        let newer = self.exchanges.iter().skip_while(|known| known.id != exchange.id).skip(1);
        newer.filter(|newer| newer.is_open()).any(|newer| newer.command.replaces(&exchange.command))
    }

    /// What a transaction costs by now is not said behind what it has cost.
    pub fn still_wants(&self, command: &Command) -> bool {
        match command {
            Command::Price(PriceCommand::Cost(shown)) => {
                self.named(&shown.transaction).next().is_some_and(Session::is_open)
            }
            _ => true,
        }
    }

    /// Those that are over are in the store only.
    fn take_exchange(&mut self, exchange: Exchange) {
        self.exchanges.retain(|known| known.id != exchange.id || exchange.is_open());
        match self.exchanges.iter_mut().find(|known| known.id == exchange.id) {
            Some(known) => *known = exchange,
            None if exchange.is_open() => self.exchanges.push(exchange),
            None => {}
        }
    }

    fn remember(&mut self, status: ConnectorStatus) {
        let same = |known: &&mut ConnectorStatus| (known.evse, known.connector) == (status.evse, status.connector);
        let has_room = self.connectors.len() < Self::MAX_CONNECTORS;
        match self.connectors.iter_mut().find(same) {
            Some(known) => *known = status,
            None if has_room => self.connectors.push(status),
            None => {}
        }
    }

    /// The most that this EVSE can deliver: what the operator has entered, else what the station reports, else the rule.
    pub(super) fn power(&self, evse: u32) -> Power {
        let said = self.record.power_of(evse).or_else(|| self.reported.powers.of(evse));
        said.map_or(self.rules.power, Power::said)
    }

    /// Sessions of this name, the latest first: names come again.
    pub(crate) fn named<'s>(&'s self, name: &'s TransactionId) -> impl Iterator<Item = &'s Session> {
        self.sessions.iter().rev().map(Arc::as_ref).filter(move |session| session.transaction == *name)
    }

    /// The open session on an EVSE. When the message names none: the station's only open one.
    pub(super) fn open_on(&self, evse: Option<u32>) -> Option<&Session> {
        let mut open = self.open();
        match evse {
            Some(evse) if evse > 0 => open.find(|session| session.evse == evse),
            _ => open.next().filter(|_| open.next().is_none()),
        }
    }

    /// The session that was open on a start's EVSE until now. An old start that was queued offline says nothing about the
    /// one that runs now.
    pub(super) fn open_before(&self, start: &TransactionEvent) -> Option<&Session> {
        let evse = start.evse.filter(|evse| *evse > 0)?;
        self.open_on(Some(evse)).filter(|open| start.at.is_none_or(|at| at >= open.started_at))
    }

    pub(super) fn open(&self) -> impl DoubleEndedIterator<Item = &Session> {
        self.sessions.iter().map(Arc::as_ref).filter(|session| session.is_open())
    }

    /// Other sessions that had not ended when this one began: what ended one of them may have been this one's end.
    pub(super) fn not_over_before(&self, session: &Session) -> impl Iterator<Item = &Session> {
        let is_over = |other: &Session| other.ended_at.is_some_and(|end| end <= session.started_at);
        let is_old = |other: &Session| other.ended_at.is_none_or(|end| session.started_at.duration_since(end) > OLD);
        let is_doubtful = |other: &Session| other.expects_own_end() || other.marks.has(&Mark::TRANSACTION_GUESSED);
        let is_sure = move |other: &Session| is_over(other) && (!is_doubtful(other) || is_old(other));
        self.sessions.iter().map(Arc::as_ref).filter(move |other| other.id != session.id && !is_sure(other))
    }

    /// Whether another session of the EVSE has a part of the same time.
    pub(super) fn has_another_then(&self, session: &Session) -> bool {
        let end = |session: &Session| session.ended_at.unwrap_or(Timestamp::MAX);
        let shared =
            |other: &Session| end(session).min(end(other)).duration_since(session.started_at.max(other.started_at));
        let is_other = |other: &&Arc<Session>| other.id != session.id && other.evse == session.evse && session.evse > 0;
        self.sessions.iter().filter(is_other).any(|other| shared(other) > SLACK && other.energy() > Energy::ZERO)
    }

    /// The session of the EVSE that ended last before a moment, if there is no doubt about it.
    pub(super) fn before(&self, evse: u32, at: Timestamp) -> Option<&Session> {
        let is_before =
            |session: &&Session| session.evse == evse && evse > 0 && session.ended_at.is_some_and(|end| end <= at);
        let latest = self.sessions.iter().map(Arc::as_ref).filter(is_before).max_by_key(|session| session.ended_at)?;
        (!latest.marks.has(&Mark::NEEDS_REVIEW)).then_some(latest)
    }

    /// The station says that nothing is plugged in there.
    pub(super) fn is_free(&self, evse: Option<u32>) -> bool {
        let of_evse = |status: &&ConnectorStatus| evse.is_none_or(|evse| status.evse == evse);
        let mut words = self.connectors.iter().filter(|status| status.evse > 0).filter(of_evse).peekable();
        words.peek().is_some() && words.all(ConnectorStatus::is_free)
    }

    /// Nothing else at this EVSE can be used, as far as the station says.
    pub(crate) fn has_no_other(&self, status: &ConnectorStatus) -> bool {
        let is_other = |known: &&ConnectorStatus| known.evse == status.evse && known.connector != status.connector;
        self.connectors.iter().filter(is_other).all(|other| is_out_of_use(&other.status))
    }

    /// It has told of one EVSE only.
    pub(crate) fn has_one_evse(&self) -> bool {
        let mut evses = self.connectors.iter().map(|status| status.evse).filter(|evse| *evse > 0);
        evses.next().is_some_and(|first| evses.all(|evse| evse == first))
    }

    /// Those that began last stay, as if they were read from the store.
    pub(super) fn forget_old(&mut self) {
        let ended = |session: &Arc<Session>| session.state == SessionState::Ended;
        let surplus = self.sessions.iter().filter(|session| ended(session)).count().saturating_sub(Self::ENDED_AT_HAND);
        for _ in 0..surplus {
            let past = self.sessions.iter().enumerate().filter(|(_, session)| ended(session));
            if let Some((oldest, _)) = past.min_by_key(|(_, session)| (session.started_at, session.no)) {
                self.sessions.remove(oldest);
            }
        }
    }
}
