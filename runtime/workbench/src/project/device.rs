//! A new driver's files. The box that they drive is made up, and the same in each language.

use super::{Language, NewFile, file};

/// `None`: no driver is begun in that language.
pub(super) fn files(language: Language) -> Option<Vec<NewFile>> {
    let (manifest, entry, code) = match language {
        Language::Map => (
            include_str!("../../templates/device/map/plugin.toml"),
            "device.toml",
            include_str!("../../templates/device/map/device.toml"),
        ),
        Language::Rhai => (
            include_str!("../../templates/device/rhai/plugin.toml"),
            "main.rhai",
            include_str!("../../templates/device/rhai/main.rhai"),
        ),
        Language::Rust | Language::C | Language::JavaScript | Language::Python => return None,
    };
    let readme = include_str!("../../templates/device/README.md").replace("ENTRY", &format!("`{entry}`"));
    Some(vec![
        file("plugin.toml", manifest),
        file("cases/first.toml", include_str!("../../templates/device/cases.toml")),
        file(entry, code),
        file("README.md", &readme),
    ])
}
