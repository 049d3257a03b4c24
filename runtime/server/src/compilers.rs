//! One compiler for each kind of unit, and the bounds of what they make.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use amprule_devices::MapCompiler;
use amprule_hooks::HostLimits;
use amprule_reload::{CompileSettings, Compilers};
use amprule_script::ScriptCompiler;
use amprule_wasm::{Cache, ChildCompiler, CompileLimits, Settings, WasmCompiler, run_child};
use anyhow::{Context, Result};
use clap::Args;

use crate::compiled;
use crate::config::Extensions;

/// Of every command that compiles without a server's configuration.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Patience {
    /// Seconds that compiling and testing the unit may take; compile_s is the server's
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u64).range(1..=3600))]
    #[arg(default_value_t = CompileSettings::TIMEOUT.as_secs())]
    compile_s: u64,
}

/// With the usual bounds.
pub(crate) fn usual(patience: Patience) -> Result<CompileSettings> {
    let (limits, patience) = (HostLimits::default(), Duration::from_secs(patience.compile_s));
    let compiling = CompileLimits { memory: COMPILE_MIB << 20, time: patience };
    equip(limits, Settings::default(), compiling, compiled::of_user())
}

/// As the configuration of the server with this data folder says.
pub(crate) fn configured(extensions: &Extensions, data: &Path) -> Result<CompileSettings> {
    let (limits, patience) = (extensions.hook_settings().limits, Duration::from_secs(extensions.compile_s));
    let settings = Settings { component_max: extensions.component_max(), ..Settings::default() };
    let compiling = CompileLimits { memory: extensions.compile_mib << 20, time: patience };
    equip(limits, settings, compiling, compiled::of_server(data, extensions.compiled_mib))
}

fn equip(
    limits: HostLimits,
    settings: Settings,
    compiling: CompileLimits,
    cache: Option<Cache>,
) -> Result<CompileSettings> {
    let wasm = WasmCompiler::start(&settings).context("start the engine for WASM")?;
    let wasm = wasm.with_child(apart(&settings, compiling));
    let wasm = match cache {
        Some(cache) => wasm.with_cache(cache),
        None => wasm,
    };
    let compilers =
        Compilers { rhai: Arc::new(ScriptCompiler { limits }), wasm: Arc::new(wasm), map: Arc::new(MapCompiler) };
    Ok(CompileSettings { compilers, limits, timeout: compiling.time })
}

/// MiB that compiling one component may take. JavaScript's engine, which needs more than any other that is known, takes 1,200.
pub(crate) const COMPILE_MIB: u64 = 2_048;

/// What `amprule compile-component` is given by the program that wants the code: nobody else calls it.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Alone {
    component_max: usize,
    memory_max: usize,
    memory: u64,
    seconds: u64,
}

/// Code of real components has five times their bytes.
const CODE_TO_COMPONENT: u64 = 8;

/// This very program, though its file may have been replaced since it started.
fn apart(settings: &Settings, limits: CompileLimits) -> ChildCompiler {
    let of_settings = [settings.component_max, settings.memory_max].map(|number| number.to_string().into());
    ChildCompiler {
        program: "/proc/self/exe".into(),
        arguments: std::iter::once("compile-component".into()).chain(of_settings).collect(),
        limits,
        code_max: CODE_TO_COMPONENT * settings.component_max as u64,
    }
}

pub(crate) fn compile_alone(given: Alone) -> Result<ExitCode> {
    let Alone { component_max, memory_max, memory, seconds } = given;
    let settings = Settings { component_max, memory_max, ..Settings::default() };
    let limits = CompileLimits { memory, time: Duration::from_secs(seconds) };
    run_child(&settings, limits).context("compile a component")
}
