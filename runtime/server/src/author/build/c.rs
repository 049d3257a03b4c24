//! C: bindings from the contract, and clang for wasm32. There is no C library.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wit_bindgen_core::Files;
use wit_parser::Resolve;

use super::running::succeeds;
use super::{Project, missing, read};
use crate::given;

const MODULE: &str = "target/module.wasm";

const FLAGS: [&str; 9] = [
    "--target=wasm32",
    "-Oz",
    "-Wall",
    "-Wextra",
    "-nostdlib",
    "-fno-builtin",
    "-Iinclude",
    "-Itarget/bindings",
    "-Wl,--no-entry,--strip-debug,-zstack-size=16384",
];

pub(super) fn compile(project: &Project<'_>) -> Result<Vec<u8>> {
    if !succeeds("clang", &["--target=wasm32", "--print-targets"]) || !succeeds("wasm-ld", &["--version"]) {
        return Err(missing("clang and wasm-ld are needed", "apt install clang lld"));
    }
    let world = project.world()?;
    let contract = project.folder.join("wit");
    let bindings = bind(&contract, &world).with_context(|| format!("make bindings of {}", contract.display()))?;
    for (name, content) in bindings.iter() {
        given::save_in(project.folder, &format!("target/bindings/{name}"), content)?;
    }
    // What the compiler makes takes the place of a file of the project, and of nothing that a link leads to.
    given::save_in(project.folder, MODULE, &[])?;
    let mut clang = project.command("clang");
    clang.args(FLAGS).args(["-o", MODULE]).args(sources(project.folder)?);
    let named = world.replace('-', "_");
    clang.args([format!("target/bindings/{named}.c"), format!("target/bindings/{named}_component_type.o")]);
    project.running.run(&mut clang)?;
    read(&project.folder.join(MODULE))
}

/// Every .c file of src/, in order.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder.join("src")).context("read src/")?;
    let names = entries.flatten().map(|entry| Path::new("src").join(entry.file_name()));
    let mut names: Vec<PathBuf> = names.filter(|name| name.extension().is_some_and(|end| end == "c")).collect();
    names.sort();
    Ok(names)
}

/// As `wit-bindgen c --world WORLD` does.
fn bind(wit: &Path, world: &str) -> Result<Files> {
    let mut contract = Resolve::default();
    let (package, _) = contract.push_dir(wit)?;
    let world = contract.select_world(&[package], Some(world))?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut contract, world, &mut files)?;
    Ok(files)
}
