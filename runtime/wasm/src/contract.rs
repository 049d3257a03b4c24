//! What a component wants and offers, read before it runs. Each finding says what to change.

use amprule_domain::decision::Hook;
use amprule_domain::offer::OfferInput;
use amprule_hooks::{Diagnostic, Manifest, for_hook};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::driver::DRIVER;
use crate::facts::{CONNECTOR, CONTRACT, GIVEN_BACK, LOCATION, LOOKUPS, RESERVATION};
use crate::money::MONEY;
use crate::v1::Export;
use crate::wasi;

const LOG: &str = "amprule:host/log";
const TYPES: &str = "amprule:types/types";
/// Reading its own files needs no capability.
const TABLES: &str = "amprule:facts/tables";
/// Beside a tariff's price.
const OFFER: &str = OfferInput::INTERFACE;
/// A person reads them.
const MOST_FINDINGS: usize = 20;
const NO_WASI: &str = "leave it out of the build: for Rust and C the target wasm32-unknown-unknown has no WASI, and \
                       componentize-js has disableFeatures";
/// Of drivers, load sharing and dialects: 0.x.
const DEVICE: &str = "amprule:device/";
const LOAD: &str = "amprule:load/";
const DIALECT: &str = "amprule:dialect/";
const WIRES: &str = "amprule:device/wires";
const JSON: &str = "amprule:device/json";

/// `namespace:package/interface@version`
struct Name<'a> {
    interface: &'a str,
    version: &'a str,
}

impl<'a> Name<'a> {
    fn parse(text: &'a str) -> Self {
        let (interface, version) = text.split_once('@').unwrap_or((text, ""));
        Self { interface, version }
    }

    fn is_known_version(&self) -> bool {
        let parts = if is_early(self.interface) { 2 } else { 1 };
        self.version.split('.').take(parts).eq(version_of(self.interface).split('.').take(parts))
    }
}

/// Of an interface, in this host.
fn version_of(interface: &str) -> &'static str {
    if is_early(interface) { "0.1.0" } else { "1.0.0" }
}

/// Each version of it is another contract.
fn is_early(interface: &str) -> bool {
    [DEVICE, LOAD, DIALECT].iter().any(|early| interface.starts_with(early))
}

/// The component may import the log, when its manifest asks for it, and the WASI that depends on nothing outside.
pub(crate) fn check_imports(component: &Component, engine: &Engine, manifest: &Manifest) -> Vec<Diagnostic> {
    let ty = component.component_type();
    let mut found: Vec<Diagnostic> = ty.imports(engine).filter_map(|(name, _)| check_import(name, manifest)).collect();
    if let Some(more) = found.len().checked_sub(MOST_FINDINGS).filter(|more| *more > 0) {
        found.truncate(MOST_FINDINGS);
        found.push(Diagnostic::new("import", format!("and {more} further imports")).in_file(&manifest.entry));
    }
    found
}

/// Whether it imports facts that are not in the records.
pub(crate) fn wants_facts(component: &Component, engine: &Engine) -> bool {
    let ty = component.component_type();
    ty.imports(engine).any(|(name, _)| {
        matches!(Name::parse(name).interface, CONNECTOR | LOCATION | CONTRACT | RESERVATION | GIVEN_BACK | LOOKUPS)
    })
}

fn check_import(text: &str, manifest: &Manifest) -> Option<Diagnostic> {
    let name = Name::parse(text);
    let (code, message, hint) = match name.interface {
        LOG | TYPES | TABLES | CONNECTOR | LOCATION | CONTRACT | RESERVATION | GIVEN_BACK | LOOKUPS | MONEY | WIRES
        | JSON
            if !name.is_known_version() =>
        {
            ("version", format!("the component imports {text}, which this host does not have"), known(name.interface))
        }
        LOG if !manifest.capabilities.contains_key("log") => (
            "capability",
            format!("the component imports {text}, but plugin.toml does not ask for it"),
            "add to plugin.toml:\n[capabilities]\nlog = \"why you want to log\"".to_owned(),
        ),
        WIRES if !manifest.drives => (
            "import",
            format!("the component imports {text}, which drivers have and nobody else"),
            "if it drives hardware, write in plugin.toml: hooks = [\"device\"]".to_owned(),
        ),
        LOG | TYPES | TABLES | CONNECTOR | LOCATION | CONTRACT | RESERVATION | GIVEN_BACK | LOOKUPS | MONEY | WIRES
        | JSON => {
            return None;
        }
        other if wasi::is_known(other) && name.version.starts_with(wasi::VERSION) => return None,
        other if wasi::is_known(other) => (
            "version",
            format!("the component imports {text}; the WASI of policies is version 0.2"),
            NO_WASI.to_owned(),
        ),
        other if other.starts_with("wasi:") => {
            ("import", format!("the component imports {text}, which a policy does not get"), NO_WASI.to_owned())
        }
        other => (
            "import",
            format!("the component imports {text}, which this host does not have"),
            nearest(
                other,
                &[LOG, TABLES, CONNECTOR, LOCATION, CONTRACT, RESERVATION, GIVEN_BACK, LOOKUPS, MONEY, WIRES, JSON],
            ),
        ),
    };
    Some(Diagnostic::new(code, message).in_file(&manifest.entry).hint(hint))
}

/// The hooks that the component exports, or why they cannot be used.
pub(crate) fn find_hooks(
    component: &Component,
    engine: &Engine,
    manifest: &Manifest,
) -> Result<Vec<Hook>, Vec<Diagnostic>> {
    let ty = component.component_type();
    let mut hooks = Vec::new();
    let mut findings = Vec::new();
    for (text, _) in ty.exports(engine) {
        match find_hook(text, manifest) {
            Ok(hook) => hooks.extend(hook),
            Err(finding) => findings.push(finding),
        }
    }
    for hook in manifest.hooks.iter().filter(|hook| !hooks.contains(hook)) {
        findings.push(missing(*hook, manifest));
    }
    let drives = manifest.drives && exports(component, engine, DRIVER);
    if manifest.drives && !drives {
        findings.push(missing_interface("device", DRIVER, manifest));
    }
    if hooks.is_empty() && findings.is_empty() && !drives {
        let message = "the component exports no interface that this host calls";
        findings.push(Diagnostic::new("export", message).in_file(&manifest.entry).hint(nearest("", &interfaces())));
    }
    if findings.is_empty() { Ok(hooks) } else { Err(findings) }
}

/// Whether it exports this interface, in the version that is called.
pub(crate) fn exports(component: &Component, engine: &Engine, interface: &str) -> bool {
    let ty = component.component_type();
    ty.exports(engine).any(|(name, _)| Name::parse(name).interface == interface)
}

fn find_hook(text: &str, manifest: &Manifest) -> Result<Option<Hook>, Diagnostic> {
    let name = Name::parse(text);
    let hook = Hook::ALL.into_iter().find(|hook| interface_of(*hook) == name.interface);
    let hint = match hook {
        Some(hook) if name.is_known_version() => return Ok(Some(hook)),
        None if matches!(name.interface, OFFER | DRIVER) && name.is_known_version() => return Ok(None),
        Some(_) => known(name.interface),
        None if matches!(name.interface, OFFER | DRIVER) => known(name.interface),
        None if name.interface.starts_with("amprule:") => nearest(name.interface, &interfaces()),
        None => return Ok(None),
    };
    let message = format!("the component exports {text}, which this host does not call");
    Err(Diagnostic::new("export", message).in_file(&manifest.entry).hint(hint))
}

fn missing(hook: Hook, manifest: &Manifest) -> Diagnostic {
    missing_interface(hook.as_str(), interface_of(hook), manifest)
}

fn missing_interface(name: &str, interface: &str, manifest: &Manifest) -> Diagnostic {
    let message = format!("plugin.toml names the hook {name}, but the component does not export {interface}");
    let hint = format!("call `export_{name}!(YourPlugin)` once in its code, or take {name} out of `hooks`");
    Diagnostic::new("export", message).in_file(&manifest.entry).hint(hint)
}

fn interfaces() -> Vec<&'static str> {
    Hook::ALL.map(interface_of).into_iter().chain([DRIVER]).collect()
}

fn interface_of(hook: Hook) -> &'static str {
    for_hook!(hook, Q => <Q as Export>::INTERFACE)
}

fn known(interface: &str) -> String {
    let version = version_of(interface);
    format!("the version that this host knows is {interface}@{version}; build with this host's SDK")
}

fn nearest(name: &str, known: &[&str]) -> String {
    let versioned = |interface: &&str| format!("{interface}@{}", version_of(interface));
    let all = known.iter().map(versioned).collect::<Vec<_>>().join(" and ");
    let nearest = known.iter().find(|known| strsim::normalized_levenshtein(known, name) > 0.6);
    match nearest {
        Some(nearest) => format!("did you mean {}?", versioned(nearest)),
        None => format!("this host knows {all}"),
    }
}
