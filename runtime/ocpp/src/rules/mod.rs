//! What the standard forbids the server to send, beyond the shape of it: by action, each rule with its clause.
//!
//! Only what the standard says is a rule here. What a station may not be able to do is its own to say.

mod customers;
mod der;
mod firmware;
mod local_list;
mod modes;
mod monitors;
mod places;
mod profiles;
mod schedules;
mod variables;

use amprule_domain::Timestamp;
use serde_json::Value;

use crate::dialect::Dialect;
use crate::shapes::CommandFault;
use crate::version::Version;

impl Dialect {
    /// Holds a request against its shape, and against what the standard forbids us. `now` is when it would be sent.
    ///
    /// # Errors
    /// The first fault, with its place and the clause of this version.
    pub fn check_order(self, action: &str, payload: &str, now: Timestamp) -> Result<(), CommandFault> {
        self.check_command(action, payload)?;
        let asked: Value = serde_json::from_str(payload).unwrap_or_default();
        let order = Order { version: self.version, asked: &asked, now };
        match action {
            "SetChargingProfile" => profiles::set(order),
            "RemoteStartTransaction" | "RequestStartTransaction" => {
                places::start(order)?;
                profiles::start(order)
            }
            "GetCompositeSchedule" => schedules::composite(order),
            "ReserveNow" => places::reserve(order),
            "UnlockConnector" => places::unlock(order),
            "TriggerMessage" | "ExtendedTriggerMessage" => places::trigger(order),
            "SendLocalList" => local_list::check(order),
            "SetDERControl" => der::set(order),
            "SetVariableMonitoring" => monitors::set(order),
            "SetMonitoringLevel" => monitors::level(order),
            "CustomerInformation" => customers::is_of_one(order),
            "UpdateFirmware" if !order.is_v16() => firmware::is_signed_by_somebody(order),
            "SetVariables" => variables::each_once(order, "setVariableData", "is set"),
            "GetVariables" => variables::each_once(order, "getVariableData", "is asked for"),
            _ => Ok(()),
        }
    }
}

type Verdict = Result<(), CommandFault>;

/// A request that has its shape.
#[derive(Clone, Copy)]
struct Order<'a> {
    version: Version,
    asked: &'a Value,
    now: Timestamp,
}

/// Where the standard says it.
struct Clause {
    /// A section of OCPP 1.6.
    v16: &'static str,
    /// A requirement or a type of 2.x.
    v2: &'static str,
}

const fn clause(v16: &'static str, v2: &'static str) -> Clause {
    Clause { v16, v2 }
}

impl Order<'_> {
    fn is_v16(self) -> bool {
        self.version == Version::V16
    }

    fn is_v21(self) -> bool {
        self.version == Version::V21
    }

    /// What 2.x calls an EVSE is a connector in 1.6.
    fn place(self) -> &'static str {
        if self.is_v16() { "connector" } else { "EVSE" }
    }

    /// The fault, with the clause of the version that is spoken.
    fn forbids(self, path: impl Into<String>, rule: impl AsRef<str>, clause: Clause) -> Verdict {
        let clause = if self.is_v16() { format!("OCPP 1.6, {}", clause.v16) } else { clause.v2.to_owned() };
        Err(CommandFault::Invalid { path: path.into(), message: format!("{} ({clause})", rule.as_ref()) })
    }
}

fn items<'a>(of: &'a Value, member: &str) -> &'a [Value] {
    of[member].as_array().map(Vec::as_slice).unwrap_or_default()
}
