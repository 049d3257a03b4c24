//! Scripts and plugins for tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::folders;

/// Copies a plugin as an operator installs it: the manifest, the component and the parameters, no sources.
pub fn copy_plugin(from: &Path, to: &Path) {
    build();
    std::fs::create_dir_all(to).expect("make a folder of the test");
    for entry in std::fs::read_dir(from).expect("read a plugin's folder") {
        let entry = entry.expect("read a folder's entry");
        let name = entry.file_name();
        let wanted = Path::new(&name).extension().is_some_and(|extension| extension == "wasm" || extension == "toml");
        if wanted && name != "Cargo.toml" {
            std::fs::copy(entry.path(), to.join(&name)).expect("copy a plugin's file");
        }
    }
    let builder = if from.join("src/plugin.c").exists() { "guests --only c" } else { "plugins" };
    assert!(
        to.join("plugin.wasm").exists(),
        "{} has no plugin.wasm; `cargo xtask {builder}` builds it",
        from.display()
    );
}

/// Builds the plugins once, unless `cargo xtask test` has done it already.
fn build() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        if std::env::var_os("AMPRULE_BINARY").is_some() {
            return;
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo).current_dir(folders::root()).args(["xtask", "plugins"]).status();
        assert!(status.is_ok_and(|status| status.success()), "the plugins have to build before they can be tested");
    });
}

/// The component of a guest that only tests use.
pub fn guest(name: &str) -> PathBuf {
    build();
    folders::root().join("tests/guests").join(name).join("plugin.wasm")
}

/// The manifest of a pricing script without parameters.
pub fn manifest(id: &str, version: &str, hook: &str) -> String {
    format!("id = \"{id}\"\nversion = \"{version}\"\napi = 1\nhooks = [\"{hook}\"]\n")
}

/// A tariff of so many euros per kWh.
pub fn tariff(per_kwh: &str) -> String {
    format!(
        r#"// So much for each kWh.
fn price(session) {{
    let lines = [line("energy", "Energy", session.energy_kwh, "kWh", {per_kwh})];
    bill("EUR", lines)
}}
"#
    )
}

/// Other bytes of the same behaviour: a custom section at the end, which every WebAssembly host ignores.
pub fn rebuilt(component: &[u8], build: u8) -> Vec<u8> {
    let mut bytes = component.to_vec();
    bytes.extend([0, 7, 5, b'b', b'u', b'i', b'l', b'd', build]);
    bytes
}

/// Replaces a unit's file as editors do.
pub fn edit(path: &Path, change: impl FnOnce(String) -> String) -> PathBuf {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
    folders::save(path, change(text));
    path.to_path_buf()
}
