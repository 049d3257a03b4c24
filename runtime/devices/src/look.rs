//! One turn of a driver at real hardware, which it reads and does not switch.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::Timestamp;
use amprule_domain::decision::{Fault, FaultClass};
use amprule_domain::ports::BoxFuture;
use amprule_hooks::Version;
use amprule_hooks::driver::{
    self, HttpAsk, Message, ModbusRead, ModbusWrite, Observed, Publish, Shall, TopicAsk, WireProblem, Wires,
};
use amprule_wires::{Addresses, Buses, Urgency};
use parking_lot::Mutex;

use crate::seat;
use crate::tape::Ask;
use crate::wires::Granted;

/// What a turn came to.
#[derive(Debug)]
pub struct Look {
    pub seen: Observed,
    /// Of a meter, all that it showed.
    pub readings: Option<BTreeMap<String, String>>,
    /// What counts, and the hardware did not show: each with its reason.
    pub missing: Vec<String>,
    /// What it would have said, in its order.
    pub held_back: Vec<String>,
}

/// # Errors
/// Why the turn came to nothing.
pub async fn look(version: &Arc<Version>, wires: &Addresses, shall: Shall, now: Timestamp) -> Result<Look, Fault> {
    let driver = driver::of(version).ok_or_else(|| Fault::new(FaultClass::NotLoaded, "the unit drives no hardware"))?;
    let granted = seat::dialled(wires, &Buses::default());
    let granted = Granted { wires: &granted, urgency: Urgency::Poll };
    let wires = ReadOnly::before(&granted);
    let mut guest = driver.open(&version.parameters, None)?;
    let seen = guest.turn(shall, now, &wires).await?;
    let readings = driver.is_meter().then(|| guest.readings());
    Ok(Look { seen, readings, missing: guest.missing(), held_back: wires.held_back.into_inner() })
}

/// Reads go through; what would switch something is held back, and counts as done.
pub(crate) struct ReadOnly<'w> {
    wires: &'w dyn Wires,
    held_back: Mutex<Vec<String>>,
}

impl<'w> ReadOnly<'w> {
    pub(crate) fn before(wires: &'w dyn Wires) -> Self {
        Self { wires, held_back: Mutex::default() }
    }

    fn hold_back(&self, ask: &Ask) {
        self.held_back.lock().push(ask.to_string());
    }
}

impl Wires for ReadOnly<'_> {
    fn read<'a>(&'a self, wire: &'a str, read: ModbusRead) -> BoxFuture<'a, Result<Vec<u16>, WireProblem>> {
        self.wires.read(wire, read)
    }

    fn write<'a>(&'a self, _: &'a str, write: &'a ModbusWrite) -> BoxFuture<'a, Result<(), WireProblem>> {
        self.hold_back(&write.into());
        Box::pin(std::future::ready(Ok(())))
    }

    fn http<'a>(&'a self, wire: &'a str, ask: &'a HttpAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        if !ask.switches {
            return self.wires.http(wire, ask);
        }
        self.hold_back(&ask.into());
        Box::pin(std::future::ready(Ok(String::new())))
    }

    fn listen<'a>(&'a self, wire: &'a str, topics: &'a [String]) -> BoxFuture<'a, Result<(), WireProblem>> {
        self.wires.listen(wire, topics)
    }

    fn topic<'a>(&'a self, wire: &'a str, ask: &'a TopicAsk) -> BoxFuture<'a, Result<String, WireProblem>> {
        self.wires.topic(wire, ask)
    }

    fn publish<'a>(&'a self, wire: &'a str, publish: &'a Publish) -> BoxFuture<'a, Result<(), WireProblem>> {
        if !publish.switches {
            return self.wires.publish(wire, publish);
        }
        self.hold_back(&publish.into());
        Box::pin(std::future::ready(Ok(())))
    }

    fn message<'a>(&'a self, wire: &'a str, message: &'a Message) -> BoxFuture<'a, Result<String, WireProblem>> {
        if !message.switches {
            return self.wires.message(wire, message);
        }
        self.hold_back(&message.into());
        Box::pin(std::future::ready(Ok(String::new())))
    }
}
