//! Transactions that somebody at the operator's starts from afar: what their tokens are worth (OCPP 2.0.1, F01 and F02; 1.6, 5.11).

use std::collections::VecDeque;

use amprule_domain::charging::{Admission, Question};
use amprule_domain::command::{Begins, Command, Exchange};
use amprule_domain::event::{ChargingEvent, Inbound, Phase, StationEvent, TransactionEvent};
use amprule_domain::refused::CommandRefused;
use amprule_domain::reply::{AuthorizationStatus, Reply, TransactionReply};
use amprule_domain::reservation::Guest;
use amprule_domain::session::{Session, SessionState};
use amprule_domain::token::IdToken;
use amprule_domain::{CommandId, Timestamp};
use jiff::SignedDuration;

use crate::station::StationTask;

/// The driver may be on the way: a plug is not waited for longer.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);
/// A station's clock may be behind ours by so much.
const BEHIND: SignedDuration = SignedDuration::from_mins(5);
/// Of one station. With one more the oldest is forgotten.
const MOST: usize = 32;
/// The station's latest commands, among which those are looked for that were sent before its task began.
const LOOKED_AT: usize = 64;

/// Starts that a station was asked for lately.
#[derive(Debug, Default)]
pub(crate) struct Ordered {
    is_read: bool,
    starts: VecDeque<Start>,
}

#[derive(Debug)]
struct Start {
    /// `None`: it was called, and is nowhere else.
    command: Option<CommandId>,
    begins: Begins,
    at: Timestamp,
}

impl Ordered {
    pub(crate) fn asked(&mut self, command: Option<CommandId>, asked: &Command, at: Timestamp) {
        let Some(begins) = asked.begins() else { return };
        self.starts.push_back(Start { command, begins, at });
        if self.starts.len() > MOST {
            self.starts.pop_front();
        }
    }

    /// The station does not begin.
    pub(crate) fn refused(&mut self, command: CommandId) {
        self.starts.retain(|start| start.command != Some(command));
    }

    fn read(&mut self, latest: &[Exchange]) {
        self.is_read = true;
        for exchange in latest.iter().filter(|exchange| exchange.may_have_begun()) {
            let is_known = self.starts.iter().any(|start| start.command == Some(exchange.id));
            if let (false, Some(begins), Some(at)) = (is_known, exchange.command.begins(), exchange.sent_at) {
                self.starts.push_front(Start { command: Some(exchange.id), begins, at });
            }
        }
    }

    fn token_of(&self, number: i64) -> Option<IdToken> {
        let named = self.starts.iter().rev().find(|start| start.begins.number == Some(number));
        named.map(|start| start.begins.token.clone())
    }

    /// When the station was asked to begin with this token. One that repeats the request's number may do so late.
    fn of(&self, token: &IdToken, at: Timestamp, number: Option<i64>) -> Option<Timestamp> {
        let is_it = |start: &&Start| {
            let is_in_time = at.duration_since(start.at) <= PATIENCE && start.at.duration_since(at) <= BEHIND;
            let is_named = number.is_some() && start.begins.number == number;
            start.begins.token.is_shown_as(token) && (is_in_time || is_named)
        };
        self.starts.iter().rev().find(is_it).map(|start| start.at)
    }
}

impl StationTask {
    /// A start that would be refused when the station begins, or is in somebody's way, is not sent. With a token that nobody has
    /// entered it is: whoever orders that vouches for it.
    pub(crate) async fn check_start(&mut self, command: &Command) -> Result<(), CommandRefused> {
        let Command::Start { token, evse, connector, .. } = command else { return Ok(()) };
        let record = self.record_of(token).await;
        let record = record.map_err(|error| CommandRefused::NotStored(error.to_string()))?;
        let group = record.as_ref().and_then(|record| record.group.as_deref());
        let now = self.ports.clock.now();
        // A station may let anybody in whom we send.
        if let Some(reserved) = self.station.place_denied(Guest { token, group, evse: *evse }, now) {
            return Err(CommandRefused::Reserved(reserved));
        }
        let Some(record) = record else { return Ok(()) };
        if self.is_master_pass(record.group.as_deref()) {
            let why = "it is of the master pass group, which begins no transactions (OCPP 2.0.1, C12.FR.09)";
            return Err(CommandRefused::Token(why.to_owned()));
        }
        if self.status_on_record(Some(&record), now) == AuthorizationStatus::Accepted {
            return Ok(());
        }
        // A policy may let it charge all the same.
        let question =
            Question { evse: evse.unwrap_or(0), connector: connector.unwrap_or(0), ..Question::of_tap(token, None) };
        let Admission { info, .. } = self.admit_known(question, 0, now).await;
        match info.status {
            AuthorizationStatus::Accepted => Ok(()),
            refused => Err(CommandRefused::Token(format!("it is {}: the start would be refused", refused.as_str()))),
        }
    }

    /// A transaction that begins by a request of ours need not show its token (OCPP 2.0.1, F01 and F02: idToken is optional in a
    /// TransactionEvent). Until it has one that is accepted, it has that of the request which it names.
    pub(crate) async fn as_ordered(&mut self, inbound: &Inbound) -> Option<Inbound> {
        let StationEvent::Charging(ChargingEvent::Transaction(event)) = &inbound.event else { return None };
        let number = event.remote_start.filter(|_| event.token.is_none() && self.may_take_token(event))?;
        self.read_orders().await;
        let token = Some(self.ordered.token_of(number)?);
        let event = TransactionEvent { token, ..event.clone() };
        Some(Inbound { event: StationEvent::Charging(ChargingEvent::Transaction(event)), ..inbound.clone() })
    }

    fn may_take_token(&self, event: &TransactionEvent) -> bool {
        let is_named = |session: &&Session| Some(&session.transaction) == event.transaction.as_ref();
        let latest = self.station.sessions.iter().rev().map(AsRef::as_ref).find(is_named);
        match event.phase {
            Phase::Started => true,
            Phase::Updated => {
                latest.is_none_or(|known| known.state != SessionState::Ended && !known.has_accepted_token())
            }
            Phase::Ended => false,
        }
    }

    async fn read_orders(&mut self) {
        if self.ordered.is_read {
            return;
        }
        match self.ports.store.latest_exchanges(&self.station.record.id, LOOKED_AT).await {
            Ok(latest) => self.ordered.read(&latest),
            Err(error) => {
                let what = "whether a start with this token was ordered cannot be read; the token is refused";
                self.trouble(what, &error);
            }
        }
    }

    /// A token that nobody knows, but the station was asked to begin with it, and has not done so yet.
    pub(crate) async fn is_ordered(&mut self, shown: &Shown, now: Timestamp) -> bool {
        self.read_orders().await;
        let Shown { token, at, remote_start } = shown;
        let at = at.map_or(now, |at| at.min(now));
        self.ordered.of(token, at, *remote_start).is_some_and(|asked| !self.has_begun(token, asked))
    }

    fn has_begun(&self, token: &IdToken, since: Timestamp) -> bool {
        let is_later = |session: &Session| session.id.heard_at() >= since;
        self.station.sessions.iter().any(|session| session.knows(token) && is_later(session))
    }
}

/// Who shows no token is told of none, but what its driver is to read; where the transaction was refused, it is told to stop.
pub(crate) fn as_shown(reply: Reply, inbound: &Inbound) -> Reply {
    match (reply, &inbound.event) {
        (Reply::Transaction(reply), StationEvent::Charging(ChargingEvent::Transaction(event)))
            if event.token.is_none() =>
        {
            let read = reply.token.and_then(|token| token.message);
            Reply::Transaction(TransactionReply { token: None, news: reply.news.or(read), ..reply })
        }
        (reply, _) => reply,
    }
}

/// As the station said it.
pub(crate) struct Shown {
    pub(crate) token: IdToken,
    pub(crate) at: Option<Timestamp>,
    pub(crate) remote_start: Option<i64>,
}
