//! What `fn modify` returns: a list of lines to add, or a map of them and the moment at which they change.

use amprule_domain::modifier::ModifierOutput;
use rhai::Dynamic;

use super::fields::{Fields, Read};
use super::{bill, line};

pub(crate) fn read(value: Dynamic) -> Read<ModifierOutput> {
    if value.is_array() {
        return Ok(ModifierOutput { lines: line::read_all(value)?, next_change_at: None });
    }
    let wanted = "a list of lines, or #{ lines: …, next_change_at: … }";
    let mut fields = Fields::of(value, "", wanted)?.only(&["lines", "next_change_at"])?;
    Ok(ModifierOutput { lines: bill::lines(&mut fields)?, next_change_at: fields.optional_moment("next_change_at")? })
}
