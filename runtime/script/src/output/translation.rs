//! What `fn translate` returns: `unchanged()`, `mended(body, "what was mended")` or `answered("Accepted", "…")`, or the maps that they
//! make.

use amprule_domain::dialect::{DialectOutput, VendorAnswer};
use rhai::{Dynamic, Engine, ImmutableString, Map};

use super::fields::{Fields, Read};
use crate::language::json::json;

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("unchanged", Map::new);
    engine.register_fn("mended", |body: Dynamic, note: ImmutableString| {
        Map::from([("message".into(), body), ("note".into(), note.into())])
    });
    engine.register_fn("answered", |status: ImmutableString| answered(status, Dynamic::UNIT));
    engine.register_fn("answered", |status: ImmutableString, data: ImmutableString| answered(status, data.into()));
}

fn answered(status: ImmutableString, data: Dynamic) -> Map {
    let answer = Map::from([("status".into(), status.into()), ("data".into(), data)]);
    Map::from([("answer".into(), answer.into())])
}

pub(crate) fn read(value: Dynamic) -> Read<DialectOutput> {
    let wanted = "unchanged(), mended(body, \"what was mended\") or answered(\"Accepted\")";
    let mut fields = Fields::of(value, "", wanted)?.only(&["message", "note", "answer"])?;
    let message = fields.take("message").map(|message| json(&message)).transpose()?;
    let note = fields.optional_text("note")?;
    let answer = fields.take("answer").map(vendor_answer).transpose()?;
    Ok(DialectOutput { message, note, answer })
}

fn vendor_answer(value: Dynamic) -> Read<VendorAnswer> {
    let mut fields = Fields::of(value, "answer", "a map of status and data")?.only(&["status", "data"])?;
    Ok(VendorAnswer { status: fields.text("status")?, data: fields.optional_text("data")? })
}
