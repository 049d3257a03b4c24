//! From bytes to a unit: size, form, imports, exports, types, and one trial start.

use std::io;
use std::sync::Arc;
use std::thread;

use amprule_hooks::{Compiler, Diagnostic, LogRateLimit, Source, Unit};
use wasmtime::component::{Component, HasSelf, Linker};

use crate::artifact::deserialize;
use crate::cache::Cache;
use crate::child_compiler::ChildCompiler;
use crate::contract::{self, check_imports, find_hooks};
use crate::driver::{self, DRIVER};
use crate::engine::{Machine, Settings, StartError};
use crate::facts;
use crate::log::{Log, LogSource};
use crate::money;
use crate::sandbox::Sandbox;
use crate::shape;
use crate::tables::UnitTables;
use crate::unit::{Wasi, WasmUnit};
use crate::v1::{self, bindings};
use crate::wasi;
use crate::wires;

const COMPILER_STACK: usize = 8 << 20;

/// Compiles components. Whoever calls it bounds how many at once: each takes much memory.
pub struct WasmCompiler {
    machine: Arc<Machine>,
    linker: Linker<Sandbox>,
    component_max: usize,
    memory_max: usize,
    cache: Option<Cache>,
    child: Option<ChildCompiler>,
}

impl WasmCompiler {
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        let machine = Arc::new(Machine::start(settings)?);
        let linker = link(&machine).map_err(|error| StartError::Engine(format!("{error:#}")))?;
        let Settings { component_max, memory_max, .. } = *settings;
        Ok(Self { machine, linker, component_max, memory_max, cache: None, child: None })
    }

    /// Compiles in processes of their own. Without, a component that is made to hurt the compiler hurts this process.
    #[must_use]
    pub fn with_child(self, child: ChildCompiler) -> Self {
        Self { child: Some(child), ..self }
    }

    /// What it compiles is kept there, and what is there is not compiled.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// False: this machine has no room for the pool, and calls are a little slower.
    pub fn is_pooling(&self) -> bool {
        self.machine.pooling
    }

    fn load(&self, source: &Source, is_wanted: &dyn Fn() -> bool) -> Result<WasmUnit, Vec<Diagnostic>> {
        let component =
            self.translate(source, is_wanted).map_err(|finding| vec![finding.in_file(&source.manifest.entry)])?;
        let engine = &self.machine.engine;
        let imports = check_imports(&component, engine, &source.manifest);
        if !imports.is_empty() {
            return Err(imports);
        }
        let hooks = find_hooks(&component, engine, &source.manifest)?;
        let unfit = |error: wasmtime::Error| vec![mismatch(&error).in_file(&source.manifest.entry)];
        let mut linker = self.linker.clone();
        let wasi = match wasi::link(&mut linker, &component).map_err(unfit)? {
            false => Wasi::None,
            true if source.manifest.capabilities.contains_key("log") => Wasi::Speaking,
            true => Wasi::Silent,
        };
        let pre = linker.instantiate_pre(&component).map_err(unfit)?;
        let contract = v1::Exports::find(&pre, &|name| contract::exports(&component, engine, name)).map_err(unfit)?;
        let drives = source.manifest.drives && contract::exports(&component, engine, DRIVER);
        let driver = drives.then(|| driver::Indices::new(&pre)).transpose().map_err(unfit)?;
        let device = source.manifest.device.clone().filter(|_| drives);
        let speaker = Arc::new(LogSource { unit: source.manifest.id.clone(), talk: LogRateLimit::default() });
        let parameters = v1::Parameters::of(&source.manifest);
        let wants_facts = contract::wants_facts(&component, engine);
        let lookups = Arc::new(source.manifest.lookups.clone());
        let (tables, machine) = (Arc::clone(&source.tables), Arc::clone(&self.machine));
        Ok(WasmUnit {
            speaker,
            hooks,
            pre,
            contract,
            driver,
            device,
            parameters,
            wants_facts,
            tables,
            lookups,
            wasi,
            machine,
        })
    }

    fn translate(&self, source: &Source, is_wanted: &dyn Fn() -> bool) -> Result<Component, Diagnostic> {
        let bytes = source.entry();
        check_form(bytes, self.component_max)?;
        if let Some(why) = shape::refusal(bytes, self.memory_max) {
            return Err(Diagnostic::new("limit", why).hint("split it into smaller functions, memories and tables"));
        }
        let engine = &self.machine.engine;
        if let Some(compiled) = self.cache.as_ref().and_then(|cache| cache.load(engine, bytes)) {
            return Ok(compiled);
        }
        let code = match &self.child {
            Some(child) => child.compile(bytes, is_wanted)?,
            None => self.compile_here(bytes)?,
        };
        let component = deserialize(engine, &code).ok_or_else(|| {
            let why = "the compiled code does not fit this program: it wants more instances, memories or tables than a call \
                       may have, or the program was replaced while it ran";
            Diagnostic::new("component", why)
        })?;
        if let Some(cache) = &self.cache {
            cache.keep(engine, bytes, &code);
        }
        Ok(component)
    }

    /// On a thread of its own: the compiler's stack is not ours, and a panic in it is a finding.
    fn compile_here(&self, bytes: &[u8]) -> Result<Vec<u8>, Diagnostic> {
        let compiled = thread::scope(|scope| {
            let builder = thread::Builder::new().name("wasm-compile".to_owned()).stack_size(COMPILER_STACK);
            let compiling = builder.spawn_scoped(scope, || self.machine.engine.precompile_component(bytes))?;
            compiling.join().map_err(|_| io::Error::other("the compiler panicked"))
        });
        let why = match compiled {
            Ok(Ok(code)) => return Ok(code),
            Ok(Err(error)) => format!("the component is not valid: {error:#}"),
            Err(error) => format!("the component could not be compiled: {error}"),
        };
        Err(Diagnostic::new("component", why))
    }
}

impl Compiler for WasmCompiler {
    fn compile(&self, source: &Source) -> Result<Arc<dyn Unit>, Vec<Diagnostic>> {
        self.compile_while(source, &|| true)
    }

    fn compile_while(&self, source: &Source, is_wanted: &dyn Fn() -> bool) -> Result<Arc<dyn Unit>, Vec<Diagnostic>> {
        let unit = self.load(source, is_wanted)?;
        let entry = &source.manifest.entry;
        let fits = unit.try_start().map_err(|fault| {
            let why = format!("the component does not start: {fault}");
            vec![Diagnostic::new("start", why).in_file(entry)]
        })?;
        fits.map_err(|error| vec![mismatch(&error).in_file(entry)])?;
        Ok(Arc::new(unit))
    }
}

/// What every component may import.
fn link(machine: &Machine) -> wasmtime::Result<Linker<Sandbox>> {
    let mut linker = Linker::new(&machine.engine);
    bindings::amprule::types::types::add_to_linker::<_, HasSelf<Log>>(&mut linker, |sandbox: &mut Sandbox| {
        &mut sandbox.log
    })?;
    bindings::amprule::host::log::add_to_linker::<_, HasSelf<Log>>(&mut linker, |sandbox: &mut Sandbox| {
        &mut sandbox.log
    })?;
    bindings::amprule::facts::tables::add_to_linker::<_, HasSelf<UnitTables>>(&mut linker, |sandbox: &mut Sandbox| {
        &mut sandbox.tables
    })?;
    facts::link(&mut linker)?;
    money::link(&mut linker)?;
    wires::link(&mut linker)?;
    Ok(linker)
}

fn check_form(bytes: &[u8], most: usize) -> Result<(), Diagnostic> {
    if bytes.len() > most {
        let why = format!("the component has {} KiB; at most {} are accepted", bytes.len() / 1024, most / 1024);
        return Err(Diagnostic::new("limit", why).hint("build with optimisation for size and strip the names"));
    }
    // The layer field tells a component (1) from a core module (0).
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => Ok(()),
        Some([0, b'a', b's', b'm', ..]) => Err(Diagnostic::new("component", "this is a core module, not a component")
            .hint("`cargo xtask plugins` and `wasm-tools component new` make one of it")),
        _ => Err(Diagnostic::new("component", "this is no WebAssembly component, or only a part of one")),
    }
}

fn mismatch(error: &wasmtime::Error) -> Diagnostic {
    Diagnostic::new("type", format!("the component does not fit the contract: {error:#}"))
        .hint("build it with the present SDK")
}
