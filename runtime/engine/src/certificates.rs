//! Certificates of stations: those that they show, and those that they want to be signed.

use amprule_domain::command::Command;
use amprule_domain::event::{Inbound, SecurityEvent, StationEvent};
use amprule_domain::holding::Kind;
use amprule_domain::reply::Reply;
use amprule_domain::security::{self, ClientCertificate, OF_VEHICLES, STATION};

use crate::station::StationTask;

/// A longer request is not read: the standard's has 5,500 characters at most.
const REQUEST_MAX: usize = 16 * 1024;

/// Has one way for certificates of the connection, and another for those of vehicles' side.
const TWO_WAYS: &str = "ocpp1.6";

impl StationTask {
    /// A certificate that is to be deleted goes the way that it came by: of the kind as which the station has listed it.
    pub(crate) async fn by_its_way(&mut self, command: Command) -> Command {
        let Some(hash) = security::deletes(&command).filter(|_| self.protocol() == TWO_WAYS) else { return command };
        for kind in OF_VEHICLES {
            let key = security::key(kind, &hash);
            match self.ports.store.holding(&self.station.record.id, Kind::Certificate, &key).await {
                Ok(Some(_)) => return security::deleting(kind, &hash),
                Ok(None) => {}
                Err(error) => {
                    self.trouble("which certificates a station has cannot be read; it may not find one", &error);
                }
            }
        }
        command
    }

    /// Written when it is another one than the last time: some stations come often.
    pub(crate) async fn certificate_shown(&mut self, shown: ClientCertificate) {
        let held = self.ports.store.holding(&self.station.record.id, Kind::Certificate, STATION).await;
        let in_use = held.ok().flatten().map(|mut held| held.body["inUse"].take());
        if in_use.as_ref().is_some_and(|in_use| shown.is(in_use)) {
            return self.tell("station.certificate-shown", in_use.unwrap_or_default());
        }
        self.learn(Some(Box::new(StationEvent::Security(SecurityEvent::Shown(shown))))).await;
    }

    /// A request for a certificate that is not to be signed has no effect but the log's. It is read on another thread: what is in it
    /// is somebody else's.
    pub(crate) async fn refuse_signing(&mut self, inbound: &Inbound) -> Option<Reply> {
        let StationEvent::Security(SecurityEvent::SigningRequest { csr, usage, .. }) = &inbound.event else {
            return None;
        };
        let id = &self.station.record.id;
        let judged = match csr.len() {
            0..=REQUEST_MAX => {
                let (ports, csr, usage) = (self.ports.clone(), csr.clone(), usage.clone());
                let names = self.station.record.certificate_names();
                let judging = move || (ports.check_signing)(&csr, usage.as_deref(), &names);
                tokio::task::spawn_blocking(judging).await.unwrap_or_else(|_| Err("it cannot be read".to_owned()))
            }
            length => Err(format!("the request has {length} bytes; at most {REQUEST_MAX} are read")),
        };
        let why = judged.err()?;
        self.shared.troubles.note("a certificate that a station wants is not signed", id, &why);
        Some(Reply::word("Rejected"))
    }
}
