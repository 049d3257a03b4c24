//! Transactions that somebody at the operator's starts from afar: what their tokens are worth (OCPP 2.0.1, F01 and F02; 1.6, 5.11).

use amprule_domain::Timestamp;
use amprule_domain::command::{Command, Exchange};
use amprule_domain::refused::CommandRefused;
use amprule_domain::reply::AuthorizationStatus;
use amprule_domain::session::Session;
use amprule_domain::token::IdToken;
use jiff::SignedDuration;

use crate::station::StationTask;

/// The driver may be on the way: a plug is not waited for longer.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);
/// The station's latest commands, among which such a start is looked for.
const LOOKED_AT: usize = 64;

impl StationTask {
    /// A start whose token its own record refuses would only be refused again when the station begins. One that nobody has entered
    /// may be started with: whoever orders that vouches for it.
    pub(crate) async fn check_token(&mut self, exchange: &Exchange) -> Result<(), CommandRefused> {
        let Command::Start { token, .. } = &exchange.command else { return Ok(()) };
        let known = self.ports.store.token(&token.key()).await;
        let known = known.map_err(|error| CommandRefused::NotStored(error.to_string()))?;
        let Some(record) = known.filter(|known| IdToken::new(&*known.id_token, &*known.kind).is_shown_as(token)) else {
            return Ok(());
        };
        if self.is_master_pass(record.group.as_deref()) {
            let why = "it is of the master pass group, which begins no transactions (OCPP 2.0.1, C12.FR.09)";
            return Err(CommandRefused::Token(why.to_owned()));
        }
        match self.status_on_record(Some(&record), self.ports.clock.now()) {
            AuthorizationStatus::Accepted => Ok(()),
            refused => {
                Err(CommandRefused::Token(format!("its record says {}: the start would be refused", refused.as_str())))
            }
        }
    }

    /// A token that nobody knows, but the station was asked to begin with it, and has not done so yet.
    pub(crate) async fn is_ordered(&mut self, token: &IdToken, now: Timestamp) -> bool {
        let latest = match self.ports.store.latest_exchanges(&self.station.record.id, LOOKED_AT).await {
            Ok(latest) => latest,
            Err(error) => {
                self.trouble(
                    "whether a start with this token was ordered cannot be read; the token is refused",
                    &error,
                );
                return false;
            }
        };
        let since = now.checked_sub(PATIENCE).unwrap_or(Timestamp::MIN);
        let asked =
            latest.iter().filter(|exchange| exchange.was_begun_with(token)).find_map(|exchange| exchange.sent_at);
        asked.is_some_and(|at| at >= since && !self.has_begun(token, at))
    }

    fn has_begun(&self, token: &IdToken, since: Timestamp) -> bool {
        let is_later = |session: &Session| session.id.heard_at() >= since;
        self.station.sessions.iter().any(|session| session.knows(token) && is_later(session))
    }
}
