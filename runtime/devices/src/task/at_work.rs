//! Which driver is at work: the active version, swapped in between two turns; and the one before it, when the new one does not work.

use std::sync::Arc;
use std::time::Duration;

use amprule_hooks::Version;
use amprule_hooks::driver::{self, Guest, Shall, Standing};
use amprule_hooks::manifest::with_overrides;

use super::Device;

/// A new driver that faults so often in a row, before it has made so many turns, gives its place back.
const FAULTS: u32 = 3;
const TURNS_ON_TRIAL: u32 = 300;

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
    /// What a guest had kept that is open no more.
    left: Option<String>,
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

    /// It fails where the one before it did not: whether it goes on doing so is found out at once.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.trial.as_ref().is_some_and(|trial| trial.faults > 0)
    }

    fn gives_back(&mut self) -> Option<Trial> {
        self.trial.take_if(|trial| trial.faults >= FAULTS)
    }

    /// For whoever comes next.
    pub(super) fn kept(&self) -> Option<String> {
        self.guest.as_ref().map_or_else(|| self.left.clone(), |guest| guest.hand_over())
    }

    /// What it holds half done is its own: it is opened anew.
    pub(super) fn drop_guest(&mut self) {
        self.left = self.kept();
        self.guest = None;
    }

    /// All that it has to say, in the next turn.
    pub(super) fn says_all_again(&mut self) {
        if let Some(guest) = &mut self.guest {
            let kept = guest.hand_over();
            guest.stand(Standing { is_fresh: true, kept, map: None });
        }
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
        // Its files are gone or broken, or it was refused: what drives goes on driving.
        let active = active.filter(|version| self.refused.as_ref() != Some(&version.hash));
        self.tried = active.as_ref().map(|version| version.hash.clone());
        match (active, &self.driver) {
            (Some(version), Some(at_work)) if version.hash != at_work.version.hash => self.swap(&version),
            (_, Some(at_work)) if at_work.guest.is_some() => Ok(()),
            (_, Some(_)) => self.reopen(),
            (Some(version), None) => self.first(&version),
            (None, None) => {
                Err(format!("there is no active driver {unit}; {}", self.house.registry.nearest_driver(unit)))
            }
        }
    }

    /// It fails, and there is another version: whoever has saved it waits for what comes of it.
    pub(super) fn is_mended(&self) -> bool {
        let present = self.driver.as_ref().map(|at_work| &at_work.version.hash);
        let is_new = |version: &Arc<Version>| {
            Some(&version.hash) != present
                && Some(&version.hash) != self.refused.as_ref()
                && Some(&version.hash) != self.tried.as_ref()
                && driver::of(version).is_some()
        };
        self.failures > 0 && self.house.registry.active(&self.seat.binding.unit).as_ref().is_some_and(is_new)
    }

    /// With what was kept when the server stopped.
    fn first(&mut self, version: &Arc<Version>) -> Result<(), String> {
        let unit = &self.seat.binding.unit;
        let kept = self.kept.snapshot.as_ref().filter(|snapshot| snapshot.unit == *unit);
        self.driver = Some(self.opened(version, kept.map(|snapshot| snapshot.told.as_str()))?);
        self.begins(version, "the driver is at work");
        Ok(())
    }

    /// The same version, after a turn of it that did not end.
    fn reopen(&mut self) -> Result<(), String> {
        let Some(at_work) = &self.driver else { return Ok(()) };
        let opened = self.opened(&at_work.version, at_work.left.as_deref())?;
        if let Some(at_work) = &mut self.driver {
            at_work.guest = opened.guest;
        }
        Ok(())
    }

    fn swap(&mut self, version: &Arc<Version>) -> Result<(), String> {
        let Some(at_work) = &self.driver else { return self.first(version) };
        let (kept, is_meter) = (at_work.kept(), at_work.is_meter);
        let trial = at_work.is_done.then(|| Trial {
            before: Arc::clone(&at_work.version),
            kept: kept.clone(),
            turns: 0,
            faults: 0,
        });
        let opened = self.opened(version, kept.as_deref()).and_then(|opened| match opened.is_meter == is_meter {
            true => Ok(opened),
            // What was switched on would stay so, with nobody to stop it.
            false => {
                Err("it makes a meter of a station, or a station of a meter: bind another device to it".to_owned())
            }
        });
        match opened {
            Ok(opened) => {
                self.driver = Some(AtWork { trial, ..opened });
                self.refused = None;
                self.begins(version, "the driver is at work");
                Ok(())
            }
            Err(why) => {
                let (station, driver) = (&self.seat.binding.id, &self.seat.binding.unit);
                tracing::warn!(%station, driver, "a new driver cannot be opened: {why}; the one before goes on");
                self.refused = Some(version.hash.clone());
                match self.driver.as_ref().is_some_and(|at_work| at_work.guest.is_some()) {
                    true => Ok(()),
                    false => self.reopen(),
                }
            }
        }
    }

    fn go_back(&mut self, trial: Trial) -> Result<(), String> {
        let before = match self.opened(&trial.before, trial.kept.as_deref()) {
            Ok(before) => before,
            Err(why) => {
                if let Some(at_work) = &mut self.driver {
                    at_work.trial = Some(trial);
                }
                return Err(format!("the driver does not work, and the one before cannot be opened: {why}"));
            }
        };
        let (station, unit) = (&self.seat.binding.id, &self.seat.binding.unit);
        let number = self.driver.as_ref().map_or("", |driver| driver.version.manifest.version.as_str());
        tracing::warn!(
            %station,
            driver = unit,
            "version {number} failed in its first turns, {FAULTS} times in a row; version {} drives again until another is active",
            trial.before.manifest.version
        );
        let failed = self.driver.replace(before).map(|failed| failed.version);
        self.refused = failed.as_ref().map(|failed| failed.hash.clone());
        if let Some(failed) = failed {
            // Nobody else has it from now on, and no later start of the server.
            let why = format!("{FAULTS} turns in a row at the device {station}, where the version before it worked");
            self.house.registry.driver_failed(&failed, &why);
        }
        self.begins(&trial.before, "the driver is at work again");
        Ok(())
    }

    fn opened(&self, version: &Arc<Version>, kept: Option<&str>) -> Result<AtWork, String> {
        let driver = driver::of(version).ok_or("the unit drives no hardware")?;
        let own = &self.seat.binding.parameters;
        let parameters = with_overrides(&version.manifest.parameters, &version.parameters, own);
        let parameters = parameters.map_err(|why| format!("parameters of the device: {why}"))?;
        let guest = driver.open(&parameters.into(), kept).map_err(|fault| fault.to_string())?;
        Ok(AtWork {
            version: Arc::clone(version),
            every: driver.every(),
            is_meter: driver.is_meter(),
            guest: Some(guest),
            told: None,
            is_done: false,
            trial: None,
            left: kept.map(str::to_owned),
        })
    }

    fn begins(&mut self, version: &Arc<Version>, what: &str) {
        let abilities = driver::of(version).map(|driver| driver.abilities()).unwrap_or_default();
        self.station.bears(version.unit().device().map_or(1, |facts| facts.phases), abilities);
        let (station, driver) = (&self.seat.binding.id, &self.seat.binding.unit);
        tracing::info!(%station, driver, version = version.manifest.version, hash = version.hash, "{what}");
        self.tell("device.driver", "");
    }
}
