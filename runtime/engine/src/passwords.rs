//! Passwords that stations take from us (OCPP 2.0.1, A01). What was told may have been taken though no answer came, and what was
//! taken may be lost: until the station shows the one that counts, the others are let in, too.

use amprule_domain::command::Command;
use amprule_domain::effect::Effect;
use amprule_domain::event::{NewPassword, ProvisioningEvent, StationEvent};
use amprule_domain::station::StationRecord;
use serde_json::json;

use crate::station::StationTask;

/// In the place of a hash, where there was no password: the station may come without one.
pub(crate) const NO_PASSWORD: &str = "";
/// Others that are let in. With one more the oldest is not any more.
const OTHERS_MAX: usize = 4;

impl StationTask {
    /// It is about to be told: from now on it may come with it. False: that could not be written down, and it is not told.
    pub(crate) async fn tell_password(&mut self, command: &Command) -> bool {
        let Command::Password { password } = command else { return true };
        // It may show these bytes, or the digits that stand for them (1.6).
        let digits = password.bytes().map(|byte| format!("{byte:02x}")).collect();
        let told = (self.ports.hash_password)(&NewPassword { text: digits, is_key: true });
        let mut record = self.station.record.clone();
        if record.password_hash.is_none() {
            // It counts from when it is taken; until then none does.
            return true;
        }
        add(&mut record.other_password_hashes, told);
        self.write_record(record, "a password that a station is told could not be stored, and is not told").await
    }

    pub(crate) async fn take_password(&mut self, event: &StationEvent) {
        let StationEvent::Provisioning(ProvisioningEvent::PasswordTaken(password, _)) = event else { return };
        let record = self.counting((self.ports.hash_password)(password));
        self.write_record(record, "a station's new password could not be stored").await;
        self.tell("station.password-changed", json!({}));
    }

    /// It has come with this one. Where it is the one that counts, no other does; where it is another, that counts from now on.
    pub(crate) async fn password_shown(&mut self, hash: String) {
        let record = match self.station.record.password_hash.as_ref() == Some(&hash) {
            true => StationRecord { other_password_hashes: Vec::new(), ..self.station.record.clone() },
            false => self.counting(hash),
        };
        self.write_record(record, "which password a station uses could not be stored").await;
    }

    fn counting(&self, hash: String) -> StationRecord {
        let mut record = self.station.record.clone();
        let before = record.password_hash.replace(hash.clone()).unwrap_or_else(|| NO_PASSWORD.to_owned());
        record.other_password_hashes.retain(|other| *other != hash);
        if before != hash {
            add(&mut record.other_password_hashes, before);
        }
        record
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
