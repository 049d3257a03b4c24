//! Builds every crate of `plugins/`, and the guests of the tests, as WebAssembly components beside their sources. What is there in C is
//! built by `guests`, once there is an `amprule`.
//!
//! Cargo makes core modules that carry their contract in a custom section; wrapping one into a component is the last
//! step. A component is replaced in one move, and only when its bytes changed, so that a running server reloads
//! exactly what is new.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use wit_component::ComponentEncoder;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "plugin";
const GUESTS: [&str; 3] = ["plugins", "plugin-sdk/guests", "tests/guests"];

struct Plugin {
    package: String,
    /// `plugins/<name>`
    folder: PathBuf,
    module: PathBuf,
}

/// Builds what is out of date. Prints one line for each component that changed.
pub(crate) fn build(root: &Path) -> Result<()> {
    let plugins = find(root)?;
    if plugins.is_empty() {
        return Ok(());
    }
    add_target(root)?;
    compile(root, &plugins)?;
    plugins.iter().try_for_each(|plugin| {
        plugin.componentize().with_context(|| format!("turn {} into a component", plugin.package))
    })
}

fn find(root: &Path) -> Result<Vec<Plugin>> {
    let output =
        cargo(root).args(["metadata", "--no-deps", "--format-version=1"]).output().context("run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).context("read the output of cargo metadata")?;
    let modules = Path::new(text(&metadata["target_directory"])?).join(TARGET).join(PROFILE);
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let of_folder = packages
        .iter()
        .filter(|package| package["manifest_path"].as_str().is_some_and(|path| is_guest(Path::new(path), root)));
    of_folder.map(|package| Plugin::new(package, &modules)).collect()
}

fn is_guest(manifest: &Path, root: &Path) -> bool {
    GUESTS.iter().any(|folder| manifest.starts_with(root.join(folder)))
}

impl Plugin {
    fn new(package: &Value, modules: &Path) -> Result<Self> {
        let name = text(&package["name"])?;
        let manifest = Path::new(text(&package["manifest_path"])?);
        let targets = package["targets"].as_array().context("a package without targets")?;
        let library = targets
            .iter()
            .find(|target| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "cdylib")))
            .with_context(|| format!(r#"{name} is no plugin yet: add `crate-type = ["cdylib"]` below [lib]"#))?;
        Ok(Self {
            package: name.to_owned(),
            folder: manifest.parent().context("a manifest without a folder")?.to_path_buf(),
            module: modules.join(text(&library["name"])?.replace('-', "_")).with_extension("wasm"),
        })
    }

    fn componentize(&self) -> Result<()> {
        let module = fs::read(&self.module).with_context(|| format!("read {}", self.module.display()))?;
        let component = ComponentEncoder::default().validate(true).module(&module)?.encode()?;
        put(&component, &self.folder)
    }
}

/// A plugin's component beside its manifest, if it is another than before.
pub(crate) fn put(component: &[u8], folder: &Path) -> Result<()> {
    let path = folder.join("plugin.wasm");
    if fs::read(&path).is_ok_and(|old| old == component) {
        return Ok(());
    }
    replace(&path, component)?;
    println!("{}: {} KiB", path.display(), component.len().div_ceil(1024));
    Ok(())
}

/// A reader sees the old bytes or the new ones, never a part.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let fresh = path.with_file_name(".plugin.wasm.new");
    fs::write(&fresh, bytes).with_context(|| format!("write {}", fresh.display()))?;
    fs::rename(&fresh, path).with_context(|| format!("replace {}", path.display()))
}

fn compile(root: &Path, plugins: &[Plugin]) -> Result<()> {
    println!("building the plugins …");
    let mut build = cargo(root);
    build.args(["build", "--quiet", "--profile", PROFILE, "--target", TARGET]);
    build.args(plugins.iter().flat_map(|plugin| ["--package", &plugin.package]));
    let status = build.status().context("run cargo build")?;
    ensure!(status.success(), "the plugins do not compile; the messages above say why");
    Ok(())
}

fn add_target(root: &Path) -> Result<()> {
    if has_target(root)? {
        return Ok(());
    }
    match Command::new("rustup").current_dir(root).args(["target", "add", TARGET]).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => bail!("`rustup target add {TARGET}` failed ({status}); is there a network connection?"),
        Err(_) => bail!(
            "this Rust installation lacks the target {TARGET}, and there is no rustup to add it; \
             install it with your system's packages (rust-std-{TARGET}), or install Rust with rustup"
        ),
    }
}

/// True when the target's standard library is there, however Rust was installed.
fn has_target(root: &Path) -> Result<bool> {
    let mut rustc = Command::new("rustc");
    rustc.current_dir(root).args(["--print", "target-libdir", "--target", TARGET]);
    let output = rustc.output().context("run rustc")?;
    let folder = String::from_utf8_lossy(&output.stdout);
    Ok(output.status.success() && Path::new(folder.trim()).is_dir())
}

fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    cargo
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().context("cargo metadata has an unknown form")
}
