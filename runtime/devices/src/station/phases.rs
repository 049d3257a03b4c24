//! With how many phases it charges. Hardware is switched between one and three while nothing flows, and not too often.

use amprule_domain::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// From off to the switch, and from the switch to on: contactors and cars need it.
const REST: SignedDuration = SignedDuration::from_secs(10);
/// Between two changes: each of them wears a contactor out. What is not switched by then stays as it was.
const LASTS: SignedDuration = SignedDuration::from_secs(120);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Phases {
    /// `None`: as the hardware does by itself.
    wanted: Option<u8>,
    before: Option<u8>,
    since: Option<Timestamp>,
    /// The hardware was told, and took it.
    done: Option<Timestamp>,
}

impl Phases {
    /// The error says why not, for people.
    pub(super) fn want(&mut self, phases: u8, now: Timestamp) -> Result<(), String> {
        if phases != 1 && phases != 3 {
            return Err("it charges with one phase or with three".to_owned());
        }
        let holds = self.holds(now);
        if holds == Some(phases) {
            return Ok(());
        }
        if let Some(passed) = passed(self.since, now).filter(|passed| *passed < LASTS) {
            let (passed, left) = (passed.as_secs(), (LASTS - passed).as_secs());
            return Err(format!("its phases were switched {passed} s ago: ask again in {left} s"));
        }
        *self = Self { wanted: Some(phases), before: holds, since: Some(now), done: None };
        Ok(())
    }

    /// The hardware was told of so many while nothing might flow, and has taken it.
    pub(super) fn switched(&mut self, phases: Option<u8>, now: Timestamp) {
        if self.is_switching(now) && phases == self.wanted {
            self.done.get_or_insert(now);
        }
    }

    /// Nothing may flow now.
    pub(super) fn rests(&self, now: Timestamp) -> bool {
        match self.done {
            Some(_) => passed(self.done, now).is_some_and(|passed| passed < REST),
            None => self.is_switching(now),
        }
    }

    /// That the hardware is to have now.
    pub(super) fn told(&self, now: Timestamp) -> Option<u8> {
        let is_early = passed(self.since, now).is_some_and(|passed| passed < REST);
        if self.done.is_none() && is_early { self.before } else { self.holds(now) }
    }

    /// For which a limit is meant. What was not switched in time stays as it was.
    pub(super) fn holds(&self, now: Timestamp) -> Option<u8> {
        if self.done.is_some() || self.is_switching(now) { self.wanted } else { self.before }
    }

    fn is_switching(&self, now: Timestamp) -> bool {
        self.done.is_none() && passed(self.since, now).is_some_and(|passed| passed < LASTS)
    }
}

/// A clock that was set back makes nobody wait.
fn passed(since: Option<Timestamp>, now: Timestamp) -> Option<SignedDuration> {
    since.map(|since| now.duration_since(since)).filter(|passed| !passed.is_negative())
}
