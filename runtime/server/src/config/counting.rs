//! What of a file counts as soon as it is saved, and what a saved file changes of it, in words.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::load::Site;
use amprule_hooks::Selection;

use super::forward::Written as Forward;
use super::{Config, Device};

/// So many of a kind are named.
const NAMED: usize = 10;

#[derive(Default)]
pub(super) struct Counting {
    selection: Selection,
    devices: Vec<Arc<Device>>,
    sites: Vec<Arc<Site>>,
    forwards: Vec<Forward>,
}

impl Counting {
    pub(super) fn of(config: &Config) -> Self {
        let (devices, sites, forwards) = (config.devices.clone(), config.sites.clone(), config.forwards.clone());
        Self { selection: config.extensions.selection(), devices, sites, forwards }
    }

    /// `sites depot; devices garage, shed (gone)`
    pub(super) fn since(&self, before: &Self) -> String {
        let units = (self.selection != before.selection).then(|| "which units are asked".to_owned());
        let sites = changed("sites", &before.sites, &self.sites, |site| &site.id);
        let devices = changed("devices", &before.devices, &self.devices, |device| &device.id);
        let forwards = changed("forwards", &before.forwards, &self.forwards, |forward| &forward.name);
        let parts: Vec<String> = [units, sites, devices, forwards].into_iter().flatten().collect();
        if parts.is_empty() { "nothing that counts without a restart".to_owned() } else { parts.join("; ") }
    }
}

/// Those that are new, otherwise or gone.
fn changed<T: PartialEq>(what: &str, before: &[T], now: &[T], id: impl Fn(&T) -> &str) -> Option<String> {
    let [before_by_id, now_by_id] =
        [before, now].map(|all| all.iter().map(|item| (id(item), item)).collect::<BTreeMap<_, _>>());
    let is_changed = |item: &&T| before_by_id.get(id(item)) != Some(item);
    let is_gone = |item: &&T| !now_by_id.contains_key(id(item));
    let changed = now.iter().filter(is_changed).map(|item| id(item).to_owned());
    let gone = before.iter().filter(is_gone).map(|item| format!("{} (gone)", id(item)));
    let names: Vec<String> = changed.chain(gone).collect();
    match names.len() {
        0 => None,
        all if all > NAMED => Some(format!("{what} {} and {} more", names[..NAMED].join(", "), all - NAMED)),
        _ => Some(format!("{what} {}", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::load::parse;

    fn counting(text: &str) -> Counting {
        Counting::of(&parse(text, Path::new("amprule.toml")).unwrap_or_else(|wrong| panic!("{wrong:?}")))
    }

    #[test]
    fn what_has_changed_is_named() {
        let device =
            |id: &str| format!("[[devices]]\nid = \"{id}\"\nunit = \"box\"\nwires = {{ a = \"modbus-tcp://{id}\" }}\n");
        let site = "[[sites]]\nid = \"depot\"\n[[sites.circuits]]\nid = \"main\"\nmost_a = 32\n";
        let before = format!("{site}{}{}", device("garage"), device("shed"));
        let forward = "[[forwards]]\nname = \"books\"\nto = \"wss://books.example.com/{station}\"\n";
        let many: String = (0..12).map(|n| device(&format!("d{n}"))).collect();
        for (now, news) in [
            (before.clone(), "nothing that counts without a restart"),
            (format!("# said otherwise\n{before}"), "nothing that counts without a restart"),
            (before.replace("most_a = 32", "most_a = 16"), "sites depot"),
            (before.replace(&device("shed"), &device("yard")), "devices yard, shed (gone)"),
            (before.replace(site, ""), "sites depot (gone)"),
            (format!("{before}{forward}"), "forwards books"),
            (format!("{before}meter_s = 5\n[extensions]\npricing = \"a\""), "which units are asked; devices shed"),
            (format!("{before}{many}"), "devices d0, d1, d2, d3, d4, d5, d6, d7, d8, d9 and 2 more"),
        ] {
            assert_eq!(counting(&now).since(&counting(&before)), news, "{now}");
        }
    }
}
