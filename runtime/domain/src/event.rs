//! What a station tells us, in the words of OCPP 2.x, whatever version it spoke.

use crate::mark::Mark;
use crate::signed::SignedValue;

pub use crate::availability::{ConnectorStatus, VendorWord};
pub use crate::blocks::StationEvent;
pub use crate::charging::{ChargingEvent, ChargingState, MeterValues, Naming, Phase, TransactionEvent, Whereabouts};
pub use crate::cost::{Assignment, CostEvent, OwnCost, Settled, Settlement, ToldMoney};
pub use crate::data_transfer::DataTransfer;
pub use crate::diagnostics::{DiagnosticsEvent, Monitor, StreamedValue, VariableEvent};
pub use crate::display::DisplayEvent;
pub use crate::firmware::FirmwareEvent;
pub use crate::grid::GridEvent;
pub use crate::local_list::{Entry, LocalListEvent};
pub use crate::provisioning::{Boot, NewPassword, ProvisioningEvent, ReportPart, ReportedPower};
pub use crate::reservation::{Reservation, ReservationEvent};
pub use crate::security::{Certificate, SecurityEvent};
pub use crate::smart_charging::{Criteria, Needs, SmartChargingEvent};

/// One message of a station, decoded and repaired.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// The message's id on the wire.
    pub id: Box<str>,
    /// The action as the wire names it.
    pub action: &'static str,
    pub event: StationEvent,
    pub repetition: Repetition,
    /// Its answer says what the session costs so far.
    pub tells_cost: bool,
    /// What had to be repaired to understand it.
    pub marks: Vec<Mark>,
    /// What meters have signed, which nobody reads.
    pub signed: Vec<SignedValue>,
    /// The payload as it came.
    pub raw: Box<str>,
}

/// What it means when a message comes again word for word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// Another question: it is answered by how things are then.
    Anew,
    /// The same message: it has its first answer, and no second effect.
    Same,
}
