//! What people and sites ask of a device's station.

use amprule_domain::command::{Command, CommandAnswer, Verdict};
use amprule_domain::event::Phase;
use amprule_domain::{Timestamp, TransactionId};

use super::{Said, VirtualStation};

impl VirtualStation {
    /// What the engine asks; the next turn brings it about.
    pub(crate) fn commanded(&mut self, command: &Command, now: Timestamp) -> CommandAnswer {
        match command {
            Command::Start { .. } if !self.is_operative => refused("the station is out of service"),
            Command::Start { token, evse, .. } if evse.is_none_or(|evse| evse == 1) && self.running.is_none() => {
                // As a card: a session whose token is refused would be one that costs something.
                self.show(token.clone());
                accepted()
            }
            Command::Start { .. } => refused("a session runs there, or there is no such EVSE"),
            Command::Stop { transaction } => match &self.running {
                Some(running) if running.transaction == *transaction => {
                    self.end("Remote", now);
                    accepted()
                }
                _ => refused("there is no such session"),
            },
            Command::Limit { evse, transaction, most, phases, .. } if *evse <= 1 => {
                let is_of_session =
                    |name: &TransactionId| self.running.as_ref().is_some_and(|running| running.transaction == *name);
                if transaction.as_ref().is_some_and(|name| !is_of_session(name)) {
                    return refused("there is no such session");
                }
                if let Some(phases) = phases
                    && let Err(why) = self.switch_phases(*phases, now)
                {
                    return refused(&why);
                }
                match transaction {
                    Some(_) => self.session_limit = Some(*most),
                    None => self.limit = Some(*most),
                }
                accepted()
            }
            Command::Availability { is_operative, .. } => {
                self.is_operative = *is_operative;
                if let Some(last) = self.last.clone() {
                    self.say(Said::status(&last, self.is_operative, now));
                }
                // A session that runs is not cut off (OCPP 2.0.1, G03.FR.05).
                match self.running.is_some() && !is_operative {
                    true => answer(Verdict::Scheduled, "Scheduled", None),
                    false => accepted(),
                }
            }
            Command::Trigger { .. } => {
                match &self.running {
                    Some(_) => self.tell(Phase::Updated, now, |_| {}),
                    None => {
                        let status = self.last.as_ref().map(|last| Said::status(last, self.is_operative, now));
                        status.into_iter().for_each(|status| self.say(status));
                    }
                }
                accepted()
            }
            // Whoever wants the cable ends the session (OCPP 1.6, 5.18).
            Command::Unlock { evse, .. } if self.can.unlocks && *evse <= 1 => {
                if self.running.is_some() {
                    self.end("Remote", now);
                }
                self.unlocking = Some(now);
                accepted()
            }
            Command::Unlock { .. } if !self.can.unlocks => refused("its driver cannot unlock"),
            Command::Limit { .. } | Command::Unlock { .. } => refused("it has no such EVSE: 1 is its only one"),
            Command::Reset { .. }
            | Command::Report { .. }
            | Command::SetVariables { .. }
            | Command::Password { .. }
            | Command::SecurityProfile(_)
            | Command::Move(_)
            | Command::CertificateSigned { .. }
            | Command::ClearLimits { .. }
            | Command::SendLocalList { .. }
            | Command::LocalListVersion
            | Command::GetVariables { .. }
            | Command::Firmware(_)
            | Command::Log(_)
            | Command::Price(_)
            | Command::Request { .. } => refused("the device has no such thing"),
        }
    }

    fn switch_phases(&mut self, phases: u8, now: Timestamp) -> Result<(), String> {
        match self.can.switches_phases {
            true => self.phases.want(phases, now),
            false => Err("its driver cannot switch phases".to_owned()),
        }
    }
}

fn accepted() -> CommandAnswer {
    answer(Verdict::Accepted, "Accepted", None)
}

fn refused(why: &str) -> CommandAnswer {
    answer(Verdict::Refused, "Rejected", Some(why.to_owned()))
}

fn answer(verdict: Verdict, status: &str, reason: Option<String>) -> CommandAnswer {
    CommandAnswer { verdict, status: status.to_owned(), reason, transaction: None, body: None, odd: None }
}
