//! A map as a unit: checked like a script, active like a plugin.

use std::sync::Arc;
use std::time::Duration;

use amprule_domain::decision::{Fault, Hook};
use amprule_domain::pricing::Parameters;
use amprule_hooks::Diagnostic;
use amprule_hooks::driver::{Abilities, Driver, Guest};
use amprule_hooks::unit::{Compiler, Source, Unit};

use super::document::{FILE, Map, read};
use super::guest::MapGuest;

/// Reads maps.
pub struct MapCompiler;

struct MapUnit {
    map: Arc<Map>,
    warnings: Vec<Diagnostic>,
}

impl Compiler for MapCompiler {
    fn compile(&self, source: &Source) -> Result<Arc<dyn Unit>, Vec<Diagnostic>> {
        let bytes = source.files.get(FILE).map(Vec::as_slice).unwrap_or_default();
        let text = std::str::from_utf8(bytes)
            .map_err(|_| vec![Diagnostic::new("map", "not UTF-8 text").in_file(FILE).hint("save it as UTF-8")])?;
        let (map, warnings) = read(text)?;
        Ok(Arc::new(MapUnit { map: Arc::new(map), warnings }))
    }
}

impl Unit for MapUnit {
    /// It answers no question.
    fn hooks(&self) -> &[Hook] {
        &[]
    }

    fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    fn driver(&self) -> Option<&dyn Driver> {
        Some(self)
    }
}

impl Driver for MapUnit {
    fn wires(&self) -> Vec<(String, &'static str)> {
        self.map.wires()
    }

    fn every(&self) -> Duration {
        Duration::from_millis(self.map.device.poll_ms.into())
    }

    fn is_meter(&self) -> bool {
        self.map.is_meter()
    }

    fn abilities(&self) -> Abilities {
        let commands = &self.map.commands;
        Abilities { switches_phases: !commands.one_phase.is_empty(), unlocks: !commands.unlock.is_empty() }
    }

    fn open(&self, _: &Parameters, _: Option<&str>) -> Result<Box<dyn Guest>, Fault> {
        Ok(Box::new(MapGuest::new(Arc::clone(&self.map))))
    }
}
