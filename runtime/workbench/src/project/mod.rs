//! `amprule new`: a unit's first files, which check and test green as they are.

mod lock;
mod sdk;

use amprule_domain::decision::Hook;
use amprule_hooks::manifest::is_id;

/// A file of a new project: its path within the folder, and its content.
pub type NewFile = (String, String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Rhai,
    Rust,
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
}

/// All files of a new project called `name`.
pub fn files(hook: Hook, language: Language, name: &str, sdk: &Sdk) -> Result<Vec<NewFile>, NoProject> {
    if !is_id(name) {
        return Err(NoProject::Name(name.to_owned()));
    }
    let texts = texts(hook);
    let mut files = vec![file("plugin.toml", texts.manifest), file("cases/first.toml", texts.cases)];
    match language {
        Language::Rhai => {
            files.push(file("main.rhai", texts.rhai));
            files.push(file("README.md", include_str!("../../templates/rhai/README.md")));
        }
        Language::Rust => {
            let path = match sdk {
                Sdk::Within => "sdk",
                Sdk::At(path) => path,
            };
            let manifest = include_str!("../../templates/rust/Cargo.toml").replace("\"SDK\"", &format!("{path:?}"));
            files.push(file("Cargo.toml", &manifest));
            files.push(file("Cargo.lock", &lock::for_guests()));
            files.push(file("src/lib.rs", texts.rust));
            files.push(file("README.md", include_str!("../../templates/rust/README.md")));
            files.push(file(".gitignore", "/target\n"));
            if *sdk == Sdk::Within {
                files.extend(sdk::files());
            }
        }
    }
    Ok(files.into_iter().map(|(path, text)| (path, text.replace("NAME", name))).collect())
}

struct Texts {
    manifest: &'static str,
    cases: &'static str,
    rhai: &'static str,
    rust: &'static str,
}

fn texts(hook: Hook) -> Texts {
    match hook {
        Hook::Pricing => Texts {
            manifest: include_str!("../../templates/pricing.toml"),
            cases: include_str!("../../templates/pricing-cases.toml"),
            rhai: include_str!("../../templates/rhai/pricing/main.rhai"),
            rust: include_str!("../../templates/rust/pricing/src/lib.rs"),
        },
        Hook::Authorization => Texts {
            manifest: include_str!("../../templates/authorization.toml"),
            cases: include_str!("../../templates/authorization-cases.toml"),
            rhai: include_str!("../../templates/rhai/authorization/main.rhai"),
            rust: include_str!("../../templates/rust/authorization/src/lib.rs"),
        },
        Hook::Modifier => Texts {
            manifest: include_str!("../../templates/modifier.toml"),
            cases: include_str!("../../templates/modifier-cases.toml"),
            rhai: include_str!("../../templates/rhai/modifier/main.rhai"),
            rust: include_str!("../../templates/rust/modifier/src/lib.rs"),
        },
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
}
