//! Random numbers that follow from the decision's input: the same question rolls the same dice.

use serde::Serialize;
use sha2::{Digest, Sha256};
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use super::Denied;
use crate::sandbox::Sandbox;

/// Bytes that a guest may ask for at once.
const MOST_BYTES: u64 = 64 << 10;

/// SHA-256 over the seed and a counter.
pub(super) struct Rng {
    seed: [u8; 32],
    rolled: u64,
    /// What is left of the last block, from its end.
    rest: Vec<u8>,
}

impl Rng {
    pub(super) fn of(input: &impl Serialize) -> Self {
        // An input is plain data; should it ever not print, all such inputs share their dice.
        let text = serde_json::to_vec(input).unwrap_or_default();
        Self { seed: Sha256::digest(text).into(), rolled: 0, rest: Vec::new() }
    }

    fn byte(&mut self) -> u8 {
        loop {
            if let Some(byte) = self.rest.pop() {
                return byte;
            }
            let block = Sha256::new().chain_update(self.seed).chain_update(self.rolled.to_be_bytes()).finalize();
            self.rolled += 1;
            self.rest = block.to_vec();
        }
    }

    fn number(&mut self) -> u64 {
        (0..8).fold(0, |number, _| number << 8 | u64::from(self.byte()))
    }
}

pub(super) fn define(
    linked: &mut LinkerInstance<'_, Sandbox>,
    interface: &str,
    function: &str,
) -> wasmtime::Result<bool> {
    match (interface, function) {
        ("wasi:random/random", "get-random-bytes") | ("wasi:random/insecure", "get-insecure-random-bytes") => {
            linked.func_wrap(function, |mut store: StoreContextMut<'_, Sandbox>, (count,): (u64,)| {
                if count > MOST_BYTES {
                    let why = format!("the plugin asked for {count} random bytes; at most {MOST_BYTES} are given");
                    return Err(Denied(why).into());
                }
                let dice = &mut store.data_mut().world()?.dice;
                Ok(((0..count).map(|_| dice.byte()).collect::<Vec<u8>>(),))
            })?;
        }
        ("wasi:random/random", "get-random-u64") | ("wasi:random/insecure", "get-insecure-random-u64") => {
            linked.func_wrap(function, |mut store: StoreContextMut<'_, Sandbox>, ()| {
                Ok((store.data_mut().world()?.dice.number(),))
            })?;
        }
        ("wasi:random/insecure-seed", "insecure-seed") => {
            linked.func_wrap(function, |mut store: StoreContextMut<'_, Sandbox>, ()| {
                let dice = &mut store.data_mut().world()?.dice;
                Ok(((dice.number(), dice.number()),))
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_input_rolls_the_same_dice_and_another_one_others() {
        let roll = |input: &str| {
            let mut dice = Rng::of(&input);
            (0..10).map(|_| dice.number()).collect::<Vec<_>>()
        };
        assert_eq!(roll("a"), roll("a"));
        assert_ne!(roll("a"), roll("b"));
        assert_ne!(roll("a")[0], roll("a")[1]);
    }
}
