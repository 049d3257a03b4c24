//! One caller's effects, each to the table it belongs to.

use amprule_domain::effect::Effect;
use rusqlite::Connection;

use super::answers::Answers;
use super::budgets::Budgets;
use super::decisions::Decisions;
use super::exchanges::Exchanges;
use super::holdings::Holdings;
use super::journal::Journal;
use super::limited::Limited;
use super::log::Log;
use super::outbox::Outbox;
use super::records::Records;
use super::sessions::Sessions;
use super::signed::Signed;
use crate::error::{Outcome, Refused};
use crate::open_sessions::Changes;

pub(super) struct Effects<'c> {
    journal: Journal<'c>,
    sessions: Sessions<'c>,
    signed: Signed<'c>,
    budgets: Budgets<'c>,
    records: Records<'c>,
    exchanges: Exchanges<'c>,
    holdings: Holdings<'c>,
    limited: Limited<'c>,
    outbox: Outbox<'c>,
    answers: Answers<'c>,
    decisions: Decisions<'c>,
    log: Log<'c>,
}

impl<'c> Effects<'c> {
    pub(super) fn new(connection: &'c Connection, log: Log<'c>, decisions: Decisions<'c>) -> Outcome<Self> {
        Ok(Self {
            journal: Journal::new(connection)?,
            sessions: Sessions::new(connection)?,
            signed: Signed::new(connection)?,
            budgets: Budgets::new(connection)?,
            records: Records::new(connection),
            exchanges: Exchanges::new(connection),
            holdings: Holdings::new(connection),
            limited: Limited::new(connection),
            outbox: Outbox::new(connection)?,
            answers: Answers::new(connection)?,
            decisions,
            log,
        })
    }

    /// Readings go first, because a session's row carries the end of its journal; what was signed goes last, because it needs that row.
    pub(super) fn apply(&mut self, effects: &[Effect]) -> Result<(), Refused> {
        let turn = |effect: &Effect| match effect {
            Effect::Readings(_) => 0,
            Effect::Signed(_) => 2,
            _ => 1,
        };
        for now in 0..=2 {
            for effect in effects.iter().filter(|effect| turn(effect) == now) {
                self.apply_one(effect).map_err(|failure| failure.refuse(&title(effect)))?;
            }
        }
        self.journal.finish().map_err(|failure| failure.refuse("write readings"))
    }

    /// What is written once for all commits of a transaction.
    pub(super) fn finish(&mut self) -> Result<(), Refused> {
        self.budgets.finish().map_err(|failure| failure.refuse("add up what tokens have spent"))?;
        self.decisions.finish().map_err(|failure| failure.refuse("write decisions"))
    }

    /// After a rollback nothing that was known about the tables is certain.
    pub(super) fn forget(&mut self) {
        self.journal.forget();
        self.budgets.forget();
        self.answers.forget(None);
        self.decisions.forget();
        self.sessions.take_changes();
    }

    /// Since the last time.
    pub(super) fn take_changes(&mut self) -> Changes {
        self.sessions.take_changes()
    }

    fn apply_one(&mut self, effect: &Effect) -> Outcome<()> {
        match effect {
            Effect::Readings(row) => self.journal.append(row),
            Effect::Session(session) => {
                let before = self.budgets.cost_before(session)?;
                self.sessions.put(session, &mut self.journal)?;
                self.budgets.is_written(session, before)
            }
            Effect::Signed(row) => self.signed.add(row),
            Effect::Bill(bill) => self.log.bill(bill),
            Effect::Answered { station, answer } => self.answers.add(station, self.journal.position()?, answer),
            Effect::Kept(message) => self.log.keep(message),
            Effect::Decision(decision) => self.decisions.add(decision),
            Effect::Station(station) => self.records.station(station, self.journal.position()?),
            Effect::StationGone(id) => {
                self.answers.forget(Some(id));
                self.records.station_gone(id)
            }
            Effect::Reported { station, report } => self.records.report(station, report),
            Effect::Connector { station, status } => self.records.connector(station, status),
            Effect::Exchange(exchange) => self.exchanges.put(exchange),
            Effect::Holding { station, at, change } => self.holdings.change(station, *at, change),
            Effect::Limited(row) => self.limited.put(row),
            Effect::LimitedGone { station, evse } => self.limited.gone(station, *evse),
            Effect::Outbox(event) => self.outbox.add(event),
            Effect::Subscriber(subscriber) => self.outbox.subscriber(subscriber),
            Effect::SubscriberGone(name) => self.outbox.subscriber_gone(name),
            Effect::Token(token) => {
                self.records.token(token)?;
                self.budgets.token(token)
            }
            Effect::TokenGone(key) => {
                self.records.token_gone(key)?;
                self.budgets.token_gone(key)
            }
        }
    }
}

fn title(effect: &Effect) -> String {
    match effect {
        Effect::Readings(row) => format!("write readings of session number {}", row.session.0),
        Effect::Signed(row) => format!("keep signed values of session number {}", row.session.0),
        Effect::Session(session) => format!("write session number {} of station {}", session.no.0, session.station),
        Effect::Bill(bill) => format!("keep a bill of session number {}", bill.session.0),
        Effect::Answered { station, .. } => format!("keep an answer to station {station}"),
        Effect::Kept(message) => format!("keep {} of station {}", message.action, message.station),
        Effect::Decision(decision) => format!("write decision {}", decision.id),
        Effect::Station(station) => format!("write station {}", station.id),
        Effect::StationGone(id) => format!("remove station {id}"),
        Effect::Reported { station, .. } => format!("write what station {station} says of itself"),
        Effect::Connector { station, .. } => format!("write a connector of station {station}"),
        Effect::Exchange(exchange) => format!("write command {} to station {}", exchange.id, exchange.station),
        Effect::Holding { station, .. } => format!("note what station {station} holds"),
        Effect::Limited(row) => format!("note that EVSE {} of station {} has a limit of a site", row.evse, row.station),
        Effect::LimitedGone { station, evse } => format!("forget the limit of EVSE {evse} of station {station}"),
        Effect::Outbox(event) => format!("tell others of {}", event.kind.as_str()),
        Effect::Subscriber(subscriber) => format!("note how far {} has heard", subscriber.name),
        Effect::SubscriberGone(name) => format!("forget subscriber {name}"),
        Effect::Token(token) => format!("write token {}", token.id_token),
        Effect::TokenGone(key) => format!("remove token {key}"),
    }
}
