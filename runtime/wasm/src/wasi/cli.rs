//! The command line of a program that has none: no arguments, no variables, no terminal, no folders.

use wasmtime::StoreContextMut;
use wasmtime::component::{LinkerInstance, Resource};

use super::streams::{Input, Output, STDERR, STDOUT};
use super::{Denied, Nothing};
use crate::sandbox::Sandbox;

pub(super) fn define(
    linked: &mut LinkerInstance<'_, Sandbox>,
    interface: &str,
    function: &str,
) -> wasmtime::Result<bool> {
    match (interface, function) {
        ("wasi:cli/environment", "get-environment") => {
            linked.func_wrap(function, |_, ()| Ok((Vec::<(String, String)>::new(),)))?;
        }
        ("wasi:cli/environment", "get-arguments") => {
            linked.func_wrap(function, |_, ()| Ok((Vec::<String>::new(),)))?;
        }
        ("wasi:cli/environment", "initial-cwd") => linked.func_wrap(function, |_, ()| Ok((None::<String>,)))?,
        ("wasi:cli/exit", "exit") => {
            linked.func_wrap(function, |_, (_,): (Result<(), ()>,)| -> wasmtime::Result<()> {
                Err(Denied("the plugin ended itself instead of answering".to_owned()).into())
            })?;
        }
        ("wasi:cli/stdin", "get-stdin") => linked.func_wrap(function, |mut store: Store<'_>, ()| {
            store.data_mut().world()?.hand_out()?;
            Ok((Resource::<Input>::new_own(0),))
        })?,
        ("wasi:cli/stdout", "get-stdout") => linked.func_wrap(function, |store, ()| stream(store, STDOUT))?,
        ("wasi:cli/stderr", "get-stderr") => linked.func_wrap(function, |store, ()| stream(store, STDERR))?,
        ("wasi:cli/terminal-stdin", "get-terminal-stdin")
        | ("wasi:cli/terminal-stdout", "get-terminal-stdout")
        | ("wasi:cli/terminal-stderr", "get-terminal-stderr") => {
            linked.func_wrap(function, |_, ()| Ok((None::<Resource<Nothing>>,)))?;
        }
        ("wasi:filesystem/preopens", "get-directories") => {
            linked.func_wrap(function, |_, ()| Ok((Vec::<(Resource<Nothing>, String)>::new(),)))?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

type Store<'a> = StoreContextMut<'a, Sandbox>;

fn stream(mut store: Store<'_>, which: u32) -> wasmtime::Result<(Resource<Output>,)> {
    store.data_mut().world()?.hand_out()?;
    Ok((Resource::new_own(which),))
}
