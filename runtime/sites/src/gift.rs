//! One EVSE is told what it may draw where no site shares it out: all that its cable bears.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::command::{Command, Exchange, Origin};
use amprule_domain::load::{Allowed, Answered, Limited};
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
    /// No other EVSE of its station waits, or is in a site.
    pub(crate) is_alone: bool,
    /// What begins there has it back already.
    pub(crate) is_standing_given: bool,
}

/// What has come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freed {
    Done,
    Refused,
    /// What begins there has it back; the session that runs has refused.
    SessionRefused,
    /// It could not be told yet, or has not said what it does.
    Nothing,
    /// It is in a site again, or something else is to be given back by now.
    NotOurs,
}

impl Gift {
    /// The session that runs there, and then all that begin.
    pub(crate) async fn give(self) -> Freed {
        let Limited { station, evse, .. } = &self.limited;
        let Ok(sessions) = self.house.stations.sessions(station).await else { return Freed::Nothing };
        let is_there = |session: &Session| session.evse == *evse || (session.evse == 0 && self.is_alone);
        let mut refused = false;
        for session in sessions.into_iter().filter(is_there) {
            match self.tell(Some(session.transaction)).await {
                Freed::Done => {}
                Freed::Refused => refused = true,
                other => return other,
            }
        }
        let standing = if self.is_standing_given { Freed::Done } else { self.tell(None).await };
        // It may have ended meanwhile: then nothing is left to be told next time.
        if standing == Freed::Done && refused { Freed::SessionRefused } else { standing }
    }

    async fn tell(&self, transaction: Option<TransactionId>) -> Freed {
        let all = self.limited.given_back(transaction.as_ref());
        if all.is_empty() {
            return Freed::Done;
        }
        for allowed in all {
            let id = match self.order(transaction.clone(), allowed).await {
                Ok(id) => id,
                Err(freed) => return freed,
            };
            match self.outcome(id).await {
                Answered::Accepted => return Freed::Done,
                Answered::Refused => {}
                Answered::Unsent | Answered::Unanswered => return Freed::Nothing,
            }
        }
        Freed::Refused
    }

    /// The error: why not, or not yet.
    async fn order(&self, transaction: Option<TransactionId>, allowed: Allowed) -> Result<CommandId, Freed> {
        let Limited { station, evse, site, .. } = &self.limited;
        let turn = self.ledger.frees(&place(&self.limited)).await;
        let _turn = turn.filter(|stands| stands.as_ref() == Some(&self.limited)).ok_or(Freed::NotOurs)?;
        let open = self.house.stations.open_exchanges(station).await.map_err(|_| Freed::Nothing)?;
        if open.iter().any(|exchange| is_of_operator(exchange, *evse, transaction.as_ref())) {
            // Ours would take its place; and if it is accepted, it stands.
            return Err(Freed::Nothing);
        }
        let Allowed { most, phases } = allowed;
        let command = Command::Limit { evse: *evse, transaction, most, phases, above: 0 };
        let expires_at = self.house.clock.now().checked_add(EXPIRES).map_err(|_| Freed::Nothing)?;
        self.house.stations.order(station, command, site, expires_at).await.map_err(|_| Freed::Nothing)
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

/// An operator limits this transaction, or all that charges at this EVSE.
fn is_of_operator(exchange: &Exchange, at: u32, of: Option<&TransactionId>) -> bool {
    let is_it = match &exchange.command {
        Command::Limit { evse, transaction: None, .. } => *evse == at,
        Command::Limit { transaction, .. } => transaction.as_ref() == of,
        _ => false,
    };
    is_it && exchange.origin == Origin::Operator
}
