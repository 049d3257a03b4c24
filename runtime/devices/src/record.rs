//! Turns of a driver at real hardware, one after the other, for a tape.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::Timestamp;
use amprule_domain::decision::{Fault, FaultClass};
use amprule_hooks::Version;
use amprule_hooks::driver::{self, Driver, Guest, Shall};
use amprule_wires::{Addresses, Buses, Urgency, Wire};
use serde_json::Map;
use tokio::time::timeout;

use crate::look::ReadOnly;
use crate::seat;
use crate::tape::{Before, Recorder, Turn, Veil};
use crate::task::{TURN, endless};
use crate::wires::Granted;

pub struct Recording {
    version: Arc<Version>,
    wires: BTreeMap<String, Box<Wire>>,
    veil: Veil,
    /// What it writes comes to the hardware.
    switches: bool,
    /// `None`: a turn of it did not end.
    guest: Option<Box<dyn Guest>>,
}

impl Recording {
    /// # Errors
    /// The unit is no driver, or cannot be opened.
    pub fn open(version: Arc<Version>, wires: &Addresses, switches: bool) -> Result<Self, Fault> {
        let guest = Some(driver(&version)?.open(&version.parameters, None)?);
        let veil = Veil::of(wires).and_of(&version, &Map::new());
        Ok(Self { wires: seat::dialled(wires, &Buses::default()), version, veil, switches, guest })
    }

    /// The driver's pace.
    pub fn every(&self) -> Duration {
        driver(&self.version).map_or(Duration::from_secs(1), |driver| driver.every())
    }

    /// What the last turn was not let do.
    pub fn trouble(&self) -> Option<String> {
        self.guest.as_ref()?.trouble()
    }

    /// # Errors
    /// The driver cannot be opened again.
    pub async fn turn(&mut self, shall: Shall, now: Timestamp) -> Result<Turn, Fault> {
        let guest = match &mut self.guest {
            Some(guest) => guest,
            None => self.guest.insert(driver(&self.version)?.open(&self.version.parameters, None)?),
        };
        let manifest = &self.version.manifest;
        let driver = format!("{} {}", manifest.id, manifest.version);
        let before = Before { at: now, driver, shall, standing: guest.standing() };
        let granted = Granted { wires: &self.wires, urgency: Urgency::Poll };
        let read_only = ReadOnly::before(&granted);
        let recorder = Recorder::around(if self.switches { &granted } else { &read_only });
        let turned = timeout(TURN, guest.turn(shall, now, &recorder)).await;
        let is_endless = turned.is_err();
        let came = turned.map_or_else(|_| Err(endless(&recorder)), |turned| turned.map_err(|fault| fault.message));
        let shown = came.as_ref().map(|seen| guest.shown(seen));
        let turn = recorder.turn(before, shown.map_err(String::as_str), &self.veil);
        if is_endless {
            self.guest = None;
        }
        Ok(Turn { held: !self.switches, ..turn })
    }
}

fn driver(version: &Arc<Version>) -> Result<Box<dyn Driver + '_>, Fault> {
    driver::of(version).ok_or_else(|| Fault::new(FaultClass::NotLoaded, "the unit drives no hardware"))
}
