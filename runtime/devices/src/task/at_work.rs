//! Which driver is at work: the active version, swapped in between two turns; and the one before it, when the new one does not work.

use std::sync::Arc;
use std::time::Duration;

use amprule_hooks::Version;
use amprule_hooks::driver::{self, Guest, Shall};
use amprule_hooks::manifest::with_overrides;

use super::Device;

/// A new driver that faults so often in a row, before it has made so many turns, gives its place back.
const FAULTS: u32 = 3;
const TURNS_ON_TRIAL: u32 = 10;

pub(super) struct AtWork {
    pub(super) version: Arc<Version>,
    pub(super) every: Duration,
    /// It is read, and that is all.
    pub(super) is_meter: bool,
    /// `None`: a turn of it did not end.
    pub(super) guest: Option<Box<dyn Guest>>,
    /// What the last turn was told.
    pub(super) told: Option<Shall>,
    /// A turn of it went well.
    is_done: bool,
    trial: Option<Trial>,
}

/// Of a driver that took another one's place.
struct Trial {
    before: Arc<Version>,
    /// What that one handed over.
    kept: Option<String>,
    turns: u32,
    faults: u32,
}

impl AtWork {
    pub(super) fn went_well(&mut self) {
        self.is_done = true;
        let turns = self.trial.as_ref().map_or(0, |trial| trial.turns) + 1;
        self.trial =
            self.trial.take().filter(|_| turns < TURNS_ON_TRIAL).map(|trial| Trial { turns, faults: 0, ..trial });
    }

    /// Hardware that is away is no fault of its driver.
    pub(super) fn failed(&mut self, is_its_own_fault: bool) {
        if let Some(trial) = self.trial.as_mut().filter(|_| is_its_own_fault) {
            trial.faults += 1;
        }
    }

    fn gives_back(&mut self) -> Option<Trial> {
        self.trial.take_if(|trial| trial.faults >= FAULTS)
    }
}

impl Device {
    /// One that cannot be opened, or does not work, leaves the one before at work.
    pub(super) fn take_driver(&mut self) -> Result<(), String> {
        if let Some(trial) = self.driver.as_mut().and_then(AtWork::gives_back) {
            return self.go_back(trial);
        }
        let unit = &self.seat.binding.unit;
        let active = self.house.registry.active(unit).filter(|version| driver::of(version).is_some());
        let active = active.filter(|version| self.refused.as_ref() != Some(&version.hash));
        // Its files are gone or broken, or it was refused: what drives goes on driving.
        let at_work = self.driver.as_ref();
        let Some(version) = active.or_else(|| at_work.map(|driver| Arc::clone(&driver.version))) else {
            return Err(format!("there is no driver {unit} that works: a unit with hooks = [\"device\"]"));
        };
        if at_work.is_some_and(|driver| driver.version.hash == version.hash && driver.guest.is_some()) {
            return Ok(());
        }
        let kept = match at_work.and_then(|driver| driver.guest.as_ref()) {
            Some(guest) => guest.hand_over(),
            None => self.kept.snapshot.as_ref().filter(|snapshot| snapshot.unit == *unit).map(|kept| kept.told.clone()),
        };
        let before = at_work.filter(|driver| driver.version.hash != version.hash && driver.is_done);
        let trial =
            before.map(|driver| Trial { before: Arc::clone(&driver.version), kept: kept.clone(), turns: 0, faults: 0 });
        match self.opened(&version, kept.as_deref()) {
            Ok(at_work) => {
                self.begins(&version, "the driver is at work");
                self.driver = Some(AtWork { trial, ..at_work });
                self.refused = None;
                Ok(())
            }
            Err(why) if self.driver.as_ref().is_some_and(|driver| driver.guest.is_some()) => {
                let station = &self.seat.binding.id;
                tracing::warn!(%station, driver = unit, "a new driver cannot be opened: {why}; the one before goes on");
                self.refused = Some(version.hash.clone());
                Ok(())
            }
            Err(why) => Err(why),
        }
    }

    fn go_back(&mut self, trial: Trial) -> Result<(), String> {
        let (station, unit) = (&self.seat.binding.id, &self.seat.binding.unit);
        let number = self.driver.as_ref().map_or("", |driver| driver.version.manifest.version.as_str());
        tracing::warn!(
            %station,
            driver = unit,
            "version {number} failed in its first turns, {FAULTS} times in a row; version {} drives again until another is active",
            trial.before.manifest.version
        );
        self.refused = self.driver.as_ref().map(|driver| driver.version.hash.clone());
        self.driver = Some(self.opened(&trial.before, trial.kept.as_deref())?);
        self.begins(&trial.before, "the driver is at work again");
        Ok(())
    }

    fn opened(&self, version: &Arc<Version>, kept: Option<&str>) -> Result<AtWork, String> {
        let driver = driver::of(version).ok_or("the unit drives no hardware")?;
        let own = &self.seat.binding.parameters;
        let parameters = with_overrides(&version.manifest.parameters, &version.parameters, own);
        let parameters = parameters.map_err(|why| format!("parameters of the device: {why}"))?;
        let guest = driver.open(&parameters.into(), kept).map_err(|fault| fault.to_string())?;
        let (every, is_meter) = (driver.every(), driver.is_meter());
        Ok(AtWork {
            version: Arc::clone(version),
            every,
            is_meter,
            guest: Some(guest),
            told: None,
            is_done: false,
            trial: None,
        })
    }

    fn begins(&self, version: &Version, what: &str) {
        let (station, driver) = (&self.seat.binding.id, &self.seat.binding.unit);
        tracing::info!(%station, driver, version = version.manifest.version, hash = version.hash, "{what}");
    }
}
