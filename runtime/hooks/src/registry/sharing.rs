//! Asking who gets how much of a site's power: the version of the named unit that is active.

use std::sync::Arc;

use amprule_domain::StationId;
use amprule_domain::decision::{Fault, FaultClass, Hook, Json};
use amprule_domain::load::LoadInput;
use amprule_domain::ports::{About, LoadAnswer};

use super::Registry;
use super::writing::{Callee, Record, told};
use crate::call::{RoundsLeft, call};
use crate::driver;
use crate::manifest::nearest;
use crate::question::Question;
use crate::version::Version;

impl Registry {
    pub(super) fn load_policy(&self, unit: &str) -> Result<Arc<Version>, String> {
        match self.active(unit) {
            Some(version) if version.has(Hook::Load) => Ok(version),
            Some(_) => {
                Err(format!("{unit} shares no power out: its hook is not `load`; {}", self.nearest_policy(unit)))
            }
            None => Err(format!("there is no active extension {unit}; {}", self.nearest_policy(unit))),
        }
    }

    fn nearest_policy(&self, unit: &str) -> String {
        self.nearest_unit(unit, Hook::Load.as_str(), |version| version.has(Hook::Load))
    }

    /// Which driver is likely meant, in words.
    pub fn nearest_driver(&self, unit: &str) -> String {
        self.nearest_unit(unit, "device", |version| driver::of(version).is_some())
    }

    fn nearest_unit(&self, unit: &str, hook: &str, has_it: impl Fn(&Arc<Version>) -> bool) -> String {
        let generation = self.generation.load();
        let active = generation.entries.values().map(|entry| &entry.active);
        let units: Vec<&str> = active.filter(|version| has_it(version)).map(|version| version.id()).collect();
        match &units[..] {
            [] => format!("no extension with the hook `{hook}` is active; `amprule extensions` shows why"),
            units => nearest(unit, units.iter().copied()),
        }
    }

    pub(super) async fn share_power(&self, unit: &str, input: LoadInput) -> LoadAnswer {
        let version = match self.load_policy(unit) {
            Ok(version) => version,
            Err(why) => return LoadAnswer { shares: Err(why), decision: None },
        };
        let input = Arc::new(input.with(version.parameters.clone()));
        let Self { settings, steady, ids, clock, .. } = self;
        let trusted = |output| input.check(output);
        let called = call(&version, &input, &settings.probation, steady, RoundsLeft(0), trusted).await;
        self.follow_up(&version, Hook::Load, &called);
        let (used, took) = (called.used, called.took);
        if let Ok(shares) = &called.result {
            self.shadow_answer(&version, &input, shares, String::new);
        }
        let (output, fault) = match &called.result {
            Ok(shares) => (Json::of(shares), None),
            Err(fault) => (None, Some(fault.clone())),
        };
        let station = input.evses.first().map_or("", |evse| evse.station.as_str());
        let about = About { station: StationId::new(station), session: None };
        let record = Record { asked: Callee::of(&version, used, took), output, fault };
        let when = (Hook::Load, clock.now(), self.generation());
        let mut decision = record.decision(ids.decision(), when, &about, told(&*input, Some(&version), self.mask()));
        decision.site = Some(input.site.id.clone());
        self.tell_faults(std::slice::from_ref(&decision));
        LoadAnswer { shares: called.result.map_err(|fault| said(unit, &fault)), decision: Some(decision) }
    }
}

fn said(unit: &str, fault: &Fault) -> String {
    match fault.class {
        FaultClass::BreakerOpen => fault.message.clone(),
        _ => format!("{unit}: {fault}"),
    }
}
