//! Whether a unit stays within what its signer may sign.

use std::time::Duration;

use amprule_hooks::{Diagnostic, HostLimits, Source};

use crate::policy::{KnownKey, Pattern};

const MANIFEST: &str = "plugin.toml";

pub(crate) fn complaints(key: &KnownKey, source: &Source, host: &HostLimits) -> Vec<Diagnostic> {
    let manifest = &source.manifest;
    let mut found = Vec::new();
    if !key.may_sign(&manifest.id) {
        let units = key.units.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", ");
        let why = format!("the key {:?} may not sign a unit with the id {:?}, only {units}", key.name, manifest.id);
        found.push(at(source, "id", why));
    }
    for hook in manifest.hooks.iter().filter(|hook| key.hooks.as_ref().is_some_and(|hooks| !hooks.contains(hook))) {
        let why = format!("the key {:?} may not sign a unit with the hook {:?}", key.name, hook.as_str());
        found.push(at(source, "hooks", why));
    }
    let is_allowed = |name: &String| key.capabilities.as_ref().is_none_or(|allowed| allowed.contains(name));
    for name in manifest.capabilities.keys().filter(|name| !is_allowed(name)) {
        let why = format!("the key {:?} may not sign a unit that wants the capability {name:?}", key.name);
        found.push(at(source, name, why));
    }
    found.extend(over_the_ceiling(key, source, host));
    found.into_iter().map(|diagnostic| diagnostic.hint(hint(key))).collect()
}

/// What the manifest does not limit has the host's limit, and that is compared then.
fn over_the_ceiling(key: &KnownKey, source: &Source, host: &HostLimits) -> Vec<Diagnostic> {
    let (asked, granted) = (&source.manifest.limits, host.grant(source.kind, &source.manifest.limits));
    let limits = [
        ("fuel", asked.fuel, granted.fuel, key.fuel),
        ("wall_ms", asked.wall_ms, millis(granted.wall), key.wall_ms),
        ("memory_mib", asked.memory_mib, granted.memory.div_ceil(1 << 20) as u64, key.memory_mib),
    ];
    let over = limits.into_iter().filter_map(|(name, asked, granted, ceiling)| {
        let ceiling = ceiling?;
        match asked {
            Some(asked) if asked > ceiling => {
                let why = format!("{name} = {asked} is over the ceiling of the key {:?}, {ceiling}", key.name);
                Some(at(source, name, why))
            }
            None if granted > ceiling => {
                let why = format!(
                    "the ceiling of the key {:?} for {name} is {ceiling}; without a limit of its own the unit has {granted}",
                    key.name
                );
                Some(at(source, "[limits]", why))
            }
            _ => None,
        }
    });
    over.collect()
}

fn hint(key: &KnownKey) -> String {
    format!("change the unit and sign it again, or widen the key {:?} under [extensions.signatures]", key.name)
}

/// Points at the line of the manifest that begins with the key.
fn at(source: &Source, key: &str, why: String) -> Diagnostic {
    let diagnostic = Diagnostic::new("signature", why).in_file(MANIFEST);
    let text = String::from_utf8_lossy(source.files.get(MANIFEST).map_or(&[], Vec::as_slice)).into_owned();
    let begins = |line: &str| {
        let rest = line.trim_start().strip_prefix(key).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with('=') || key.starts_with('['))
    };
    match text.lines().position(begins) {
        Some(line) => diagnostic.at(&text, line + 1, 1),
        None => diagnostic,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
