//! One compiler for each kind of unit, and the bounds of what they make.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use amprule_hooks::HostLimits;
use amprule_reload::{Compilers, Equipment};
use amprule_script::ScriptCompiler;
use amprule_wasm::{Cache, Settings, WasmCompiler};
use anyhow::{Context, Result};
use clap::Args;

use crate::compiled;
use crate::config::Extensions;

/// Of every command that compiles without a server's configuration.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Patience {
    /// Seconds that compiling and testing the unit may take; compile_s is the server's
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=3600))]
    #[arg(default_value_t = Equipment::PATIENCE.as_secs())]
    compile_s: u64,
}

/// With the usual bounds.
pub(crate) fn usual(patience: Patience) -> Result<Equipment> {
    let (limits, patience) = (HostLimits::default(), Duration::from_secs(patience.compile_s));
    equip(limits, Settings::default(), patience, compiled::of_user())
}

/// As the configuration of the server with this data folder says.
pub(crate) fn configured(extensions: &Extensions, data: &Path) -> Result<Equipment> {
    let (limits, patience) = (extensions.hook_settings().limits, Duration::from_secs(extensions.compile_s));
    let settings = Settings { component_max: extensions.component_max(), ..Settings::default() };
    equip(limits, settings, patience, compiled::of_server(data, extensions.compiled_mib))
}

fn equip(limits: HostLimits, settings: Settings, patience: Duration, cache: Option<Cache>) -> Result<Equipment> {
    let wasm = WasmCompiler::start(&settings).context("start the engine for WASM")?;
    let wasm = match cache {
        Some(cache) => wasm.with_cache(cache),
        None => wasm,
    };
    let compilers = Compilers { rhai: Arc::new(ScriptCompiler { limits }), wasm: Arc::new(wasm) };
    Ok(Equipment { compilers, limits, patience })
}
