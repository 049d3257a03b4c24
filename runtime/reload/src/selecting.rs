//! Which units are asked, when the file of rules says otherwise than before.

use std::collections::BTreeMap;
use std::path::PathBuf;

use amprule_hooks::{Change, Registry, Selection};

use crate::compiling::Compiling;
use crate::findings::Findings;
use crate::loader::Loader;
use crate::rules::Look;

impl Loader {
    pub(crate) fn look_at_rules(&mut self, findings: &mut Findings) {
        let Some(file) = &mut self.rules else { return };
        match file.look() {
            Look::Same => {}
            Look::Moving => findings.again = true,
            Look::Changed(Ok(reading)) if names_one_of(&reading.selection, &self.compiling, &self.registry) => {
                file.forget();
                findings.again = true;
            }
            // Files that are still written may be those of a unit that it names.
            Look::Changed(Ok(reading))
                if findings.moving && names_absent(&reading.selection, &self.registry) && file.may_wait() =>
            {
                file.forget();
                findings.again = true;
            }
            Look::Changed(Ok(reading)) => {
                file.has_counted();
                if *self.registry.selection() != reading.selection {
                    findings.changes.push(Change::Select(reading.selection.into()));
                }
                findings.rules = Some(Ok(reading.needs_restart));
                findings.also = Some(reading.also);
            }
            Look::Changed(Err(diagnostics)) => findings.rules = Some(Err(diagnostics)),
        }
    }
}

fn names_absent(selection: &Selection, registry: &Registry) -> bool {
    selection.units().any(|unit| registry.active(unit).is_none())
}

/// A unit and the rule that names it may be saved together: the rule waits for the compiler then, or for its refusal.
fn names_one_of(selection: &Selection, compiling: &BTreeMap<PathBuf, Compiling>, registry: &Registry) -> bool {
    let ids = compiling.values().map(|compiling| &compiling.source.manifest.id);
    ids.into_iter().any(|id| registry.active(id).is_none() && selection.units().any(|unit| unit == id))
}
