//! What `fn describe` returns: `offer("EUR", elements)`, whose elements are `element("energy", 0.49)`, or the maps that they
//! make. The names are those of the contract, with underscores.

use amprule_domain::offer::Offer;
use rhai::{Array, Dynamic, Engine, ImmutableString, Map};
use serde_json::{Map as Object, Value};

use super::fields::Read;
use crate::explain::kind_of;
use crate::language::{Moment, number};

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("offer", |currency: ImmutableString, elements: Array| offer(currency, elements, Map::new()));
    engine.register_fn("offer", offer);
    engine.register_fn("element", |component: ImmutableString, price: Dynamic| element(component, price, Map::new()));
    engine.register_fn("element", element);
}

/// `more` may have minimum, cap, texts, amounts and `next_change_at`.
fn offer(currency: ImmutableString, elements: Array, more: Map) -> Map {
    let mut map = more;
    map.insert("currency".into(), currency.into());
    map.insert("elements".into(), elements.into());
    map
}

/// `more` may have per, step and taxes; everything else is a condition.
fn element(component: ImmutableString, price: Dynamic, more: Map) -> Map {
    let (own, when): (Map, Map) =
        more.into_iter().partition(|(name, _)| ["per", "step", "taxes"].contains(&name.as_str()));
    let mut map = own;
    map.insert("component".into(), component.into());
    map.insert("price".into(), price);
    map.insert("when".into(), when.into());
    map
}

pub(crate) fn read(value: Dynamic) -> Read<Offer> {
    if !value.is_map() {
        return Err(format!(
            "expected an offer like offer(\"EUR\", [element(\"energy\", 0.49)]), got {}",
            kind_of(&value)
        ));
    }
    let offer: Offer = serde_json::from_value(plain(value)?).map_err(|why| in_scripts_words(&why.to_string()))?;
    offer.validate()?;
    Ok(offer)
}

/// As JSON, whose names are written as the contract has them.
fn plain(value: Dynamic) -> Read<Value> {
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = value.as_bool() {
        return Ok(Value::Bool(flag));
    }
    if let Ok(whole) = value.as_int() {
        return Ok(Value::from(whole));
    }
    if let Some(decimal) = number(&value) {
        return Ok(Value::String(decimal.to_string()));
    }
    if let Some(moment) = value.read_lock::<Moment>() {
        return Ok(Value::String(moment.0.to_string()));
    }
    if value.is_string() {
        return Ok(Value::String(value.into_immutable_string().unwrap_or_default().to_string()));
    }
    if value.is_array() {
        let items = value.into_array().unwrap_or_default();
        return items.into_iter().map(plain).collect::<Read<Vec<_>>>().map(Value::Array);
    }
    let kind = kind_of(&value);
    let map = value.try_cast::<Map>().ok_or_else(|| format!("an offer has no place for {kind}"))?;
    let entries = map.into_iter().filter(|(_, value)| !value.is_unit());
    let entries = entries.map(|(name, value)| Ok((camel(&name), plain(value)?)));
    entries.collect::<Read<Object<_, _>>>().map(Value::Object)
}

/// `from_minute` to `fromMinute`. Languages keep their hyphens.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

fn in_scripts_words(why: &str) -> String {
    let mut text = String::with_capacity(why.len());
    let mut before = ' ';
    for letter in why.chars() {
        if letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            text.push('_');
            text.push(letter.to_ascii_lowercase());
        } else {
            text.push(letter);
        }
        before = letter;
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use amprule_domain::offer::{Conditions, Element};
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::source::names::MORE;

    /// What the contract takes there, as its own complaint lists it.
    fn members<T: DeserializeOwned>() -> BTreeSet<String> {
        let why = serde_json::from_str::<T>(r#"{"none of them": 1}"#).err().map(|why| why.to_string());
        let why = in_scripts_words(&why.expect("it is refused"));
        let listed = why.split_once("expected one of").expect("it lists them").1;
        listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    fn listed(function: &str) -> BTreeSet<String> {
        let (_, keys) = MORE.iter().find(|(name, _)| *name == function).expect("it is listed");
        keys.iter().map(|key| key.name.to_owned()).collect()
    }

    #[test]
    fn what_is_listed_for_editors_is_what_the_contract_takes() {
        let conditions = members::<Conditions>();
        let own =
            members::<Element>().into_iter().filter(|name| !["component", "price", "when"].contains(&name.as_str()));
        assert_eq!(listed("element"), conditions.into_iter().chain(own).collect());
        let own = members::<Offer>().into_iter().filter(|name| !["currency", "elements"].contains(&name.as_str()));
        assert_eq!(listed("offer"), own.collect());
    }
}
