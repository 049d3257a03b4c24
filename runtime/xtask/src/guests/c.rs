//! C: bindings from the contract, clang for wasm32, and the step that makes a component of a module.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use wit_bindgen_core::Files;
use wit_component::ComponentEncoder;
use wit_parser::Resolve;

use super::{Built, Workplace};
use crate::run::{run, succeeds};

const WORLD: &str = "pricing";

pub(super) fn build(place: &Workplace) -> Result<Built> {
    if !succeeds(Command::new("clang").args(["--target=wasm32", "--print-targets"])) || !has_linker() {
        return Ok(Built::Missing(
            "clang and wasm-ld are needed (Debian and Ubuntu: apt install clang lld)".to_owned(),
        ));
    }
    bind(&place.root.join("plugin-sdk/wit"), &place.work)?;
    run(Command::new("clang").current_dir(&place.work).args([
        "--target=wasm32",
        "-Oz",
        "-Wall",
        "-Wextra",
        "-nostdlib",
        "-fno-builtin",
        "-Iinclude",
        "-Wl,--no-entry,--strip-debug,-zstack-size=16384",
        "-o",
        "module.wasm",
        "tariff.c",
        "memory.c",
        "pricing.c",
        "pricing_component_type.o",
    ]))?;
    let module = fs::read(place.work.join("module.wasm")).context("read what clang made")?;
    Ok(Built::Component(ComponentEncoder::default().validate(true).module(&module)?.encode()?))
}

/// As `wit-bindgen c --world pricing` does.
fn bind(wit: &Path, work: &Path) -> Result<()> {
    let mut contract = Resolve::default();
    let (package, _) = contract.push_dir(wit)?;
    let world = contract.select_world(&[package], Some(WORLD))?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut contract, world, &mut files)?;
    for (name, content) in files.iter() {
        fs::write(work.join(name), content).with_context(|| format!("write {name}"))?;
    }
    Ok(())
}

fn has_linker() -> bool {
    succeeds(Command::new("wasm-ld").arg("--version"))
}
