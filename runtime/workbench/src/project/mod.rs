//! `amprule new`: a unit's first files, which check and test green as they are.

/// The text of a template whose path has its hook's name between the two parts.
macro_rules! by_hook {
    ($hook:expr, $before:literal, $after:literal) => {
        match $hook {
            Hook::Pricing => include_str!(concat!("../../templates/", $before, "pricing", $after)),
            Hook::Authorization => include_str!(concat!("../../templates/", $before, "authorization", $after)),
            Hook::Modifier => include_str!(concat!("../../templates/", $before, "modifier", $after)),
            Hook::Load => include_str!(concat!("../../templates/", $before, "load", $after)),
            Hook::Dialect => include_str!(concat!("../../templates/", $before, "dialect", $after)),
        }
    };
}

mod device;
mod languages;
mod lock;
mod sdk;

use amprule_domain::decision::Hook;
use amprule_hooks::manifest::is_id;

/// A file of a new project: its path within the folder, and its content.
pub type NewFile = (String, String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Configuration alone.
    Map,
    Rhai,
    Rust,
    C,
    JavaScript,
    Python,
}

/// Where a Rust project finds the guest crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sdk {
    /// In the project's own folder `sdk/`.
    Within,
    /// In this folder.
    At(String),
}

#[derive(Debug, thiserror::Error)]
pub enum NoProject {
    #[error("{0:?} cannot be a unit's id: small letters, digits and hyphens only, at most 64, as in night-tariff")]
    Name(String),
    #[error("a driver is begun as a map, in rhai, rust or c: --lang map, rhai, rust, or c")]
    NoDriver,
    #[error(
        "a map drives hardware and answers no question; begin a script with --lang rhai, or a driver with `amprule new device`"
    )]
    NoQuestion,
}

/// All files of a new driver called `name`.
pub fn driver_files(language: Language, name: &str, sdk: &Sdk) -> Result<Vec<NewFile>, NoProject> {
    named(name, device::files(language, sdk).ok_or(NoProject::NoDriver)?)
}

/// All files of a new project called `name`.
pub fn files(hook: Hook, language: Language, name: &str, sdk: &Sdk) -> Result<Vec<NewFile>, NoProject> {
    let (manifest, cases) = (by_hook!(hook, "", ".toml"), by_hook!(hook, "", "-cases.toml"));
    let mut files = vec![file("plugin.toml", manifest), file("cases/first.toml", cases)];
    files.extend(match language {
        Language::Map => return Err(NoProject::NoQuestion),
        Language::Rhai => languages::rhai(hook),
        Language::Rust => languages::rust(hook, sdk),
        Language::C => languages::c(hook),
        Language::JavaScript => languages::javascript(hook),
        Language::Python => languages::python(hook),
    });
    if matches!(language, Language::JavaScript | Language::Python) {
        files[0].1.push_str(include_str!("../../templates/speaking.toml"));
    }
    named(name, files)
}

fn named(name: &str, files: Vec<NewFile>) -> Result<Vec<NewFile>, NoProject> {
    match is_id(name) {
        true => Ok(files.into_iter().map(|(path, text)| (path, text.replace("NAME", name))).collect()),
        false => Err(NoProject::Name(name.to_owned())),
    }
}

fn file(path: &str, text: &str) -> NewFile {
    (path.to_owned(), text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_no_id_is_refused_with_an_example() {
        for name in ["Night", "night tariff", "", "../up"] {
            let error = files(Hook::Pricing, Language::Rhai, name, &Sdk::Within).unwrap_err().to_string();
            assert!(error.contains("night-tariff"), "{error}");
        }
    }

    #[test]
    fn a_rust_project_brings_the_guest_crate_or_names_it() {
        let within = files(Hook::Pricing, Language::Rust, "night", &Sdk::Within).unwrap();
        let names: Vec<&str> = within.iter().map(|(path, _)| path.as_str()).collect();
        assert!(names.contains(&"sdk/Cargo.toml") && names.contains(&"sdk/wit/worlds.wit"), "{names:?}");
        let at = files(Hook::Pricing, Language::Rust, "night", &Sdk::At("../sdk".to_owned())).unwrap();
        let manifest = &at.iter().find(|(path, _)| path == "Cargo.toml").unwrap().1;
        assert!(manifest.contains("{ path = \"../sdk\" }") && manifest.contains("name = \"night\""), "{manifest}");
    }

    #[test]
    fn a_project_in_c_javascript_or_python_brings_its_contract_and_what_its_build_needs() {
        for (language, needs) in [
            (Language::C, ["src/plugin.c", "src/memory.c", "include/stdlib.h"]),
            (Language::JavaScript, ["plugin.js", "build.js", "package.json"]),
            (Language::Python, ["plugin.py", "requirements.txt", "README.md"]),
        ] {
            let files = files(Hook::Authorization, language, "door", &Sdk::Within).unwrap();
            let has = |name: &str| files.iter().any(|(path, text)| path == name && !text.is_empty());
            assert!(needs.iter().all(|name| has(name)) && has("wit/worlds.wit"), "{language:?}");
            assert!(!files.iter().any(|(path, _)| path.starts_with("sdk/")), "{language:?}");
        }
    }
}
