//! Why a call ended without an answer.

use amprule_domain::decision::{Fault, FaultClass};
use wasmtime::{PoolConcurrencyLimitError, Trap};

use crate::meter::Meter;
use crate::wasi::Denied;
use crate::wires::Strays;

/// Classifies what wasmtime reports. An error that is no trap comes from reading the guest's result.
pub(crate) fn classify(error: &wasmtime::Error, meter: &Meter) -> Fault {
    if error.is::<PoolConcurrencyLimitError>() {
        return Fault::new(FaultClass::HostIo, "all sandboxes are in use; more calls run at once than are configured");
    }
    if let Some(barred) = error.downcast_ref::<Denied>() {
        return Fault::new(FaultClass::Trap, barred.to_string());
    }
    if let Some(strays) = error.downcast_ref::<Strays>() {
        return Fault::new(FaultClass::GuestError, strays.to_string());
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Fault::new(FaultClass::Fuel, "the call used up its fuel"),
        Some(Trap::Interrupt) => Fault::new(FaultClass::Wall, "the call ran longer than its time limit"),
        _ if meter.denied => Fault::new(FaultClass::Memory, memory(meter)),
        Some(Trap::UnreachableCodeReached) => {
            Fault::new(FaultClass::Trap, "the plugin panicked or reached code that it holds for unreachable")
        }
        Some(trap) => Fault::new(FaultClass::Trap, trap.to_string()),
        None => Fault::new(
            FaultClass::InvalidOutput,
            format!("what the plugin handed over cannot be read: {}", error.root_cause()),
        ),
    }
}

pub(crate) fn invalid(path: &str, why: impl std::fmt::Display) -> Fault {
    Fault::new(FaultClass::InvalidOutput, format!("{path}: {why}"))
}

fn memory(meter: &Meter) -> String {
    format!("the call asked for more memory than its limit allows; it had {} KiB", meter.used() / 1024)
}
