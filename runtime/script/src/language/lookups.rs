//! Asking other systems, by way of the host: `ask("membership", request.token.id)`.

use amprule_hooks::lookups::LookupResult;
use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, Map, Position};

use super::given_up::{GivenUp, give_up};
use super::{RhaiResult, call, tables};

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("ask", |name: ImmutableString, key: ImmutableString| ask(&name, &key, None));
    engine.register_fn("ask", |name: ImmutableString, key: ImmutableString, otherwise: Dynamic| {
        ask(&name, &key, Some(otherwise))
    });
}

/// The row, or (): there is no such thing. Without `otherwise` a script that hears nothing has no answer.
fn ask(name: &str, key: &str, otherwise: Option<Dynamic>) -> RhaiResult<Dynamic> {
    match call::look(name, key)? {
        LookupResult::Row(cells, _) => {
            let cells = cells.into_iter();
            let row = cells.map(|(name, cell)| (name.into(), cell.as_ref().map_or(Dynamic::UNIT, tables::value)));
            Ok(row.collect::<Map>().into())
        }
        LookupResult::Nothing => Ok(Dynamic::UNIT),
        LookupResult::Unavailable(why) => match otherwise {
            Some(otherwise) => Ok(otherwise),
            None => give_up(GivenUp::Missing(format!("{name}: {why}").into())),
        },
        LookupResult::Wanted(lookup) => {
            call::want(lookup);
            Err(EvalAltResult::ErrorTerminated(Dynamic::from_int(call::WAITS), Position::NONE).into())
        }
    }
}
