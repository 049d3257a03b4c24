//! Which numbers our charging profiles have at a station (OCPP 2.1, K01.FR.80).

use amprule_domain::command::{Command, Exchange, Origin, Wanted};
use amprule_domain::holding::{Holding, Kind};
use amprule_domain::smart_charging::numbers::{bound, bound_at};

use crate::station::StationTask;

/// Those of which the standard says that they may keep numbers for others.
const V21: &str = "ocpp2.1";

impl StationTask {
    /// Before it hears of a limit a station is asked which numbers are not ours; once while it is in memory, if it does not say.
    pub(crate) async fn ask_for_numbers(&mut self, exchange: &Exchange) {
        let is_meant = exchange.command.profile_number().is_some() && !self.has_asked_numbers;
        if !is_meant || self.station.reported.identity.protocol.as_deref() != Some(V21) {
            return;
        }
        let place = bound_at();
        if self.held(Kind::Variable, &place.key()).await.is_some() {
            return;
        }
        self.has_asked_numbers = true;
        let (id, now) = (self.ports.ids.command(), self.ports.clock.now());
        let command = Command::GetVariables { variables: vec![Wanted { place, attribute: None }] };
        let station = exchange.station.clone();
        let asking = Exchange::queue(id, station, command, Origin::Server, exchange.expires_at, now);
        if let Err(error) = self.store(asking).await {
            self.trouble("which numbers a station keeps from us could not be asked; it may refuse a limit", &error);
        }
    }

    /// As it is sent: by what is known of the station by then.
    pub(crate) async fn numbered(&mut self, command: &Command) -> Command {
        let command = command.clone();
        let Some(number) = command.profile_number() else { return command };
        let variable = self.held(Kind::Variable, &bound_at().key()).await;
        let Some(bound) = variable.and_then(|variable| bound(&variable.body)) else { return command };
        let held = self.held(Kind::Profile, &number.to_string()).await;
        command.numbered_above(bound, held.as_ref().map(|held| &held.body))
    }

    /// What cannot be read counts as not there: the station refuses what does not suit it.
    async fn held(&mut self, kind: Kind, key: &str) -> Option<Holding> {
        let held = self.ports.store.holding(&self.station.record.id, kind, key).await;
        held.inspect_err(|error| self.trouble("what a station holds cannot be read; a limit may be refused", error))
            .ok()?
    }
}
