//! Streams: input that has ended, output that goes to the log, and pollables that are always ready.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource};

use crate::sandbox::Sandbox;

/// Nothing is ever waited for, so there is one, and it is ready.
pub(crate) struct Pollable;
/// No stream of ours fails, so there is never one.
pub(crate) enum Failure {}
/// Standard input, which has ended.
pub(crate) struct Input;
/// Standard output or standard error; which of them is the handle's number.
pub(crate) struct Output;

pub(super) const STDOUT: u32 = 1;
pub(super) const STDERR: u32 = 2;

/// Bytes that a guest may write at once, as WASI has it for the blocking functions.
const ROOM: u64 = 4_096;

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<Failure>),
    #[component(name = "closed")]
    Closed,
}

type Outcome<T> = wasmtime::Result<(Result<T, StreamError>,)>;
type Store<'a> = StoreContextMut<'a, Sandbox>;

pub(super) fn define(
    linked: &mut LinkerInstance<'_, Sandbox>,
    interface: &str,
    function: &str,
) -> wasmtime::Result<bool> {
    match interface {
        "wasi:io/poll" => poll(linked, function),
        "wasi:io/streams" if function.contains("]input-stream.") => input(linked, function),
        "wasi:io/streams" => output(linked, function),
        _ => Ok(false),
    }
}

fn poll(linked: &mut LinkerInstance<'_, Sandbox>, function: &str) -> wasmtime::Result<bool> {
    match function {
        "[method]pollable.ready" => linked.func_wrap(function, |_, (_,): (Resource<Pollable>,)| Ok((true,)))?,
        "[method]pollable.block" => linked.func_wrap(function, |_, (_,): (Resource<Pollable>,)| Ok(()))?,
        "poll" => linked.func_wrap(function, |_, (all,): (Vec<Resource<Pollable>>,)| {
            Ok(((0..u32::try_from(all.len())?).collect::<Vec<u32>>(),))
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn input(linked: &mut LinkerInstance<'_, Sandbox>, function: &str) -> wasmtime::Result<bool> {
    match function {
        "[method]input-stream.read" | "[method]input-stream.blocking-read" => {
            linked.func_wrap(function, |_, (_, _): (Resource<Input>, u64)| -> Outcome<Vec<u8>> { closed() })?;
        }
        "[method]input-stream.skip" | "[method]input-stream.blocking-skip" => {
            linked.func_wrap(function, |_, (_, _): (Resource<Input>, u64)| -> Outcome<u64> { closed() })?;
        }
        "[method]input-stream.subscribe" => {
            linked.func_wrap(function, |store: Store<'_>, (_,): (Resource<Input>,)| subscribe(store))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn output(linked: &mut LinkerInstance<'_, Sandbox>, function: &str) -> wasmtime::Result<bool> {
    match function {
        "[method]output-stream.check-write" => {
            linked.func_wrap(function, |_, (_,): (Resource<Output>,)| -> Outcome<u64> { Ok((Ok(ROOM),)) })?;
        }
        "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush" => {
            linked.func_wrap(function, |mut store: Store<'_>, (stream, bytes): (Resource<Output>, Vec<u8>)| {
                let Sandbox { world, log, .. } = store.data_mut();
                if let Some(world) = world {
                    world.printed.print(log, stream.rep() == STDERR, &bytes);
                }
                done()
            })?;
        }
        "[method]output-stream.flush" | "[method]output-stream.blocking-flush" => {
            linked.func_wrap(function, |_, (_,): (Resource<Output>,)| done())?;
        }
        "[method]output-stream.subscribe" => {
            linked.func_wrap(function, |store: Store<'_>, (_,): (Resource<Output>,)| subscribe(store))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn subscribe(mut store: Store<'_>) -> wasmtime::Result<(Resource<Pollable>,)> {
    store.data_mut().world()?.hand_out()?;
    Ok((Resource::new_own(0),))
}

fn done() -> Outcome<()> {
    Ok((Ok(()),))
}

fn closed<T>() -> Outcome<T> {
    Ok((Err(StreamError::Closed),))
}
