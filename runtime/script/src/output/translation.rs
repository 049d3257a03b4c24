//! What `fn translate` returns: `unchanged()`, `mended(body, "what was mended")` or `answered("Accepted", "…")`, or the maps that they
//! make.

use amprule_domain::dialect::{DialectOutput, VendorAnswer};
use rhai::{Dynamic, Engine, ImmutableString, Map};
use serde_json::Value;

use super::fields::{Fields, Read};
use crate::explain::kind_of;
use crate::language::json::json;
use crate::view::message::Message;

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

const KNOWN: [&str; 3] = ["message", "note", "answer"];

pub(crate) fn read(value: Dynamic) -> Read<DialectOutput> {
    let wanted = "unchanged(), mended(body, \"what was mended\") or answered(\"Accepted\")";
    if let Some(hint) = bare(&value) {
        return Err(format!("expected {wanted}, got {}; {hint}", kind_of(&value)));
    }
    let mut fields = Fields::of(value, "", wanted)?.only(&KNOWN)?;
    let message = fields.take("message").map(payload).transpose()?;
    let note = fields.optional_text("note")?;
    let answer = fields.take("answer").map(vendor_answer).transpose()?;
    Ok(DialectOutput { message, note, answer })
}

/// What was handed back without `mended`, and how it is done.
fn bare(value: &Dynamic) -> Option<&'static str> {
    if value.is::<Message>() {
        return Some("its payload is handed back: `mended(message.body, \"what was mended\")`");
    }
    if value.is_array() {
        return Some("of a frame its payload alone is handed back: `mended(body, \"what was mended\")`");
    }
    if value.is_string() {
        return Some("a text that mends what could not be read is handed back by `mended(text, \"what was mended\")`");
    }
    let body = value.read_lock::<Map>()?;
    let is_body = !body.is_empty() && body.keys().all(|key| !KNOWN.contains(&key.as_str()));
    is_body.then_some("a payload is handed back by `mended(body, \"what was mended\")`")
}

fn payload(message: Dynamic) -> Read<Value> {
    if message.is::<Message>() {
        return Err("mended: expected the payload, got the message; it is `message.body`".to_owned());
    }
    if message.is_array() {
        return Err("mended: expected the payload, a map, got a list; the frame around it is not yours".to_owned());
    }
    json(&message)
}

fn vendor_answer(value: Dynamic) -> Read<VendorAnswer> {
    let mut fields = Fields::of(value, "answer", "a map of status and data")?.only(&["status", "data"])?;
    Ok(VendorAnswer { status: fields.text("status")?, data: fields.optional_text("data")? })
}
