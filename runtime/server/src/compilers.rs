//! One compiler for each kind of unit.

use std::sync::Arc;

use amprule_reload::Compilers;
use amprule_script::ScriptCompiler;
use amprule_wasm::{Settings, WasmCompiler};
use anyhow::{Context, Result};

/// With the usual bounds.
pub(crate) fn open() -> Result<Compilers> {
    sized(Settings::default().component_max)
}

/// `component_max`: bytes of a component.
pub(crate) fn sized(component_max: usize) -> Result<Compilers> {
    let settings = Settings { component_max, ..Settings::default() };
    let wasm = WasmCompiler::start(&settings).context("start the engine for WASM")?;
    Ok(Compilers { rhai: Arc::new(ScriptCompiler), wasm: Arc::new(wasm) })
}
