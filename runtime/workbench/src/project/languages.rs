//! The files of a project that differ by its language. All but the rule itself is shared with the guests of the SDK.

use amprule_domain::decision::Hook;

use super::{NewFile, Sdk, file, lock, sdk};

macro_rules! guest {
    ($path:literal) => {
        include_str!(concat!("../../../../plugin-sdk/guests/", $path))
    };
}

/// What is done in this language, and what the hook is.
fn readme(language: &str, hook: Hook) -> NewFile {
    file("README.md", &format!("{language}\n{}", by_hook!(hook, "", ".md")))
}

pub(super) fn rhai(hook: Hook) -> Vec<NewFile> {
    vec![
        file("main.rhai", by_hook!(hook, "rhai/", "/main.rhai")),
        readme(include_str!("../../templates/rhai/README.md"), hook),
    ]
}

pub(super) fn rust(hook: Hook, sdk: &Sdk) -> Vec<NewFile> {
    let readme = readme(include_str!("../../templates/rust/README.md"), hook);
    rust_project(by_hook!(hook, "rust/", "/src/lib.rs"), sdk).into_iter().chain([readme]).collect()
}

/// All but what it says of itself.
pub(super) fn rust_project(code: &str, sdk: &Sdk) -> Vec<NewFile> {
    let path = match sdk {
        Sdk::Within => "sdk",
        Sdk::At(path) => path,
    };
    let manifest = include_str!("../../templates/rust/Cargo.toml").replace("\"SDK\"", &format!("{path:?}"));
    let mut files = vec![
        file("Cargo.toml", &manifest),
        file("Cargo.lock", &lock::for_guests()),
        file("src/lib.rs", code),
        file(".gitignore", "/target\n"),
    ];
    if *sdk == Sdk::Within {
        files.extend(sdk::files());
    }
    files
}

pub(super) fn c(hook: Hook) -> Vec<NewFile> {
    let readme = readme(include_str!("../../templates/c/README.md"), hook);
    c_project(by_hook!(hook, "c/", "/plugin.c"), Some(hook)).into_iter().chain([readme]).collect()
}

/// All but what it says of itself.
pub(super) fn c_project(code: &str, hook: Option<Hook>) -> Vec<NewFile> {
    let files = [
        file("src/plugin.c", code),
        file("src/memory.c", guest!("c/src/memory.c")),
        file("include/stdlib.h", guest!("c/include/stdlib.h")),
        file("include/string.h", guest!("c/include/string.h")),
        file(".gitignore", "/target\n"),
    ];
    files.into_iter().chain(sdk::contract(hook)).collect()
}

pub(super) fn javascript(hook: Hook) -> Vec<NewFile> {
    let files = [
        file("plugin.js", by_hook!(hook, "js/", "/plugin.js")),
        file("build.js", guest!("js/build.js")),
        file("package.json", guest!("js/package.json")),
        readme(include_str!("../../templates/js/README.md"), hook),
        file(".gitignore", "/node_modules\n/target\n"),
    ];
    files.into_iter().chain(sdk::contract(Some(hook))).collect()
}

pub(super) fn python(hook: Hook) -> Vec<NewFile> {
    let files = [
        file("plugin.py", by_hook!(hook, "python/", "/plugin.py")),
        file("requirements.txt", guest!("python/requirements.txt")),
        readme(include_str!("../../templates/python/README.md"), hook),
        file(".gitignore", "/.venv\n/target\n__pycache__\n"),
    ];
    files.into_iter().chain(sdk::contract(Some(hook))).collect()
}
