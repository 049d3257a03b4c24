//! Stations whose certificates are about to expire are asked to request others (OCPP 2.0.1, A02 and A03), and somebody is told
//! where that does not help.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::command::{Command, Trigger};
use amprule_domain::doors::{Catalogue, Page, StoreResult};
use amprule_domain::holding::{Holding, HoldingFilter, Kind};
use amprule_domain::notice::Notice;
use amprule_domain::ports::Clock;
use amprule_domain::renewal::{Due, due};
use amprule_domain::security::{STATION, VEHICLES, VEHICLES_20};
use amprule_domain::{StationId, Timestamp};
use amprule_engine::Engine;
use amprule_ocpp::Dialect;
use amprule_store::SqliteStore;
use jiff::SignedDuration;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::environment::SystemClock;

/// Between two looks at all certificates. That of a station which has just shown it is looked at then.
const EVERY: Duration = Duration::from_secs(3_600);
/// A station that is away hears of it when it is back; one that has not renewed its certificate is asked again the next day.
const ASKED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Between two words about one certificate that is not replaced.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Certificates of one page.
const PAGE: usize = 500;

pub(crate) fn begin(engine: Arc<Engine>, store: Arc<SqliteStore>, days: u32) -> JoinHandle<()> {
    tokio::spawn(Renewals { engine, store, days, told: BTreeMap::new() }.run())
}

struct Renewals {
    engine: Arc<Engine>,
    store: Arc<SqliteStore>,
    days: u32,
    /// When it was last told that a certificate is not replaced; what is older than a day is forgotten.
    told: BTreeMap<(StationId, &'static str), Timestamp>,
}

impl Renewals {
    async fn run(mut self) {
        let mut notices = self.engine.subscribe();
        let mut looks = tokio::time::interval(EVERY);
        loop {
            let looked = tokio::select! {
                _ = looks.tick() => self.look_at(None).await,
                notice = notices.recv() => match notice {
                    Ok(notice) if notice.kind == "station.certificate-shown" => {
                        self.look_at(notice.station.as_ref()).await
                    }
                    // Those that were missed are looked at within the hour.
                    Ok(_) | Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                },
            };
            if let Err(error) = looked {
                tracing::error!("which certificates of stations expire could not be read: {error}; it is tried again");
            }
        }
    }

    async fn look_at(&mut self, station: Option<&StationId>) -> StoreResult<()> {
        let now = SystemClock.now();
        self.told.retain(|_, told| now.duration_since(*told) < DAY);
        for kind in [STATION, VEHICLES, VEHICLES_20] {
            let filter =
                HoldingFilter { kind: Kind::Certificate, station: station.cloned(), find: Some(kind.to_owned()) };
            let mut page = Page { after: None, limit: PAGE };
            loop {
                let listed = self.store.holdings(&filter, &page).await?;
                for (station, holding) in listed.items.iter().filter(|(_, holding)| holding.key == kind) {
                    self.judge(station, kind, holding, now).await;
                }
                let Some(next) = listed.next else { break };
                page.after = Some(next);
            }
        }
        Ok(())
    }

    async fn judge(&mut self, station: &StationId, kind: &'static str, holding: &Holding, now: Timestamp) {
        let Some(due) = due(&holding.body, self.days, now) else { return };
        if !due.may_ask {
            if due.is_urgent {
                self.warn(station, kind, &due, now);
            }
            return;
        }
        let reported = self.engine.store().reported(station).await;
        let protocol = reported.ok().and_then(|reported| reported.identity.protocol).unwrap_or_default();
        let expires_at = now.checked_add(ASKED_FOR).unwrap_or(now);
        match self.engine.order_own(station, command(kind, &due, &protocol), expires_at).await {
            Ok(_) => {
                tracing::info!(%station, kind, expires = %due.expires_at, "the station is asked to renew its certificate");
            }
            Err(error) => {
                tracing::warn!(%station, kind, "the station could not be asked to renew its certificate: {error}");
            }
        }
    }

    fn warn(&mut self, station: &StationId, kind: &'static str, due: &Due, now: Timestamp) {
        if self.told.contains_key(&(station.clone(), kind)) {
            return;
        }
        self.told.insert((station.clone(), kind), now);
        let expires = due.expires_at;
        let so = match kind {
            STATION => "it has shown no other one: with profile 3 it is locked out then",
            _ => "it has taken no other one: cars that believe it by that certificate do not charge by themselves then",
        };
        tracing::warn!(
            %station, kind, %expires,
            "the station's certificate expires, and {so}. Its commands say what it answered; GetLog and its security events may say more"
        );
        let data = json!({ "kind": kind, "expiresAt": expires });
        let station = Some(station.clone());
        self.engine.tell(Notice {
            at: now,
            kind: "station.certificate-expiring",
            station,
            session: None,
            extension: None,
            data,
        });
    }
}

/// One certificate for both sides is asked for as such, where the station's version has a word for it.
fn command(kind: &str, due: &Due, protocol: &str) -> Command {
    let trigger = |message| Command::Trigger { message, evse: None, connector: None };
    let both = trigger(Trigger::SignCombinedCertificate);
    let can_say = || Dialect::from_subprotocol(protocol).is_some_and(|dialect| dialect.phrase(&both).is_some());
    match kind {
        VEHICLES => trigger(Trigger::SignV2gCertificate),
        VEHICLES_20 => trigger(Trigger::SignV2g20Certificate),
        _ if due.is_for_both && can_say() => both,
        _ => trigger(Trigger::SignCertificate),
    }
}
