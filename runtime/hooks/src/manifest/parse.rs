//! From the text of `plugin.toml` and `parameters.toml` to a checked manifest and the parameters' values.

use std::collections::BTreeMap;

use amprule_domain::decision::Hook;
use serde_json::{Map, Value};
use toml::de::DeTable;

use super::document::{Document, SpannedValue, get, nearest};
use super::keys::{API, CAPABILITIES, LIMITS, MANIFEST, MAX_INPUTS, ON_ERROR, PIN, PROPERTIES, names};
use super::parameters::{declared, given, minute_of};
use super::{
    DEVICE, EDITION, MAP, Manifest, OnError, Parameter, Properties, RequestedLimits, device, dialect, lookups, tables,
};
use crate::Diagnostic;
use crate::inputs::Input;

const MAX_TEXT: usize = 1_024;
/// A day has so many quarters of an hour.
const MAX_BOUNDARIES: usize = 96;

/// The texts that a unit declares itself with.
#[derive(Debug, Clone, Copy)]
pub struct Declaration<'a> {
    /// How complaints name the manifest: `plugin.toml`, or `name.toml` beside a single file.
    pub file: &'a str,
    pub manifest: &'a str,
    /// The operator's `parameters.toml`.
    pub parameters: Option<&'a str>,
    /// The entry when the manifest does not name one.
    pub entry: &'a str,
}

/// Checks both texts. All complaints are returned, not the first only.
pub fn parse(declaration: &Declaration<'_>) -> Result<(Manifest, Map<String, Value>), Vec<Diagnostic>> {
    parse_by(EDITION, declaration)
}

/// By the rules of an edition.
pub fn parse_by(edition: u8, declaration: &Declaration<'_>) -> Result<(Manifest, Map<String, Value>), Vec<Diagnostic>> {
    let mut doc = Document::new(declaration.file, declaration.manifest);
    let Some(table) = doc.read() else { return Err(doc.found) };
    doc.only(&table, &names(&MANIFEST), "a manifest");
    let mut manifest = Manifest::bare(id(&mut doc, &table), declaration.entry, &[]);
    manifest.edition = edition;
    describe(&mut doc, &table, &mut manifest);
    demand(&mut doc, &table, &mut manifest);
    if let Some(placed) = get(&table, "parameters")
        && let Some(parameters) = doc.table_of(&placed, "parameters")
    {
        manifest.parameters = declared(&mut doc, parameters);
    }
    if let Some(placed) = get(&table, "tables")
        && let Some(shapes) = doc.table_of(&placed, "tables")
    {
        manifest.tables = tables::declared(&mut doc, shapes);
    }
    if let Some(placed) = get(&table, "lookups")
        && let Some(shapes) = doc.table_of(&placed, "lookups")
    {
        manifest.lookups = lookups::declared(&mut doc, shapes);
        let may_ask = manifest.hooks.is_empty() || manifest.hooks.contains(&Hook::Authorization);
        if !may_ask && manifest.is_of_today() {
            let why = "only a policy may ask another system, and the unit does not answer authorization";
            doc.complain(&placed.span, "manifest", why).hint =
                Some("prices come from tables: [tables.NAME]".to_owned());
        }
    }
    device(&mut doc, &table, &mut manifest);
    dialect(&mut doc, &table, &mut manifest);
    let mut operator = Document::new("parameters.toml", declaration.parameters.unwrap_or_default());
    let values = complete(&mut operator, &manifest.parameters, declaration.parameters.is_some());
    if let Some(placed) = get(&table, "boundaries") {
        manifest.boundaries = boundaries(&mut doc, &placed, &manifest.parameters, &values);
    }
    doc.found.append(&mut operator.found);
    if doc.found.is_empty() { Ok((manifest, values)) } else { Err(doc.found) }
}

/// A map says it all in its own file; code says here what no code says.
fn device(doc: &mut Document<'_>, table: &DeTable<'_>, manifest: &mut Manifest) {
    let is_in_code = manifest.drives && manifest.entry != MAP;
    match get(table, "device") {
        Some(placed) if !is_in_code => {
            let why = "[device] is for a driver in code: hooks = [\"device\"], and no device.toml";
            doc.complain(&placed.span, "manifest", why);
        }
        Some(placed) => {
            let table = doc.table_of(&placed, "device");
            manifest.device = table.map(|table| device::declared(doc, table));
        }
        None if is_in_code => {
            doc.miss("a driver in code says of its hardware what it is").hint =
                Some("[device] with vendor, model and wires = { main = \"modbus\" }".to_owned());
        }
        None => {}
    }
}

/// Who mends messages says whose.
fn dialect(doc: &mut Document<'_>, table: &DeTable<'_>, manifest: &mut Manifest) {
    let is_one = manifest.hooks.contains(&Hook::Dialect);
    match get(table, "dialect") {
        Some(placed) if !is_one => {
            doc.complain(&placed.span, "manifest", "[dialect] is for a unit with hooks = [\"dialect\"]");
        }
        Some(placed) => {
            let table = doc.table_of(&placed, "dialect");
            manifest.dialect = table.map(|table| dialect::declared(doc, table));
        }
        None if is_one => {
            doc.miss("a dialect says whose messages it is for").hint =
                Some("[dialect] with stations = [{ vendor = \"Acme\", model = \"Wall*\" }]".to_owned());
        }
        None => {}
    }
}

/// The entry that a manifest names, whatever else is wrong with it: it is part of what is read.
pub fn entry_of(manifest: &str) -> Option<String> {
    let table = DeTable::parse(manifest).ok()?;
    let entry = get(table.get_ref(), "entry")?.value.as_str()?.to_owned();
    is_entry(&entry).then_some(entry)
}

pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// It stands in paths, tables and terminals.
fn is_version(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-+_".contains(&byte);
    (1..=64).contains(&text.len())
        && text.bytes().all(is_plain)
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}

fn id(doc: &mut Document<'_>, table: &DeTable<'_>) -> String {
    let Some(placed) = get(table, "id") else {
        doc.miss("id is missing").hint = Some("add a line such as id = \"time-of-use\"".to_owned());
        return String::new();
    };
    let id = doc.text_of(&placed, "id").unwrap_or_default();
    if !id.is_empty() && !is_id(&id) {
        doc.complain(
            &placed.span,
            "manifest",
            "id may have small letters, digits and hyphens only, at most 64, and begins with none",
        );
    }
    id
}

/// What the unit says of itself.
fn describe(doc: &mut Document<'_>, table: &DeTable<'_>, manifest: &mut Manifest) {
    match text(doc, table, "version") {
        Some(version) => {
            if let Some(placed) = get(table, "version").filter(|_| manifest.is_of_today() && !is_version(&version)) {
                let why = "a version has 1 to 64 letters, digits and . - + _, and begins with a letter or digit";
                doc.complain(&placed.span, "manifest", why).hint = Some("for instance \"1.2.0\"".to_owned());
            }
            manifest.version = version;
        }
        None if get(table, "version").is_none() => {
            doc.miss("version is missing").hint = Some("add a line such as version = \"1.0.0\"".to_owned());
        }
        None => {}
    }
    if let Some(placed) = get(table, "revision") {
        manifest.revision = doc.whole(&placed, "revision").unwrap_or_default();
    }
    manifest.description = text(doc, table, "description").unwrap_or_default();
    if let Some(placed) = get(table, "entry")
        && let Some(entry) = doc.text_of(&placed, "entry")
    {
        if !is_entry(&entry) && manifest.is_of_today() {
            doc.complain(&placed.span, "manifest", "entry must be a .rhai or .wasm file directly in the unit's folder");
        }
        manifest.entry = entry;
    }
    hooks(doc, table, manifest);
}

fn hooks(doc: &mut Document<'_>, table: &DeTable<'_>, manifest: &mut Manifest) {
    let Some(placed) = get(table, "hooks") else {
        doc.miss("hooks is missing").hint = Some("add a line such as hooks = [\"pricing\"]".to_owned());
        return;
    };
    let texts = doc.texts(&placed, "hooks");
    if texts.is_empty() {
        doc.complain(&placed.span, "manifest", "hooks names no hook");
    }
    for (word, span) in texts {
        if word == DEVICE {
            manifest.drives = true;
            continue;
        }
        match Hook::ALL.into_iter().find(|hook| hook.as_str() == word) {
            Some(hook) if !manifest.hooks.contains(&hook) => manifest.hooks.push(hook),
            Some(_) => {}
            None => {
                let hint = nearest(word, Hook::ALL.iter().map(|hook| hook.as_str()).chain([DEVICE]));
                doc.complain(&span, "manifest", format!("there is no hook {word:?}")).hint = Some(hint);
            }
        }
    }
}

fn inputs(doc: &mut Document<'_>, placed: &SpannedValue<'_, '_>, is_of_today: bool) -> Vec<Input> {
    let mut inputs = Vec::new();
    for (word, span) in doc.texts(placed, "inputs") {
        match Input::named(word) {
            Some(_) if inputs.len() == MAX_INPUTS => {
                doc.complain(&span, "manifest", format!("more than {MAX_INPUTS} inputs"));
                break;
            }
            Some(input) if is_of_today && inputs.contains(&input) => {
                doc.complain(&span, "manifest", format!("inputs names {word:?} twice"));
            }
            Some(input) => inputs.push(input),
            None => {
                let hint = format!("{}; or attribute.NAME", nearest(word, Input::WORDS.into_iter()));
                doc.complain(&span, "manifest", format!("there is no input {word:?}")).hint = Some(hint);
            }
        }
    }
    inputs
}

/// What the unit wants of the host.
fn demand(doc: &mut Document<'_>, table: &DeTable<'_>, manifest: &mut Manifest) {
    if let Some(placed) = get(table, "api")
        && let Some(api) = doc.whole(&placed, "api")
        && api != API
    {
        doc.complain(&placed.span, "manifest", format!("this host speaks contract version {API}, not {api}"));
    }
    if let Some(placed) = get(table, "inputs") {
        manifest.inputs = inputs(doc, &placed, manifest.is_of_today());
    }
    manifest.pinned = word(doc, table, "pin", &PIN) != Some("none");
    if word(doc, table, "on_error", &ON_ERROR) == Some("no-opinion") {
        manifest.on_error = OnError::NoOpinion;
    }
    manifest.capabilities = capabilities(doc, table);
    manifest.limits = limits(doc, table);
    if let Some(placed) = get(table, "properties")
        && let Some(table) = doc.table_of(&placed, "properties")
    {
        manifest.properties = properties(doc, table);
    }
}

fn properties(doc: &mut Document<'_>, table: &DeTable<'_>) -> Properties {
    doc.only(table, &names(&PROPERTIES), "properties");
    let usual = Properties::default();
    let monotonic = get(table, "monotonic").and_then(|placed| doc.flag(&placed, "monotonic"));
    Properties { monotonic: monotonic.unwrap_or(usual.monotonic) }
}

fn capabilities(doc: &mut Document<'_>, table: &DeTable<'_>) -> BTreeMap<String, String> {
    let Some(placed) = get(table, "capabilities") else { return BTreeMap::new() };
    let Some(table) = doc.table_of(&placed, "capabilities") else { return BTreeMap::new() };
    doc.only(table, &names(&CAPABILITIES), "the list of capabilities");
    names(&CAPABILITIES).iter().filter_map(|name| Some(((*name).to_owned(), text(doc, table, name)?))).collect()
}

fn limits(doc: &mut Document<'_>, table: &DeTable<'_>) -> RequestedLimits {
    let Some(placed) = get(table, "limits") else { return RequestedLimits::default() };
    let Some(table) = doc.table_of(&placed, "limits") else { return RequestedLimits::default() };
    doc.only(table, &names(&LIMITS), "limits");
    let mut limit = |key: &str| {
        let placed = get(table, key)?;
        let number = doc.whole(&placed, key)?;
        if number == 0 {
            doc.complain(&placed.span, "manifest", format!("with a {key} of 0 nothing can run"));
        }
        Some(number)
    };
    RequestedLimits { fuel: limit("fuel"), wall_ms: limit("wall_ms"), memory_mib: limit("memory_mib") }
}

/// The operator's values, and the defaults of what is not given.
fn complete(operator: &mut Document<'_>, declared: &BTreeMap<String, Parameter>, exists: bool) -> Map<String, Value> {
    let mut values = if exists { given(operator, declared) } else { Map::new() };
    let failed = !operator.found.is_empty();
    for (name, parameter) in declared {
        if values.contains_key(name) {
            continue;
        }
        match &parameter.default {
            Some(default) => drop(values.insert(name.clone(), default.clone())),
            None if failed => {}
            None => {
                operator.miss(format!("parameter {name} has no default and is not given")).hint =
                    Some(format!("add a line to parameters.toml: {name} = …  ({})", parameter.kind.as_str()));
            }
        }
    }
    values
}

fn boundaries(
    doc: &mut Document<'_>,
    placed: &SpannedValue<'_, '_>,
    declared: &BTreeMap<String, Parameter>,
    values: &Map<String, Value>,
) -> Vec<u16> {
    let texts = doc.texts(placed, "boundaries");
    let mut minutes = Vec::new();
    for (text, span) in texts {
        if let Some(step) = every(text) {
            minutes.extend((0..1440).step_by(step));
            continue;
        }
        let named = text.strip_prefix('$');
        if let Some(name) = named.filter(|name| !declared.contains_key(*name)) {
            let hint = nearest(name, declared.keys().map(String::as_str));
            doc.complain(&span, "manifest", format!("there is no parameter {name:?}")).hint = Some(hint);
            continue;
        }
        let value = named.map_or(Some(text), |name| values.get(name).and_then(Value::as_str));
        match value.map(|value| (value, minute_of(value))) {
            Some((_, Some(minute))) => minutes.push(minute),
            Some((value, None)) => {
                doc.complain(
                    &span,
                    "manifest",
                    format!("{value:?} is no time of the day, as 07:30 is, nor \"every 15 min\""),
                );
            }
            // A value that is missing or no text was complained of where it stands, or is of the wrong type.
            None if named.is_some_and(|name| values.contains_key(name)) => {
                doc.complain(&span, "manifest", format!("{text} is not a parameter of the type time"));
            }
            None => {}
        }
    }
    minutes.sort_unstable();
    minutes.dedup();
    if minutes.len() > MAX_BOUNDARIES {
        doc.complain(&placed.span, "manifest", format!("more than {MAX_BOUNDARIES} boundaries"));
    }
    minutes
}

/// A market's clock: `every 15 min`.
fn every(text: &str) -> Option<usize> {
    let minutes = text.strip_prefix("every ")?.strip_suffix(" min")?;
    [15, 30, 60].into_iter().find(|step| minutes == step.to_string())
}

fn word<'w>(doc: &mut Document<'_>, table: &DeTable<'_>, key: &str, words: &[&'w str]) -> Option<&'w str> {
    let placed = get(table, key)?;
    let text = doc.text_of(&placed, key)?;
    let known = words.iter().copied().find(|word| *word == text);
    if known.is_none() {
        let hint = nearest(&text, words.iter().copied());
        doc.complain(&placed.span, "manifest", format!("{key} = {text:?} is not known")).hint = Some(hint);
    }
    known
}

fn text(doc: &mut Document<'_>, table: &DeTable<'_>, key: &str) -> Option<String> {
    let placed = get(table, key)?;
    let text = doc.text_of(&placed, key)?;
    if text.len() > MAX_TEXT {
        doc.complain(&placed.span, "manifest", format!("{key} is longer than {MAX_TEXT} bytes"));
    }
    Some(text)
}

fn is_entry(entry: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let plain = entry.len() <= 128 && entry.bytes().all(is_plain) && !entry.starts_with(['.', '-']);
    plain && (entry.ends_with(".rhai") || entry.ends_with(".wasm") || entry == MAP)
}
