//! Clocks that stand still at the decision's time. Nothing ever has to be waited for.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource};

use super::streams::Pollable;
use crate::sandbox::Sandbox;

/// Since 1970-01-01T00:00:00Z. An earlier moment is that one: WASI has no others.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

pub(super) fn define(
    linked: &mut LinkerInstance<'_, Sandbox>,
    interface: &str,
    function: &str,
) -> wasmtime::Result<bool> {
    match (interface, function) {
        ("wasi:clocks/wall-clock", "now") => linked.func_wrap(function, |store, ()| Ok((wall(&store),)))?,
        ("wasi:clocks/wall-clock", "resolution") => linked.func_wrap(function, |_, ()| Ok((MILLISECOND,)))?,
        ("wasi:clocks/monotonic-clock", "now") => linked.func_wrap(function, |store, ()| Ok((ticks(&store),)))?,
        ("wasi:clocks/monotonic-clock", "resolution") => linked.func_wrap(function, |_, ()| Ok((1_000_000_u64,)))?,
        ("wasi:clocks/monotonic-clock", "subscribe-instant" | "subscribe-duration") => {
            linked.func_wrap(function, |mut store: StoreContextMut<'_, Sandbox>, (_,): (u64,)| {
                store.data_mut().world()?.hand_out()?;
                Ok((Resource::<Pollable>::new_own(0),))
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

const MILLISECOND: Datetime = Datetime { seconds: 0, nanoseconds: 1_000_000 };

fn milliseconds(store: &StoreContextMut<'_, Sandbox>) -> u64 {
    let now = store.data().world.as_ref().map_or(0, |world| world.now.as_millisecond());
    u64::try_from(now).unwrap_or(0)
}

fn wall(store: &StoreContextMut<'_, Sandbox>) -> Datetime {
    let (now, nanoseconds) = (milliseconds(store), 1_000_000);
    let part = u32::try_from(now % 1_000).expect("a remainder below a thousand");
    Datetime { seconds: now / 1_000, nanoseconds: part * nanoseconds }
}

fn ticks(store: &StoreContextMut<'_, Sandbox>) -> u64 {
    milliseconds(store).saturating_mul(1_000_000)
}
