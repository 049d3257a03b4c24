//! Passwords that stations take from us (OCPP 2.0.1, A01): the new one counts from then on, the one before until the new one
//! was shown.

use amprule_domain::effect::Effect;
use amprule_domain::event::{NewPassword, ProvisioningEvent, StationEvent};
use amprule_domain::station::StationRecord;
use serde_json::json;

use crate::station::StationTask;

/// In the place of the hash of a password before, where there was none: the station may come without one until then.
pub(crate) const NO_PASSWORD: &str = "";

impl StationTask {
    pub(crate) async fn take_password(&mut self, event: &StationEvent) {
        let StationEvent::Provisioning(ProvisioningEvent::PasswordTaken(password, _)) = event else { return };
        let record = self.with_password(password);
        self.write_record(
            record,
            "a station's new password could not be stored: it is taken as unknown when it comes back",
        )
        .await;
        self.tell("station.password-changed", json!({}));
    }

    pub(crate) async fn password_shown(&mut self) {
        if self.station.record.former_password_hash.is_some() {
            let record = StationRecord { former_password_hash: None, ..self.station.record.clone() };
            self.write_record(record, "that a station uses its new password could not be stored").await;
        }
    }

    /// The one before stays the first of several that were taken and never shown.
    fn with_password(&self, password: &NewPassword) -> StationRecord {
        let record = self.station.record.clone();
        let former = record.former_password_hash.or(record.password_hash).unwrap_or_else(|| NO_PASSWORD.to_owned());
        StationRecord {
            password_hash: Some((self.ports.hash_password)(password)),
            former_password_hash: Some(former),
            ..self.station.record.clone()
        }
    }

    async fn write_record(&mut self, record: StationRecord, failed: &'static str) {
        match self.ports.store.commit(vec![Effect::Station(Box::new(record.clone()))]).await {
            Ok(()) => self.station.record = record,
            Err(error) => self.trouble(failed, &error),
        }
    }
}
