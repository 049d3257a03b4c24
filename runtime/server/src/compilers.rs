//! One compiler for each kind of unit.

use std::sync::Arc;

use amprule_reload::Compilers;
use amprule_script::ScriptCompiler;
use amprule_wasm::{Settings, WasmCompiler};
use anyhow::{Context, Result};

pub(crate) fn open() -> Result<Compilers> {
    let wasm = WasmCompiler::start(&Settings::default()).context("start the engine for WASM")?;
    Ok(Compilers { rhai: Arc::new(ScriptCompiler), wasm: Arc::new(wasm) })
}
