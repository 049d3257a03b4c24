//! The one place where machine code from a file becomes code that runs, and what names it.

use std::fmt;
use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Names a component that was compiled for an engine: its bytes, wasmtime's version, the target and every setting that
/// the code depends on.
pub(crate) struct Identity([u8; 32]);

impl Identity {
    pub(crate) fn of(engine: &Engine, component: &[u8]) -> Self {
        let mut of_engine = Digested(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut of_engine);
        let both = Sha256::new().chain_update(of_engine.0.finalize()).chain_update(component);
        Self(both.finalize().into())
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Wasmtime hashes its settings into any hasher; one that is the same in every process is needed.
struct Digested(Sha256);

impl Hasher for Digested {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Nobody asks: the digest is taken.
    fn finish(&self) -> u64 {
        0
    }
}

/// `None` when it was made for another engine. `artifact` must be what this program itself made: what the
/// [cache](crate::cache) has a MAC for, or what the [compiler](crate::compiler) has just given.
#[expect(unsafe_code, reason = "wasmtime trusts serialized code; there are two places where it comes from")]
pub(crate) fn deserialize(engine: &Engine, artifact: &[u8]) -> Option<Component> {
    // SAFETY: deserialize wants bytes that wasmtime's compiler made, unchanged. They come from a compiler of this program, on
    // a thread or through the pipe of a child that runs this program; or from a file, and then the caller has checked a MAC
    // over them under a key that only this user can read and that this program uses for nothing else. They are in memory,
    // so that nobody changes them between that check and this use. Wasmtime itself checks its version and the settings.
    unsafe { Component::deserialize(engine, artifact) }.ok()
}
