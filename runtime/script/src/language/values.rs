//! Texts, lists and maps: what scripts may do with them. Nothing here makes a value grow faster than one element
//! at a time, and keys of maps are names or short texts.

use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Map, Position};
use rust_decimal::Decimal;

use super::limits::Limits;
use super::{RhaiResult, number};

/// A list of texts from the operator. Reading it never copies it.
#[derive(Debug, Clone)]
pub(crate) struct TextList(pub(crate) Arc<[ImmutableString]>);

impl IntoIterator for TextList {
    type Item = ImmutableString;
    type IntoIter = Box<dyn Iterator<Item = ImmutableString> + Send + Sync>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new((0..self.0.len()).map(move |at| self.0[at].clone()))
    }
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_iterator::<Array>();
    engine.register_iterator::<std::ops::Range<i64>>();
    engine.register_iterator::<std::ops::RangeInclusive<i64>>();
    engine.register_fn("contains", |range: &mut std::ops::Range<i64>, x: i64| range.contains(&x));
    engine.register_fn("contains", |range: &mut std::ops::RangeInclusive<i64>, x: i64| range.contains(&x));
    register_texts(engine);
    register_lists(engine);
    register_maps(engine);
    register_text_lists(engine);
}

fn register_texts(engine: &mut Engine) {
    engine.register_fn("len", |text: &str| count(text.chars().count()));
    engine.register_fn("is_empty", |text: &str| text.is_empty());
    engine.register_fn("contains", |text: &str, part: &str| text.contains(part));
    engine.register_fn("starts_with", |text: &str, part: &str| text.starts_with(part));
    engine.register_fn("ends_with", |text: &str, part: &str| text.ends_with(part));
    engine.register_fn("cut", |text: &str, from: i64, count: i64| -> RhaiResult<String> {
        let place = |number: i64| usize::try_from(number).map_err(|_| "cut: places and lengths are 0 or more");
        Ok(text.chars().skip(place(from)?).take(place(count)?).collect())
    });
    engine.register_fn("to_upper", |text: &str| text.to_uppercase());
    engine.register_fn("to_lower", |text: &str| text.to_lowercase());
    engine.register_fn("trim", |text: &str| text.trim().to_owned());
    engine.register_fn("split", |text: &str, separator: &str| -> RhaiResult<Array> {
        if separator.is_empty() {
            return Err("split: the separator is empty".into());
        }
        Ok(text.split(separator).map(|part| ImmutableString::from(part).into()).collect())
    });
    engine.register_fn("to_string", |value: Dynamic| print(&value));
    engine.register_fn("+", |text: ImmutableString, number: i64| format!("{text}{number}"));
    engine.register_fn("+", |text: ImmutableString, number: Decimal| format!("{text}{number}"));
    engine.register_fn("+", |number: i64, text: ImmutableString| format!("{number}{text}"));
    engine.register_fn("+", |number: Decimal, text: ImmutableString| format!("{number}{text}"));
}

fn print(value: &Dynamic) -> ImmutableString {
    value.clone().into_immutable_string().unwrap_or_else(|_| value.to_string().into())
}

fn register_lists(engine: &mut Engine) {
    engine.register_fn("len", |list: &mut Array| count(list.len()));
    engine.register_fn("is_empty", |list: &mut Array| list.is_empty());
    engine.register_fn("push", |list: &mut Array, value: Dynamic| list.push(value));
    engine.register_fn("contains", |list: &mut Array, value: Dynamic| list.iter().any(|item| same(item, &value)));
    engine.register_fn("set", |list: &mut Array, at: i64, value: Dynamic| -> RhaiResult<()> {
        let length = list.len();
        let slot = usize::try_from(at).ok().and_then(|at| list.get_mut(at));
        *slot.ok_or_else(|| EvalAltResult::ErrorArrayBounds(length, at, Position::NONE))? = value;
        Ok(())
    });
    engine.register_fn("sum", |list: &mut Array| -> RhaiResult<Decimal> {
        list.iter().try_fold(Decimal::ZERO, |sum, item| {
            let item =
                number(item).ok_or_else(|| format!("sum: expected numbers, got {}", crate::explain::kind_of(item)))?;
            sum.checked_add(item).ok_or_else(|| "the sum is too large".into())
        })
    });
}

fn register_maps(engine: &mut Engine) {
    engine.register_fn("len", |map: &mut Map| count(map.len()));
    engine.register_fn("is_empty", |map: &mut Map| map.is_empty());
    engine.register_fn("contains", |map: &mut Map, key: &str| map.contains_key(key));
    engine.register_fn("keys", |map: &mut Map| -> Array { map.keys().map(|key| key.as_str().into()).collect() });
    engine
        .register_fn("get", |map: &mut Map, key: &str, otherwise: Dynamic| map.get(key).cloned().unwrap_or(otherwise));
    engine.register_fn("set", |map: &mut Map, key: &str, value: Dynamic| -> RhaiResult<()> {
        if key.len() > Limits::KEY_BYTES {
            return Err(format!("a key has at most {} bytes", Limits::KEY_BYTES).into());
        }
        map.insert(key.into(), value);
        Ok(())
    });
}

fn register_text_lists(engine: &mut Engine) {
    engine.register_type_with_name::<TextList>("list");
    engine.register_iterator::<TextList>();
    engine.register_fn("len", |list: &mut TextList| count(list.0.len()));
    engine.register_fn("is_empty", |list: &mut TextList| list.0.is_empty());
    engine.register_fn("contains", |list: &mut TextList, text: &str| list.0.iter().any(|item| item == text));
    engine.register_indexer_get(|list: &mut TextList, at: i64| -> RhaiResult<ImmutableString> {
        let item = usize::try_from(at).ok().and_then(|at| list.0.get(at));
        Ok(item.cloned().ok_or_else(|| EvalAltResult::ErrorArrayBounds(list.0.len(), at, Position::NONE))?)
    });
}

fn same(x: &Dynamic, y: &Dynamic) -> bool {
    match (number(x), number(y)) {
        (Some(x), Some(y)) => x == y,
        _ => match (x.read_lock::<ImmutableString>(), y.read_lock::<ImmutableString>()) {
            (Some(x), Some(y)) => *x == *y,
            _ => x.as_bool().ok().is_some_and(|x| y.as_bool().is_ok_and(|y| x == y)),
        },
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
