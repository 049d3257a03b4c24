//! Giving up in a way that the host understands: something is missing, or the question is not this script's.

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, Position};

use super::RhaiResult;

/// Why a script has no answer, though nothing is wrong with it. Thrown, so that it ends the call from anywhere.
#[derive(Debug, Clone)]
pub(crate) enum GivenUp {
    /// What it needs is not there: a row, a fact.
    Missing(ImmutableString),
    /// It has nothing to say about this.
    NotApplicable(ImmutableString),
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<GivenUp>("reason to give up");
    engine.register_fn("missing", |what: ImmutableString| give_up::<()>(GivenUp::Missing(what)));
    engine.register_fn("not_applicable", |why: ImmutableString| give_up::<()>(GivenUp::NotApplicable(why)));
}

pub(super) fn give_up<T>(why: GivenUp) -> RhaiResult<T> {
    Err(EvalAltResult::ErrorRuntime(Dynamic::from(why), Position::NONE).into())
}
