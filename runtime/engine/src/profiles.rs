//! Security profiles that stations are moved to (OCPP 2.0.1, A05). From when a station was told it is let in with either; the one
//! that it shows counts, and never a lower one after it. One that is to leave for another system (B10) is let in as before.

use amprule_domain::command::{Command, CommandAnswer, Exchange, Next, Origin, ProfileChange, Step};
use amprule_domain::event::StationEvent;
use amprule_domain::refused::CommandRefused;
use amprule_domain::station::StationRecord;
use jiff::SignedDuration;
use serde_json::json;

use crate::station::StationTask;

/// So long a station is told its list of slots from before, when it has come back with the old profile.
const PUT_BACK: SignedDuration = SignedDuration::from_hours(1);

impl StationTask {
    /// It is about to be told: from now on it may come with the new one. False: that could not be written down, and it is not
    /// told.
    pub(crate) async fn tell_profile(&mut self, exchange: &Exchange) -> bool {
        let Some(change) = exchange.command.profile_change().filter(|change| change.tells()) else { return true };
        if self.station.record.next_profile == Some(change.profile) {
            return true;
        }
        let record = StationRecord { next_profile: Some(change.profile), ..self.station.record.clone() };
        let failed = "a security profile that a station is told could not be stored, and is not told";
        let is_written = self.write_record(record, failed).await;
        if is_written {
            self.tell_of_profile(change, "told", None);
        }
        is_written
    }

    pub(crate) async fn profile_answered(
        &mut self,
        exchange: Exchange,
        change: &ProfileChange,
        answer: CommandAnswer,
        told: Option<&StationEvent>,
    ) {
        let now = self.ports.clock.now();
        if self.has_profile(&exchange) {
            // It has come with it in the middle of the way.
            return self.go_on(exchange.came_about(now)).await;
        }
        match change.after(&answer, told) {
            Next::Came => self.go_on(exchange.came_about(now)).await,
            Next::Goes(next) => {
                self.go_on(exchange.steps_on(next, Some(answer), now)).await;
            }
            Next::Fails(why) => self.profile_failed(Exchange { answer: Some(answer), ..exchange }, &why).await,
        }
    }

    /// It has come with this one, while two were allowed.
    pub(crate) async fn profile_shown(&mut self, profile: u8) {
        let record = self.station.record.clone();
        let before = record.security_profile;
        let is_under_way = self.station.exchanges.iter().any(|known| known.is_open() && known.step().is_some());
        match record.next_profile {
            Some(next) if next == profile => {
                let record = StationRecord { security_profile: profile, next_profile: None, ..record };
                if !self.write_record(record, "which security profile a station uses could not be stored").await {
                    return;
                }
                tracing::info!(station = %self.station.record.id, profile, before, "the station has a new security profile");
                self.tell(
                    "station.security-profile",
                    json!({ "profile": profile, "before": before, "state": "changed" }),
                );
                self.look_at_exchanges().await;
            }
            // Nobody waits for the other one any more.
            Some(_) if !is_under_way => {
                let record = StationRecord { next_profile: None, ..record };
                self.write_record(record, "which security profile a station uses could not be stored").await;
            }
            _ => {}
        }
    }

    /// The station has come with the profile that this is about.
    pub(crate) fn has_profile(&self, exchange: &Exchange) -> bool {
        let record = &self.station.record;
        let wanted = exchange.command.profile_change().filter(|change| !change.leaves()).map(|change| change.profile);
        record.next_profile.is_none() && wanted == Some(record.security_profile) && exchange.tries > 0
    }

    /// It has started anew and is here with the old profile: it has tried the new one, or forgotten it.
    pub(crate) async fn profile_after_boot(&mut self) {
        if let Some(exchange) = self.returning() {
            if let Some(change) = exchange.command.profile_change().filter(|change| change.leaves()) {
                let asks = exchange.steps_on(change.at(Step::Active), None, self.ports.clock.now());
                return self.go_on(asks).await;
            }
            let why = format!(
                "the station has started anew and come back with security profile {}: it could not connect with the new one. Its \
                 log (GetLog) and its security events say more",
                self.station.record.security_profile
            );
            self.profile_failed(exchange, &why).await;
        }
    }

    /// Its time is over, and it is connected all the while, or has been back.
    pub(crate) async fn profile_overdue(&mut self) {
        let now = self.ports.clock.now();
        let is_back = |exchange: &&Exchange| exchange.is_open() && exchange.step() == Some(Step::Active);
        let back = self.station.exchanges.iter().find(is_back).cloned();
        let here = self.returning().filter(|_| self.link.is_some());
        if let Some(exchange) = back.or(here).filter(|exchange| exchange.has_expired(now)) {
            let profile = self.station.record.security_profile;
            let why = match exchange.step() {
                Some(Step::Active) => "the station has started anew and come back".to_owned(),
                _ if exchange.waits_for_leaving() => "the station is still connected here".to_owned(),
                _ => format!("the station is still connected with security profile {profile}"),
            };
            self.profile_failed(exchange, &why).await;
        }
    }

    /// The connection of a station that may be leaving has ended.
    pub(crate) async fn profile_away(&mut self) {
        let now = self.ports.clock.now();
        let leaving = self.station.exchanges.iter().find(|known| known.waits_for_leaving());
        if let Some(away) = leaving.map(|known| known.has_left(now)) {
            self.go_on(away).await;
        }
    }

    fn returning(&self) -> Option<Exchange> {
        self.station.exchanges.iter().find(|known| known.waits_for_return() && !self.has_profile(known)).cloned()
    }

    /// The record stays, and from now on the old profile alone counts.
    async fn profile_failed(&mut self, exchange: Exchange, why: &str) {
        self.allow_old_profile_alone().await;
        let now = self.ports.clock.now();
        self.go_on(exchange.given_up(why, now)).await;
        let Some(change) = exchange.command.profile_change() else { return };
        let (station, profile) = (&self.station.record.id, change.profile);
        if change.leaves() {
            tracing::warn!(%station, "the station does not move to the other system: {why}");
        } else {
            tracing::warn!(%station, profile, "the station does not get the new security profile: {why}");
            self.tell_of_profile(change, "failed", Some(why));
        }
        self.put_slots_back(change).await;
    }

    /// It does not come with the new one any more, as far as we are concerned.
    pub(crate) async fn allow_old_profile_alone(&mut self) {
        if self.station.record.next_profile.is_some() {
            let record = StationRecord { next_profile: None, ..self.station.record.clone() };
            self.write_record(record, "that a station keeps its security profile could not be stored").await;
        }
    }

    /// Who has been told to leave is told nothing else about his slots before that is over or withdrawn: his list is put back then.
    pub(crate) fn check_leaving(&self, command: &Command) -> Result<(), CommandRefused> {
        let is_leaving = |known: &&Exchange| {
            let change = known.command.profile_change().filter(|_| known.is_open());
            change.is_some_and(|change| change.leaves() && change.put_back().is_some())
        };
        let leaving = self.station.exchanges.iter().find(is_leaving).filter(|_| command.profile_change().is_some());
        leaving.map_or(Ok(()), |leaving| Err(CommandRefused::Leaving(leaving.id)))
    }

    /// It was to leave, and its time was over before it had been told all of it.
    pub(crate) async fn did_not_leave(&mut self, ended: &Exchange) {
        let is_late = !ended.is_open() && !ended.was_accepted() && ended.has_expired(self.ports.clock.now());
        if let Some(change) = ended.command.profile_change().filter(|change| is_late && change.leaves()) {
            self.put_slots_back(change).await;
        }
    }

    /// So that it does not go by itself later.
    pub(crate) async fn put_slots_back(&mut self, change: &ProfileChange) {
        let Some(command) = change.put_back() else { return };
        let (id, station, now) = (self.ports.ids.command(), self.station.record.id.clone(), self.ports.clock.now());
        let until = now.checked_add(PUT_BACK).ok();
        if let Err(error) = self.store(Exchange::queue(id, station, command, Origin::Server, until, now)).await {
            self.trouble("that a station gets its slots back could not be stored; set them by hand", &error);
        }
    }

    fn tell_of_profile(&self, change: &ProfileChange, state: &str, why: Option<&str>) {
        let before = self.station.record.security_profile;
        let data = json!({ "profile": change.profile, "before": before, "state": state, "why": why });
        self.tell("station.security-profile", data);
    }
}
