//! Which permissions an upgrade adds: a hook, a capability, a larger limit, or a secret parameter that is shown. Such an
//! upgrade waits for an operator's approval. Other answers than before need none: cases, replay, shadow and probation check them.

use crate::manifest::Manifest;
use crate::settings::CallLimits;
use crate::version::Version;

/// In words, one for each right that `after` would have and `before` has not.
pub fn beyond(before: &Version, after: &Version) -> Vec<String> {
    let mut more = hooks(&before.manifest, &after.manifest);
    more.extend(capabilities(&before.manifest, &after.manifest));
    // Operations of scripts and fuel of plugins are no common measure.
    let comparable = before.kind == after.kind;
    more.extend(limits(&before.granted, &after.granted, comparable));
    more.extend(unveiled(&before.manifest, &after.manifest));
    more
}

fn hooks(before: &Manifest, after: &Manifest) -> Vec<String> {
    let new = after.hooks.iter().filter(|hook| !before.hooks.contains(hook));
    new.map(|hook| format!("the hook {:?}", hook.as_str())).collect()
}

fn capabilities(before: &Manifest, after: &Manifest) -> Vec<String> {
    let new = after.capabilities.iter().filter(|(name, _)| !before.capabilities.contains_key(*name));
    new.map(|(name, reason)| format!("the capability {name:?} ({reason})")).collect()
}

fn limits(before: &CallLimits, after: &CallLimits, comparable: bool) -> Vec<String> {
    let millis = |granted: &CallLimits| u64::try_from(granted.wall.as_millis()).unwrap_or(u64::MAX);
    let mib = |granted: &CallLimits| (granted.memory >> 20) as u64;
    let limits = [
        ("fuel", before.fuel, if comparable { after.fuel } else { before.fuel }),
        ("wall_ms", millis(before), millis(after)),
        ("memory_mib", mib(before), mib(after)),
    ];
    let grown = limits.into_iter().filter(|(_, before, after)| after > before);
    grown.map(|(name, before, after)| format!("{name} {after} for each call, instead of {before}")).collect()
}

fn unveiled(before: &Manifest, after: &Manifest) -> Vec<String> {
    let was_secret = |name: &String| before.parameters.get(name).is_some_and(|parameter| parameter.secret);
    let shown = after.parameters.iter().filter(|(name, parameter)| !parameter.secret && was_secret(name));
    shown.map(|(name, _)| format!("to show the parameter {name:?}, which is secret now")).collect()
}
