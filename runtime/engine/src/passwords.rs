//! Passwords that stations take from us (OCPP 2.0.1, A01). What was told may have been taken though no answer came, and what was
//! taken may be lost: until the station shows the newest that it was told, those before are let in, too. From then on they are not.

use amprule_domain::command::{Command, CommandAnswer, Exchange, Verdict};
use amprule_domain::effect::Effect;
use amprule_domain::event::{NewPassword, ProvisioningEvent, StationEvent};
use amprule_domain::station::StationRecord;
use serde_json::json;

use crate::station::StationTask;

/// In the place of a hash, where there was no password: the station may come without one.
pub(crate) const NO_PASSWORD: &str = "";
/// Others that are let in. With one more the oldest is not any more.
const OTHERS_MAX: usize = 4;

/// Words by which a station says that it has not changed anything (2.x SetVariableStatusEnumType; 1.6, 7.22), or does not know the request.
const REFUSALS: [&str; 6] =
    ["Rejected", "UnknownComponent", "UnknownVariable", "NotSupportedAttributeType", "NotSupported", "NotImplemented"];

impl StationTask {
    /// It is about to be told: from now on it may come with it. False: that could not be written down, and it is not told.
    pub(crate) async fn tell_password(&mut self, command: &Command) -> bool {
        let Some(told) = self.hash_told(command) else { return true };
        let mut record = self.station.record.clone();
        if record.password_hash.is_none() {
            // It counts from when it is taken; until then none does.
            return true;
        }
        if record.told_password_hashes.contains(&told) {
            self.told_again = Some(told.clone());
        }
        add(&mut record.told_password_hashes, told);
        self.write_record(record, "a password that a station is told could not be stored, and is not told").await
    }

    /// It was told once and has refused it in the standard's own words: nobody comes with it. Told twice, or answered by something
    /// else, it may have taken it.
    pub(crate) async fn password_answered(&mut self, exchange: &Exchange, answer: &CommandAnswer) {
        let is_said = REFUSALS.iter().any(|word| word.eq_ignore_ascii_case(&answer.status));
        let is_refused = answer.verdict == Verdict::Refused && is_said && exchange.tries <= 1;
        if let Some(told) = self.hash_told(&exchange.command).filter(|_| is_refused) {
            self.password_refused(&told).await;
        }
    }

    /// It was not said at all.
    pub(crate) async fn password_not_told(&mut self, command: &Command) {
        if let Some(told) = self.hash_told(command) {
            self.password_refused(&told).await;
        }
    }

    async fn password_refused(&mut self, told: &String) {
        // It may have been taken the first time.
        let was_told_before = self.told_again.as_ref() == Some(told);
        if !was_told_before && self.station.record.told_password_hashes.contains(told) {
            let mut record = self.station.record.clone();
            record.told_password_hashes.retain(|other| other != told);
            self.write_record(record, "that a station refused a password could not be stored").await;
        }
    }

    fn hash_told(&self, command: &Command) -> Option<String> {
        let Command::Password { password } = command else { return None };
        Some(self.hash_bytes(password))
    }

    /// It may show these bytes, or the digits that stand for them (1.6).
    fn hash_bytes(&self, password: &str) -> String {
        let digits = password.bytes().map(|byte| format!("{byte:02x}")).collect();
        (self.ports.hash_password)(&NewPassword { text: digits, is_key: true })
    }

    /// It counts from now on. What was told before it may be what the station shows until its next restart.
    pub(crate) async fn take_password(&mut self, event: &StationEvent) {
        let StationEvent::Provisioning(ProvisioningEvent::PasswordTaken(password, _)) = event else { return };
        let mut record = self.station.record.clone();
        let taken = (self.ports.hash_password)(password);
        let told = if password.is_key { taken.clone() } else { self.hash_bytes(&password.text) };
        let before = record.password_hash.replace(taken.clone()).unwrap_or_else(|| NO_PASSWORD.to_owned());
        add(&mut record.other_password_hashes, before);
        if let Some(at) = record.told_password_hashes.iter().position(|known| *known == told) {
            let earlier = record.told_password_hashes.drain(..=at).take(at);
            earlier.for_each(|earlier| add(&mut record.other_password_hashes, earlier));
        }
        record.other_password_hashes.retain(|other| *other != taken);
        self.write_record(record, "a station's new password could not be stored").await;
        self.tell("station.password-changed", json!({}));
    }

    /// It has come with this one. Those before it are not let in any more. One from before the one that counts changes nothing:
    /// the station may use the newer one from its next restart on.
    pub(crate) async fn password_shown(&mut self, hash: String) {
        let mut record = self.station.record.clone();
        if let Some(at) = record.told_password_hashes.iter().position(|told| *told == hash) {
            record.told_password_hashes.drain(..=at);
            record.password_hash = Some(hash.clone());
        }
        if record.password_hash.as_ref() != Some(&hash) {
            return;
        }
        record.other_password_hashes.clear();
        if record != self.station.record {
            self.write_record(record, "which password a station uses could not be stored").await;
        }
    }

    pub(crate) async fn write_record(&mut self, record: StationRecord, failed: &'static str) -> bool {
        match self.ports.store.commit(vec![Effect::Station(Box::new(record.clone()))]).await {
            Ok(()) => self.station.record = record,
            Err(error) => {
                self.trouble(failed, &error);
                return false;
            }
        }
        true
    }
}

fn add(others: &mut Vec<String>, hash: String) {
    others.retain(|other| *other != hash);
    if others.len() == OTHERS_MAX {
        others.remove(0);
    }
    others.push(hash);
}
