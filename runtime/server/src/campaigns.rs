//! Firmware that a station could not fetch is ordered once more, as often as its operator wanted; but not from one that has
//! fetched it by itself meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;

use amprule_domain::command::{Command, Origin, Update};
use amprule_domain::doors::{Catalogue as _, Page, StoreResult};
use amprule_domain::holding::{HoldingFilter, Kind, Like};
use amprule_domain::notice::Notice;
use amprule_domain::ports::Clock as _;
use amprule_domain::{CommandId, StationId, Timestamp};
use amprule_engine::Engine;
use amprule_store::SqliteStore;
use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::environment::SystemClock;

const FAILED: &str = "DownloadFailed";
/// Words of a station that has the file.
const FETCHED: [&str; 5] = ["Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed"];
/// An order waits so long for its station. What failed longer ago, while the server was away, is left to its operator.
const EXPIRES: SignedDuration = SignedDuration::from_hours(24);

pub(crate) struct Campaigns {
    engine: Arc<Engine>,
    store: Arc<SqliteStore>,
}

impl Campaigns {
    pub(crate) fn begin(engine: Arc<Engine>, store: Arc<SqliteStore>) -> JoinHandle<()> {
        tokio::spawn(Self { engine, store }.run())
    }

    async fn run(self) {
        let mut notices = self.engine.subscribe();
        let mut looked = self.look_at_all().await;
        loop {
            if let Err(error) = looked {
                tracing::warn!(%error, "a firmware job could not be looked at; where its download has failed it is not ordered again");
            }
            looked = match notices.recv().await {
                Ok(notice) => self.hear(&notice).await,
                Err(RecvError::Lagged(_)) => self.look_at_all().await,
                Err(RecvError::Closed) => return,
            };
        }
    }

    async fn hear(&self, notice: &Notice) -> StoreResult<()> {
        let status = notice.data["status"].as_str().filter(|_| notice.kind == "station.firmware");
        match (&notice.station, status) {
            (Some(station), Some(FAILED)) => self.look_at(station).await,
            (Some(station), Some(status)) if FETCHED.contains(&status) => self.withdraw(station).await,
            _ => Ok(()),
        }
    }

    /// Some stations say that they failed at each of their own tries.
    async fn withdraw(&self, station: &StationId) -> StoreResult<()> {
        let waits = self.newest(station).await?.filter(|job| job["state"] == "ordered" && job["after"].is_string());
        if let Some(command) = waits.as_ref().and_then(command) {
            // One that is on its way already is the station's to judge.
            let _ = self.engine.withdraw(station, command).await;
        }
        Ok(())
    }

    async fn newest(&self, station: &StationId) -> StoreResult<Option<Value>> {
        let filter = HoldingFilter { kind: Kind::FirmwareJob, station: Some(station.clone()), find: None };
        let page = self.store.holdings(&filter, &Page { after: None, limit: 1 }).await?;
        Ok(page.items.into_iter().next().map(|(_, job)| job.body))
    }

    async fn look_at_all(&self) -> StoreResult<()> {
        let like = Like::default().with("status", FAILED).one_of("next", vec![Value::Null]);
        let filter = HoldingFilter { kind: Kind::FirmwareJob, station: None, find: None };
        let (mut stations, mut after) = (BTreeSet::new(), None);
        loop {
            let page = self.store.holdings_like(&filter, &like, &Page { after, limit: 1_000 }).await?;
            stations.extend(page.items.into_iter().map(|(station, _)| station));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for station in &stations {
            self.look_at(station).await?;
        }
        Ok(())
    }

    /// Only its newest job: whoever has ordered another since wants that one.
    async fn look_at(&self, station: &StationId) -> StoreResult<()> {
        let failed = self.newest(station).await?.filter(|job| job["status"] == FAILED && is_recent(job));
        let Some(command) = failed.as_ref().and_then(command) else { return Ok(()) };
        let exchange = self.store.exchange(command).await?;
        if let Some(Command::Firmware(update)) = exchange.map(|exchange| exchange.command) {
            self.order_again(station, &update).await;
        }
        Ok(())
    }

    async fn order_again(&self, station: &StationId, failed: &Update) {
        let Some(update) = failed.once_more() else { return };
        let now = SystemClock.now();
        let from = later(now, SignedDuration::from_secs(failed.again_after_s.into()));
        let update = Command::Firmware(Update { retrieve_at: from, ..update });
        let until = later(from, EXPIRES);
        let (file, left) = (&failed.file, failed.again - 1);
        match self.engine.order_from(station, update, Origin::Server, from, until).await {
            Ok(_) => {
                tracing::info!(%station, file, left, "the station could not fetch its firmware; it is told to once more");
            }
            Err(why) => {
                tracing::warn!(%station, file, "the station could not fetch its firmware, and is not told to once more: {why}");
            }
        }
    }
}

/// By which a job came about, if it was one of ours.
fn command(job: &Value) -> Option<CommandId> {
    job["command"].as_str()?.parse().ok()
}

fn is_recent(job: &Value) -> bool {
    let ended_at = job["endedAt"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    ended_at.is_some_and(|at| SystemClock.now().duration_since(at) < EXPIRES)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}
