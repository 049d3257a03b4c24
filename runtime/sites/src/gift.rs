//! One EVSE is told what it may draw where no site shares it out: all that its cable bears.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::command::{Command, Exchange, Most, Origin};
use amprule_domain::load::{Answered, Limited};
use amprule_domain::session::Session;
use amprule_domain::{CommandId, TransactionId};
use tokio::time::sleep;

use crate::heard::outcome;
use crate::house::House;
use crate::ledger::{Ledger, place};
use crate::rounds::EXPIRES;

/// What became of a command is looked for so often; it ends by itself.
const LOOKS: Duration = Duration::from_millis(250);

pub(crate) struct Gift {
    pub(crate) house: Arc<House>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) limited: Limited,
    /// No other EVSE of its station waits.
    pub(crate) is_alone: bool,
}

/// What has come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freed {
    Done,
    Refused,
    /// It could not be told, or has not said what it does.
    Nothing,
    /// It is in a site again, or somebody else has limited it.
    NotOurs,
}

impl Gift {
    /// The session that runs there, and then all that begin.
    pub(crate) async fn give(self) -> Freed {
        let Limited { station, evse, .. } = &self.limited;
        let Ok(open) = self.house.stations.open_exchanges(station).await else { return Freed::Nothing };
        if open.iter().any(|exchange| is_of_operator(exchange, *evse)) {
            // It would take that one's place; and if that is accepted, there is nothing to be given back.
            return Freed::Nothing;
        }
        let Ok(sessions) = self.house.stations.sessions(station).await else { return Freed::Nothing };
        let is_there = |session: &Session| session.evse == *evse || (session.evse == 0 && self.is_alone);
        let running = sessions.into_iter().filter(is_there).map(|session| Some(session.transaction));
        for transaction in running.chain([None]) {
            let is_of_session = transaction.is_some();
            match self.tell(transaction).await {
                Freed::Done => {}
                // It may have ended meanwhile, or never had a limit of its own.
                Freed::Refused if is_of_session => {}
                other => return other,
            }
        }
        Freed::Done
    }

    /// In amperes, and in watts where it takes none.
    async fn tell(&self, transaction: Option<TransactionId>) -> Freed {
        for most in [Most::DeciAmperes(self.limited.most_a.0), Most::Watts(self.limited.most_w)] {
            let Some(turn) = self.ledger.frees(&place(&self.limited)).await else { return Freed::NotOurs };
            let ordered = self.order(transaction.clone(), most).await;
            drop(turn);
            let Ok(id) = ordered else { return Freed::Nothing };
            match self.outcome(id).await {
                Answered::Accepted => return Freed::Done,
                Answered::Refused => {}
                Answered::Unsent | Answered::Unanswered => return Freed::Nothing,
            }
        }
        Freed::Refused
    }

    async fn order(&self, transaction: Option<TransactionId>, most: Most) -> Result<CommandId, String> {
        let Limited { station, evse, site, .. } = &self.limited;
        let command = Command::Limit { evse: *evse, transaction, most, phases: None };
        let expires_at = self.house.clock.now().checked_add(EXPIRES).map_err(|error| error.to_string())?;
        self.house.stations.order(station, command, site, expires_at).await
    }

    async fn outcome(&self, id: CommandId) -> Answered {
        loop {
            sleep(LOOKS).await;
            if let Ok(exchange) = self.house.stations.exchange(id).await
                && let Some(answered) = outcome(exchange.as_ref())
            {
                return answered;
            }
        }
    }
}

/// An operator limits all that charges at this EVSE.
pub(crate) fn is_of_operator(exchange: &Exchange, at: u32) -> bool {
    let is_it = matches!(exchange.command, Command::Limit { evse, transaction: None, .. } if evse == at);
    is_it && exchange.origin == Origin::Operator
}
