//! Whether a driver has the wires that it speaks over.

use std::sync::Arc;

use amprule_hooks::{Version, driver, manifest};
use amprule_wires::Addresses;

/// Each that it speaks over, of its kind, and no other. The error is for people.
///
/// # Errors
/// Which of them is missing, unknown, or another kind.
pub fn fits(version: &Arc<Version>, wires: &Addresses) -> Result<(), String> {
    let spoken = driver::of(version).map(|driver| driver.wires()).unwrap_or_default();
    let kind = |name: &str| spoken.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind);
    for (name, address) in wires {
        match kind(name) {
            None => {
                let nearest = manifest::nearest(name, spoken.iter().map(|(name, _)| name.as_str()));
                return Err(format!("{name}: the driver has no such wire; {nearest}"));
            }
            Some(kind) if kind != address.kind() => {
                return Err(format!(
                    "{name}: the driver speaks {kind} over it, and this is an address of {}",
                    address.kind()
                ));
            }
            Some(_) => {}
        }
    }
    let missing = spoken.iter().filter(|(name, _)| !wires.contains_key(name));
    let missing: Vec<String> = missing.map(|(name, kind)| format!("{name} ({kind})")).collect();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(format!("it does not say where {} leads", missing.join(", "))),
    }
}
