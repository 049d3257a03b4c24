//! From an entry of a table to a unit's files.

use std::collections::BTreeMap;
use std::path::Path;

use amprule_domain::decision::Hook;
use serde::Deserialize;

use crate::guest::{self, Guest, LOG};
use crate::{Expect, Unit};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    unit: Vec<Entry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entry {
    name: String,
    about: String,
    refused: Option<String>,
    fault: Vec<String>,
    answers: bool,
    elsewhere: Option<String>,
    says: String,

    body: Option<String>,
    fields: Option<String>,
    realloc: Option<String>,
    imports: String,
    wit: Vec<String>,
    needs: Vec<String>,
    logs: bool,
    component: Option<String>,
    raw: Option<String>,

    price: Option<String>,
    script: Option<String>,
    latin1: Option<String>,

    hook: Option<Hook>,
    manifest: String,
    links: BTreeMap<String, String>,
    pipes: Vec<String>,
    circles: usize,
    many: usize,
    case: Option<String>,
    parameters: Option<String>,

    fill: String,
    fill_end: String,
    times: usize,
    locals: usize,
    targets: usize,
    fuel: Option<u64>,
}

pub(crate) fn read(path: &Path) -> Vec<Unit> {
    let text = std::fs::read_to_string(path).expect("read a table of the corpus");
    let table: Table = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    table.unit.into_iter().map(Entry::unit).collect()
}

impl Entry {
    fn unit(self) -> Unit {
        let mut files = BTreeMap::new();
        let expect = self.expect();
        if !matches!(expect, Expect::Elsewhere(_)) {
            files.insert("plugin.toml".to_owned(), self.plugin_toml().into_bytes());
            files.extend(self.code().map(|(name, bytes)| (name.to_owned(), bytes)));
            self.pipes.iter().for_each(|pipe| drop(files.remove(pipe)));
            let given = self.parameters.as_ref().map(|text| self.filled(text).into_bytes());
            files.extend(given.map(|text| ("parameters.toml".to_owned(), text)));
            files.extend(self.case.as_ref().map(|case| ("cases/case.json".to_owned(), self.filled(case).into_bytes())));
            files.extend((0..self.many).map(|n| (format!("part{n}.rhai"), b"const X = 1;".to_vec())));
        }
        let circles = (0..self.circles).map(|n| (format!("circle{n}"), ".".to_owned()));
        let links = self.links.clone().into_iter().chain(circles).collect();
        Unit {
            expect,
            files,
            links,
            is_script: !self.is_wasm(),
            hook: self.hook(),
            name: self.name,
            about: self.about,
            says: self.says,
            fuel: self.fuel,
            pipes: self.pipes,
        }
    }

    fn expect(&self) -> Expect {
        match (&self.refused, self.fault.is_empty(), self.answers, &self.elsewhere) {
            (Some(code), true, false, None) => Expect::Refused(code.clone()),
            (None, false, false, None) => Expect::Faults(self.fault.clone()),
            (None, true, true, None) => Expect::Answers,
            (None, true, false, Some(place)) => Expect::Elsewhere(place.clone()),
            _ => panic!("{}: exactly one of refused, fault, answers and elsewhere is needed", self.name),
        }
    }

    fn hook(&self) -> Hook {
        self.hook.unwrap_or(Hook::Pricing)
    }

    fn is_wasm(&self) -> bool {
        let parts = [&self.body, &self.fields, &self.realloc, &self.component, &self.raw];
        parts.iter().any(|part| part.is_some()) || self.links.contains_key("plugin.wasm")
    }

    fn plugin_toml(&self) -> String {
        let (name, more) = (&self.name, self.filled(&self.manifest));
        let hook = self.hook().as_str();
        let log = if self.logs { "[capabilities]\nlog = \"to flood it\"\n" } else { "" };
        format!("id = \"{name}\"\nversion = \"1.0.0\"\napi = 1\nhooks = [\"{hook}\"]\n{more}\n{log}")
    }

    /// The entry, when it is a file and not a link.
    fn code(&self) -> Option<(&'static str, Vec<u8>)> {
        if let Some(text) = &self.component {
            return Some(("plugin.wasm", guest::text(&self.filled(text))));
        }
        if let Some(raw) = &self.raw {
            return Some(("plugin.wasm", raw.clone().into_bytes()));
        }
        if self.links.contains_key("plugin.wasm") || self.links.contains_key("main.rhai") {
            return None;
        }
        if self.is_wasm() {
            return Some(("plugin.wasm", self.guest()));
        }
        let script = match (&self.price, &self.script, &self.latin1) {
            (Some(price), ..) => format!("fn price(session) {{ {price} }}"),
            (_, Some(script), _) => script.clone(),
            (_, _, Some(text)) => {
                let bytes = text.chars().map(|c| u8::try_from(c).expect("a character of Latin-1"));
                return Some(("main.rhai", bytes.collect()));
            }
            _ => panic!("{}: there is no code", self.name),
        };
        Some(("main.rhai", self.filled(&script).into_bytes()))
    }

    fn guest(&self) -> Vec<u8> {
        let part = |part: &Option<String>| self.filled(part.as_deref().unwrap_or_default());
        let (fields, realloc, body) = (part(&self.fields), part(&self.realloc), part(&self.body));
        let imports = if self.logs { LOG } else { &self.imports };
        Guest {
            authorizes: self.hook() == Hook::Authorization,
            wit: &self.wit,
            needs: &self.needs,
            imports,
            fields: &fields,
            realloc: &realloc,
            body: &body,
        }
        .component()
    }

    fn filled(&self, code: &str) -> String {
        let locals = vec!["i64"; self.locals].join(" ");
        let targets = vec!["0"; self.targets].join(" ");
        let fill = self.fill.replace("{locals}", &locals).replace("{targets}", &targets);
        let times: String = if fill.contains("{n}") {
            (0..self.times).map(|n| fill.replace("{n}", &n.to_string())).collect()
        } else {
            fill.repeat(self.times)
        };
        code.replace("{fill}", &times).replace("{fill_end}", &self.fill_end.repeat(self.times))
    }
}
