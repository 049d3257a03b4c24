//! The language that scripts are written in: Rhai with few words, exact numbers and a limit on everything.

mod arithmetic;
pub(crate) mod call;
mod given_up;
pub(crate) mod json;
pub(crate) mod limits;
mod lookups;
pub(crate) mod memory;
mod moment;
mod ordering;
mod parameters;
mod tables;
mod values;
pub(crate) mod wires;
mod words;

use rhai::Engine;

pub(crate) use arithmetic::number;
pub(crate) use given_up::GivenUp;
pub(crate) use moment::Moment;
pub(crate) use parameters::{LastRead, ParameterNames, Parameters};
pub(crate) use values::TextList;

pub(crate) use ordering::refuse_unordered;

/// What native functions answer.
pub(crate) type RhaiResult<T> = Result<T, Box<rhai::EvalAltResult>>;

/// An engine with the language and its limits, without any hook's types.
pub(crate) fn engine(limits: &limits::Limits) -> Engine {
    let mut engine = Engine::new_raw();
    limits.apply(&mut engine);
    arithmetic::register(&mut engine);
    ordering::register(&mut engine);
    values::register(&mut engine);
    moment::register(&mut engine);
    call::register(&mut engine);
    tables::register(&mut engine);
    given_up::register(&mut engine);
    lookups::register(&mut engine);
    wires::register(&mut engine);
    json::register(&mut engine);
    words::register(&mut engine);
    engine
}
