//! What sites need of the house.

use std::collections::BTreeSet;
use std::sync::Arc;

use amprule_domain::command::{Command, Exchange};
use amprule_domain::doors::{SiteBooks, StoreResult};
use amprule_domain::load::MeterReading;
use amprule_domain::notice::Notice;
use amprule_domain::ports::{BoxFuture, Clock, Hooks};
use amprule_domain::session::Session;
use amprule_domain::{CommandId, StationId, Timestamp, TransactionId};
use serde_json::Value;
use tokio::sync::broadcast;

use crate::seats::Seats;

pub struct House {
    pub stations: Arc<dyn Stations>,
    pub meters: Arc<dyn Meters>,
    pub hooks: Arc<dyn Hooks>,
    pub books: Arc<dyn SiteBooks>,
    pub clock: Arc<dyn Clock>,
    pub seats: Arc<Seats>,
}

/// The stations of this server, whatever they speak.
pub trait Stations: Send + Sync {
    fn is_connected(&self, station: &StationId) -> bool;
    /// Hardware without OCPP: it switches to the phases that a limit names.
    fn is_device(&self, station: &StationId) -> bool;
    /// The EVSEs that it has told of. `None`: no station of this name has ever come, and no device has it.
    fn evses<'a>(&'a self, station: &'a StationId) -> BoxFuture<'a, StoreResult<Option<BTreeSet<u32>>>>;
    /// Those that are open.
    fn sessions<'a>(&'a self, station: &'a StationId) -> BoxFuture<'a, StoreResult<Vec<Session>>>;
    /// Queues a command for the good of this site. The error says why nothing is queued.
    fn order<'a>(
        &'a self,
        station: &'a StationId,
        command: Command,
        site: &'a str,
        expires_at: Timestamp,
    ) -> BoxFuture<'a, Result<CommandId, String>>;
    /// Queues a command because a car has told what it needs.
    fn order_for_car<'a>(
        &'a self,
        station: &'a StationId,
        command: Command,
        expires_at: Timestamp,
    ) -> BoxFuture<'a, Result<CommandId, String>>;
    /// The most that this EVSE can deliver, W. `None`: nobody has said it.
    fn power_w<'a>(&'a self, station: &'a StationId, evse: u32) -> BoxFuture<'a, StoreResult<Option<i64>>>;
    /// With how many phases of alternating current this EVSE is connected, 1 to 3. `None`: its station has not said it.
    fn phases<'a>(&'a self, station: &'a StationId, evse: u32) -> BoxFuture<'a, StoreResult<Option<u8>>>;
    /// Whether somebody has said what each transaction that begins there may draw.
    fn has_default<'a>(&'a self, station: &'a StationId, evse: u32) -> BoxFuture<'a, StoreResult<bool>>;
    /// SetChargingProfile with what was said last for this transaction, or for each one there. `None`: nothing of ours stands there.
    fn said_again<'a>(
        &'a self,
        station: &'a StationId,
        evse: u32,
        transaction: &'a TransactionId,
    ) -> BoxFuture<'a, StoreResult<Option<Value>>>;
    /// Commands of a station that are not over.
    fn open_exchanges<'a>(&'a self, station: &'a StationId) -> BoxFuture<'a, StoreResult<Vec<Exchange>>>;
    fn exchange(&self, id: CommandId) -> BoxFuture<'_, StoreResult<Option<Exchange>>>;
    /// What happens at stations.
    fn notices(&self) -> broadcast::Receiver<Arc<Notice>>;
}

/// Devices that measure.
pub trait Meters: Send + Sync {
    /// What it showed last. The error says why there is nothing.
    fn read(&self, device: &str) -> Result<MeterReading, String>;
}
