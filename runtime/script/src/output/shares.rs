//! What `fn share` returns: a list of `give(evse, 16)`, or a map of it and the moment at which it changes.

use amprule_domain::load::{LoadOutput, Share};
use rhai::{Dynamic, Engine, Map};

use super::fields::{Fields, Read};
use crate::language::{RhaiResult, number};
use crate::view::site::Evse;

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("give", |evse: Evse, amperes: Dynamic| -> RhaiResult<Map> {
        let amperes = number(&amperes).ok_or("give: how many amperes is a number")?;
        Ok(Map::from([("evse".into(), evse.facts().id.as_str().into()), ("most_a".into(), amperes.into())]))
    });
}

pub(crate) fn read(value: Dynamic) -> Read<LoadOutput> {
    if value.is_array() {
        let shares = value.into_array().unwrap_or_default();
        return Ok(LoadOutput { shares: read_all(shares)?, next_change_at: None });
    }
    let wanted = "a list like [give(evse, 16)], or #{ shares: …, next_change_at: … }";
    let mut fields = Fields::of(value, "", wanted)?.only(&["shares", "next_change_at"])?;
    let shares = read_all(fields.list("shares")?)?;
    Ok(LoadOutput { shares, next_change_at: fields.optional_moment("next_change_at")? })
}

fn read_all(shares: Vec<Dynamic>) -> Read<Vec<Share>> {
    shares.into_iter().enumerate().map(|(at, share)| read_one(share, at)).collect()
}

fn read_one(value: Dynamic, at: usize) -> Read<Share> {
    let mut fields = Fields::of(value, &format!("shares[{at}]"), "a share like give(evse, 16)")?;
    fields = fields.only(&["evse", "most_a"])?;
    Ok(Share { evse: fields.text("evse")?, most_a: fields.number("most_a")? })
}
