//! A WASI that is a function of the decision: for guests whose language brings WASI along, as JavaScript and Python do.
//!
//! The clock stands still at the decision's time, random numbers follow from the decision's input, the environment is
//! empty, there is nothing to read, and what is printed goes to the log within its bounds. Files and sockets can be
//! named by a component and not used: such a call ends the decision. So a price has the same bits each time.
//!
//! Which interfaces exist is one table, [`INTERFACES`]. It must never hold one that sees the machine.

mod cli;
mod clocks;
mod printed;
mod random;
mod streams;

use amprule_domain::Timestamp;
use serde::Serialize;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};

use crate::log::Log;
use crate::sandbox::Sandbox;
use printed::Printed;
use random::Rng;

/// The one minor version of WASI that is served, at any patch.
pub(crate) const VERSION: &str = "0.2.";

/// What becomes of an interface's functions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Treatment {
    /// Answered from the decision, as far as this host knows the function.
    Served,
    /// May be imported. A call ends the decision.
    Denied,
}

/// Every interface of WASI that a policy may import.
const INTERFACES: [(&str, Treatment); 27] = [
    ("wasi:cli/environment", Treatment::Served),
    ("wasi:cli/exit", Treatment::Served),
    ("wasi:cli/stderr", Treatment::Served),
    ("wasi:cli/stdin", Treatment::Served),
    ("wasi:cli/stdout", Treatment::Served),
    ("wasi:cli/terminal-input", Treatment::Served),
    ("wasi:cli/terminal-output", Treatment::Served),
    ("wasi:cli/terminal-stderr", Treatment::Served),
    ("wasi:cli/terminal-stdin", Treatment::Served),
    ("wasi:cli/terminal-stdout", Treatment::Served),
    ("wasi:clocks/monotonic-clock", Treatment::Served),
    ("wasi:clocks/wall-clock", Treatment::Served),
    ("wasi:filesystem/preopens", Treatment::Served),
    ("wasi:filesystem/types", Treatment::Denied),
    ("wasi:io/error", Treatment::Served),
    ("wasi:io/poll", Treatment::Served),
    ("wasi:io/streams", Treatment::Served),
    ("wasi:random/insecure", Treatment::Served),
    ("wasi:random/insecure-seed", Treatment::Served),
    ("wasi:random/random", Treatment::Served),
    ("wasi:sockets/instance-network", Treatment::Denied),
    ("wasi:sockets/ip-name-lookup", Treatment::Denied),
    ("wasi:sockets/network", Treatment::Denied),
    ("wasi:sockets/tcp", Treatment::Denied),
    ("wasi:sockets/tcp-create-socket", Treatment::Denied),
    ("wasi:sockets/udp", Treatment::Denied),
    ("wasi:sockets/udp-create-socket", Treatment::Denied),
];

/// Handles that one call may be given. Each costs the host memory that no limit of the guest's counts.
const MOST_HANDLES: u32 = 1_024;

/// A call ended because the guest used what a policy does not have.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Denied(String);

/// A resource of which there is never one: files, sockets, terminals.
pub(crate) enum Nothing {}

/// The world as one decision sees it.
pub(crate) struct WasiContext {
    now: Timestamp,
    dice: Rng,
    printed: Printed,
    handles: u32,
}

impl WasiContext {
    /// `speaks`: whether the unit has the capability to log.
    pub(crate) fn of(now: Timestamp, input: &impl Serialize, speaks: bool) -> Self {
        Self { now, dice: Rng::of(input), printed: Printed::new(speaks), handles: 0 }
    }

    /// Says what was printed without a line's end.
    pub(crate) fn end(&mut self, log: &mut Log) {
        self.printed.end(log);
    }

    /// Counts a handle that is given out.
    fn hand_out(&mut self) -> wasmtime::Result<()> {
        self.handles += 1;
        if self.handles > MOST_HANDLES {
            return Err(Denied(format!("the plugin asked WASI for more than {MOST_HANDLES} handles")).into());
        }
        Ok(())
    }
}

/// True when a policy may import it.
pub(crate) fn is_known(interface: &str) -> bool {
    treatment(interface).is_some()
}

/// Gives a component the WASI that it imports. True when it imports any.
pub(crate) fn link(linker: &mut Linker<Sandbox>, component: &Component) -> wasmtime::Result<bool> {
    let engine = linker.engine().clone();
    let mut any = false;
    for (name, import) in component.component_type().imports(&engine) {
        let interface = name.split('@').next().unwrap_or(name);
        let (Some(treatment), ComponentItem::ComponentInstance(instance)) = (treatment(interface), import.ty) else {
            continue;
        };
        any = true;
        let mut linked = linker.instance(name)?;
        for (function, item) in instance.exports(&engine) {
            match item.ty {
                ComponentItem::Resource(_) => linked.resource(function, resource(function), |_, _| Ok(()))?,
                ComponentItem::ComponentFunc(_) => define(&mut linked, interface, function, treatment)?,
                _ => {}
            }
        }
    }
    Ok(any)
}

fn treatment(interface: &str) -> Option<Treatment> {
    INTERFACES.iter().find(|(known, _)| *known == interface).map(|(_, treatment)| *treatment)
}

fn resource(name: &str) -> ResourceType {
    match name {
        "pollable" => ResourceType::host::<streams::Pollable>(),
        "error" => ResourceType::host::<streams::Failure>(),
        "input-stream" => ResourceType::host::<streams::Input>(),
        "output-stream" => ResourceType::host::<streams::Output>(),
        _ => ResourceType::host::<Nothing>(),
    }
}

fn define(
    linked: &mut LinkerInstance<'_, Sandbox>,
    interface: &str,
    function: &str,
    treatment: Treatment,
) -> wasmtime::Result<()> {
    let served = treatment == Treatment::Served
        && (clocks::define(linked, interface, function)?
            || random::define(linked, interface, function)?
            || streams::define(linked, interface, function)?
            || cli::define(linked, interface, function)?);
    if served {
        return Ok(());
    }
    let why = format!("the plugin called {interface}#{function}, which a policy does not have");
    linked.func_new(function, move |_, _, _, _| Err(Denied(why.clone()).into()))
}
