//! A driver that drives a box fairly, unless its device's parameter says what else to do.

use std::hint::black_box;

use amprule_plugin_sdk::device::{Order, Wire};
use amprule_plugin_sdk::{Driver, Parameters, Problem, Seen, State, TurnInput, export_device};

const MAIN: Wire = Wire::named("main");

struct Moody;

impl Driver for Moody {
    fn turn(input: TurnInput) -> Result<Seen, Problem> {
        match input.parameters.text("mood")? {
            "honest" => fair(&input),
            "trap" => panic!("on purpose"),
            "loop" => endless(),
            "bomb" => hoard(),
            "other-wire" => Wire::named("secret").holding(1000, 2).map(|_| quiet()),
            "other-kind" => MAIN.get("/").map(|_| quiet()),
            "asks" => (0..100).try_for_each(|_| MAIN.holding(1000, 2).map(drop)).map(|()| quiet()),
            "no-count" => MAIN.holding(1000, 0).map(|_| quiet()),
            "keeps-much" => Ok(Seen { keep: Some(format!("\"{}\"", "x".repeat(20_000))), ..quiet() }),
            "keeps-nonsense" => Ok(Seen { keep: Some("{".to_owned()), ..quiet() }),
            "phases" => Ok(Seen { phases: Some(9), ..quiet() }),
            _ => Err(Problem::failed("I do not want to")),
        }
    }
}

fn fair(input: &TurnInput) -> Result<Seen, Problem> {
    let told = u16::from(input.on);
    if input.fresh || input.kept.as_deref() != Some(told.to_string().as_str()) {
        if input.on {
            MAIN.write(5004, 16_000)?;
        }
        MAIN.write(5014, told)?;
    }
    let state =
        match (MAIN.holding(1004, 2)?.u32(0, Order::HighFirst)?, MAIN.holding(1000, 2)?.u32(0, Order::HighFirst)?) {
            (7, 3) => State::Charging,
            (7, _) => State::Plugged,
            _ => State::Available,
        };
    let register = MAIN.holding(1036, 2)?.u32(0, Order::HighFirst)?;
    Ok(Seen { keep: Some(told.to_string()), ..Seen::new(state).energy(register.into(), 1) })
}

fn quiet() -> Seen {
    Seen::new(State::Available)
}

fn endless() -> ! {
    let mut turns: u64 = 0;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Takes memory until there is none.
fn hoard() -> ! {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(black_box(Vec::with_capacity(1 << 20)));
    }
}

export_device!(Moody);
