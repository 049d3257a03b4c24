//! The wasmtime engine: what components may contain, and where their memory comes from.
//!
//! Instances live in a pool of slots that is reserved once. A slot's memory is bounds-checked in code instead of by
//! guard pages: that costs the guest a little, saves system calls for every fresh instance, and needs so little
//! address space that the pool fits small boards. Where it does not fit, memory is mapped on demand.

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use crate::ticker::Ticker;

/// The host's own limits. What a single call may use is its budget's affair.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Calls that run at the same time. One more gets a fault of the class `host-io`.
    pub sandboxes: u32,
    /// Bytes that the memories of a call can ever have together, whatever its budget grants.
    pub memory_max: usize,
    /// Bytes of a component; a larger one is refused before it is compiled.
    pub component_max: usize,
    /// False: memory is mapped on demand, as on machines where the pool does not fit.
    pub pooling: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { sandboxes: 128, memory_max: 64 << 20, component_max: 24 << 20, pooling: true }
    }
}

/// The host cannot run components at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the WebAssembly engine does not support this machine: {0}")]
    Engine(String),
    #[error("start the clock of the WebAssembly engine")]
    Clock(#[source] std::io::Error),
}

/// Core instances of one component: a module and the two small ones that join it to the log; Python's has fourteen.
const CORE_INSTANCES: u32 = 32;
const MEMORIES: u32 = 4;
const TABLES: u32 = 8;
pub(crate) const TABLE_ELEMENTS: usize = 10_000;
/// Zeroed by hand instead of being given back to the system: what an ordinary call touches.
const KEEP_RESIDENT: usize = 128 << 10;
const WASM_STACK: usize = 512 << 10;
/// A sparse memory that is larger than this gets no copy-on-write image: two bytes far apart would make it huge.
const DENSE_IMAGE: u64 = 1 << 20;

/// An engine and the thread that moves its epochs.
pub(crate) struct Machine {
    pub(crate) engine: Engine,
    pub(crate) pooling: bool,
    pub(crate) memory_max: usize,
    _ticker: Ticker,
}

impl Machine {
    pub(crate) fn start(settings: &Settings) -> Result<Self, StartError> {
        let (engine, pooling) = build(settings)?;
        let ticker = Ticker::start(engine.clone()).map_err(StartError::Clock)?;
        Ok(Self { engine, pooling, memory_max: settings.memory_max, _ticker: ticker })
    }
}

fn build(settings: &Settings) -> Result<(Engine, bool), StartError> {
    if settings.pooling {
        let mut config = config(settings);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
        match Engine::new(&config) {
            Ok(engine) => return Ok((engine, true)),
            Err(error) => tracing::warn!(
                error = format!("{error:#}"),
                "the pool for WebAssembly instances does not fit this machine; their memory is mapped on demand, \
                 which makes calls a little slower"
            ),
        }
    }
    let engine = Engine::new(&config(settings)).map_err(|error| StartError::Engine(format!("{error:#}")))?;
    Ok((engine, false))
}

/// Makes code for the machine of these settings, and runs none: nothing is reserved for instances.
pub(crate) fn compiling_engine(settings: &Settings) -> wasmtime::Result<Engine> {
    Engine::new(&config(settings))
}

fn config(settings: &Settings) -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK)
        .concurrency_support(false)
        .parallel_compilation(false)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        // Its results differ from one processor to another, and a bill must not.
        .wasm_relaxed_simd(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_backtrace_max_frames(None)
        .memory_reservation(settings.memory_max as u64)
        .memory_reservation_for_growth(0)
        .memory_guard_size(0)
        .guard_before_linear_memory(false)
        .memory_init_cow(true)
        .memory_guaranteed_dense_image_size(DENSE_IMAGE);
    config
}

fn pool(settings: &Settings) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(settings.sandboxes)
        .total_core_instances(settings.sandboxes.saturating_mul(16))
        .total_memories(settings.sandboxes)
        .total_tables(settings.sandboxes.saturating_mul(4))
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memories_per_module(1)
        .max_tables_per_module(4)
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20)
        .max_memory_size(settings.memory_max)
        .table_elements(TABLE_ELEMENTS)
        .max_unused_warm_slots(settings.sandboxes)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .pagemap_scan(Enabled::No);
    pool
}
