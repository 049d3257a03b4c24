//! What happens at stations, and what of it is a site's.

use amprule_domain::command::{Command, Exchange, ExchangeState, Origin, Verdict};
use amprule_domain::load::{Answered, Flow, Seen, SeenSession};
use amprule_domain::notice::Notice;
use amprule_domain::pricing::TokenFacts;
use amprule_domain::session::Session;
use amprule_domain::{StationId, contract::Contract};
use serde_json::Value;

use crate::plans;
use crate::rounds::Rounds;

impl Rounds {
    /// True: the site is to be looked at.
    pub(crate) async fn hear(&mut self, notice: &Notice) -> bool {
        let Some(station) = notice.station.as_ref().filter(|station| !self.steering.of(station).is_empty()) else {
            return false;
        };
        match notice.kind {
            "session.metered" => {
                if let Some(session) = notice.session {
                    self.steering.flows(session, flow(notice), self.house.clock.now());
                }
                false
            }
            "command.ended" => self.command_ended(station, notice).await,
            // It is told what it may draw once it has told what it needs (OCPP 2.0.1, K15.FR.08), whatever it was told before.
            "station.charging-needs" => match notice.data.get("evse").and_then(Value::as_u64).map(u32::try_from) {
                Some(Ok(evse)) => self.steering.limited_by_others(station, evse),
                _ => false,
            },
            "station.charging-schedule" => match plans::to_renegotiate(notice) {
                Some(evse) => self.steering.limited_by_others(station, evse),
                None => false,
            },
            "station.booted" => {
                self.steering.booted(station);
                self.refresh(station).await
            }
            "station.connected" | "station.disconnected" => self.refresh(station).await,
            kind if kind.starts_with("session.") => self.refresh(station).await,
            _ => false,
        }
    }

    async fn command_ended(&mut self, station: &StationId, notice: &Notice) -> bool {
        let Some(id) = notice.data.get("command").and_then(Value::as_str).and_then(|id| id.parse().ok()) else {
            return false;
        };
        if self.open.contains_key(&id) {
            return self.settle(id).await;
        }
        let ours = Origin::Site(self.steering.site().id.clone());
        match self.house.stations.exchange(id).await.ok().flatten() {
            Some(Exchange { command: Command::Limit { evse, .. }, origin, .. }) if origin != ours => {
                self.steering.limited_by_others(station, evse)
            }
            // By its name: what it means for which EVSE is the station's to know.
            Some(Exchange { command: Command::Request { action, .. }, .. })
                if ["SetChargingProfile", "ClearChargingProfile"].contains(&action.as_str()) =>
            {
                self.steering.limited_by_others(station, 0)
            }
            // One in this site's name that is not open was given back, at an EVSE that it has no more.
            _ => false,
        }
    }

    pub(crate) async fn refresh_all(&mut self) {
        let stations: Vec<StationId> = self.steering.site().stations().into_keys().cloned().collect();
        for station in stations {
            self.refresh(&station).await;
        }
    }

    async fn refresh(&mut self, station: &StationId) -> bool {
        let is_connected = self.house.stations.is_connected(station);
        let sessions = match self.house.stations.sessions(station).await {
            Ok(sessions) => sessions,
            Err(error) => {
                tracing::warn!(site = self.steering.site().id, %station, %error, "its sessions cannot be read");
                return false;
            }
        };
        let evses = self.steering.of(station);
        let is_alone = evses.len() == 1;
        for at in evses {
            let number = self.steering.site().evses[at].evse;
            // A station that never said where a session is has it at its only EVSE.
            let is_there = |session: &&Session| session.evse == number || (session.evse == 0 && is_alone);
            let session = sessions.iter().filter(is_there).max_by_key(|session| session.no).map(seen);
            self.steering.see(at, Seen { is_connected, session });
        }
        true
    }
}

fn flow(notice: &Notice) -> Flow {
    let number = |name: &str| notice.data.get(name).and_then(Value::as_i64);
    let phases = notice.data.get("byPhaseMa");
    let by_phase_ma = std::array::from_fn(|at| phases.and_then(|phases| phases.get(at)).and_then(Value::as_i64));
    let read_at = notice.data.get("readAt").and_then(Value::as_str).and_then(|at| at.parse().ok());
    Flow { at: notice.at, read_at, power_w: number("powerW"), current_ma: number("currentMa"), by_phase_ma }
}

fn seen(session: &Session) -> SeenSession {
    SeenSession {
        session: session.id,
        transaction: session.transaction.clone(),
        started_at: session.started_at,
        energy: session.energy(),
        state: session.timeline.state,
        token: session.token.as_ref().map(|token| TokenFacts {
            kind: token.kind.clone(),
            group: session.token_group.clone(),
            provider: Contract::of(&token.kind, &token.id_token).map(|contract| contract.provider),
        }),
    }
}

/// `None`: it is not over.
pub(crate) fn outcome(exchange: Option<&Exchange>) -> Option<Answered> {
    let Some(exchange) = exchange else { return Some(Answered::Unanswered) };
    let verdict = exchange.answer.as_ref().map(|answer| answer.verdict);
    match exchange.state {
        ExchangeState::Queued | ExchangeState::Sent => None,
        ExchangeState::Answered if verdict == Some(Verdict::Refused) => Some(Answered::Refused),
        ExchangeState::Answered => Some(Answered::Accepted),
        ExchangeState::TimedOut => Some(Answered::Unanswered),
        // A station that has no words for it refuses it.
        ExchangeState::GivenUp if exchange.tries > 0 => Some(Answered::Refused),
        ExchangeState::GivenUp => Some(Answered::Unsent),
    }
}
