//! A new driver's files. The box that they drive is made up, and the same in each language.

use super::{Language, NewFile, Sdk, file, languages};

/// What code says of its hardware.
const OF_CODE: &str = include_str!("../../templates/device/plugin.toml");

/// `None`: no driver is begun in that language.
pub(super) fn files(language: Language, sdk: &Sdk) -> Option<Vec<NewFile>> {
    let (manifest, entry, mut files) = match language {
        Language::Map => {
            let map = file("device.toml", include_str!("../../templates/device/map/device.toml"));
            (include_str!("../../templates/device/map/plugin.toml"), "device.toml", vec![map])
        }
        Language::Rhai => {
            let script = file("main.rhai", include_str!("../../templates/device/rhai/main.rhai"));
            (OF_CODE, "main.rhai", vec![script])
        }
        Language::Rust => {
            (OF_CODE, "src/lib.rs", languages::rust_project(include_str!("../../templates/device/rust/lib.rs"), sdk))
        }
        Language::C => {
            (OF_CODE, "src/plugin.c", languages::c_project(include_str!("../../templates/device/c/plugin.c"), None))
        }
        Language::JavaScript | Language::Python => return None,
    };
    let build = match language {
        Language::Rust | Language::C => "\n       amprule build .",
        _ => "",
    };
    let readme = include_str!("../../templates/device/README.md");
    let readme = readme.replace("ENTRY", &format!("`{entry}`")).replace("\n       amprule BUILD .", build);
    files.extend([
        file("plugin.toml", manifest),
        file("cases/first.toml", include_str!("../../templates/device/cases.toml")),
        file("README.md", &readme),
    ]);
    Some(files)
}
