//! What of the file counts as soon as it is saved, and what waits for a restart.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use amprule_reload::{LoadedRules, RulesFile};
use parking_lot::Mutex;
use toml::{Table, Value};

use super::counting::Counting;
use super::forward::place_of_roots;
use super::load::{diagnostic, parse};
use super::misplaced::Misplaced;
use crate::fleet::Fleet;
use amprule_forward::Forwards;
use amprule_sites::Sites;

/// Which units are asked, the devices, the sites and the forwards. All else needs a restart.
const LIVE: [&str; 8] = [
    "devices",
    "forwards",
    "sites",
    "extensions.pricing",
    "extensions.modifiers",
    "extensions.authorization",
    "extensions.combine",
    "extensions.rules",
];

/// Who does at once what a saved file says.
pub(crate) struct Followers {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) sites: Arc<Sites>,
    pub(crate) forwards: Arc<Forwards>,
    /// A flag says where stations come for files.
    pub(crate) serves_files: bool,
}

/// The file that a server began with as `text`, to be read again when it changes.
pub(crate) fn rules_file(path: &Path, text: String, followers: Followers) -> RulesFile {
    let Followers { fleet, sites, forwards, serves_files } = followers;
    let (began, file) = (leaves(&text), path.to_owned());
    let counts = Arc::new(Mutex::new(parse(&text, path).map(|config| Counting::of(&config)).unwrap_or_default()));
    let read = move |text: &str| {
        let config = parse(text, &file)?;
        fleet.may_have(&config.devices).map_err(|refused| {
            let at = refused.device.and_then(|device| config.place_of(&device)).unwrap_or(0);
            vec![diagnostic(text, &file, &Misplaced { at, why: refused.why })]
        })?;
        let unready = |name: &str, why: String| {
            let at = place_of_roots(&config.forwards, name, text);
            vec![diagnostic(text, &file, &Misplaced { at, why })]
        };
        let heard_by = super::forwards_ready(&config.forwards);
        let heard_by = heard_by.map_err(|(name, why)| unready(&name, format!("{why:#}")))?;
        let heard_by = forwards.prepare(heard_by);
        let heard_by = heard_by.map_err(|(name, fault)| unready(&name, format!("the forward {name}: {fault}")))?;
        super::idle(text, &file, serves_files).iter().for_each(|warning| tracing::warn!("{warning}"));
        let (fleet, sites, selection) = (Arc::clone(&fleet), Arc::clone(&sites), config.extensions.selection());
        let forwards = Arc::clone(&forwards);
        let (counts, path) = (Arc::clone(&counts), file.display().to_string());
        let also = Box::new(move || {
            let now = Counting::of(&config);
            let mut counts = counts.lock();
            tracing::info!(path, "the configuration is taken: {}", now.since(&counts));
            *counts = now;
            fleet.configured(config.devices);
            sites.bind(config.sites);
            forwards.take(heard_by);
        });
        Ok(LoadedRules { selection, needs_restart: differing(&began, &leaves(text)), also })
    };
    RulesFile::new(path, text, Box::new(read))
}

type Leaves = BTreeMap<String, Value>;

/// The values of a file by their dotted keys. What does not parse has none; it has been refused before.
fn leaves(text: &str) -> Leaves {
    let mut leaves = Leaves::new();
    gather("", text.parse().unwrap_or_default(), &mut leaves);
    leaves
}

fn gather(prefix: &str, table: Table, leaves: &mut Leaves) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            Value::Table(table) => gather(&key, table, leaves),
            value if !LIVE.contains(&key.as_str()) => drop(leaves.insert(key, value)),
            _ => {}
        }
    }
}

fn differing(before: &Leaves, after: &Leaves) -> Vec<String> {
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let other = after.iter().filter(|(key, value)| before.get(*key) != Some(value)).map(|(key, _)| key);
    let mut keys: Vec<String> = gone.chain(other).cloned().collect();
    keys.sort();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_need_a_restart_are_named() {
        let began = "data = \"d\"\n[ocpp]\nlisten = \"127.0.0.1:1\"\n[extensions]\npricing = \"a\"\nwall_ms = 50\n";
        let cases = [
            (began.to_owned(), vec![]),
            (began.replace("\"a\"", "\"b\""), vec![]),
            (format!("{began}[[extensions.rules]]\nname = \"x\"\npricing = \"y\"\n"), vec![]),
            (format!("{began}[[devices]]\nid = \"a\"\nunit = \"b\"\n"), vec![]),
            (began.replace(":1", ":2"), vec!["ocpp.listen"]),
            (began.replace("wall_ms = 50\n", ""), vec!["extensions.wall_ms"]),
            (
                format!("{began}[[stations.models]]\nvendor = \"*\"\n").replace("\"d\"", "\"e\""),
                vec!["data", "stations.models"],
            ),
        ];
        for (after, keys) in cases {
            assert_eq!(differing(&leaves(began), &leaves(&after)), keys, "{after}");
        }
    }
}
