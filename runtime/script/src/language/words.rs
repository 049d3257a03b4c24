//! Words of registers, as drivers read and write them: big-endian, the high word first.

use rhai::{Array, Dynamic, Engine, ImmutableString};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};

use super::{RhaiResult, number};

/// How a number is read of so many words.
type Of = (&'static str, i64, fn(u64) -> Dynamic);

const NUMBERS: [Of; 8] = [
    ("u16_of", 1, |raw| Dynamic::from_int(raw as i64)),
    ("i16_of", 1, |raw| Dynamic::from_int((raw as u16 as i16).into())),
    ("u32_of", 2, |raw| Dynamic::from_int(raw as i64)),
    ("i32_of", 2, |raw| Dynamic::from_int((raw as u32 as i32).into())),
    ("u64_of", 4, |raw| i64::try_from(raw).map_or_else(|_| Decimal::from(raw).into(), Dynamic::from_int)),
    ("i64_of", 4, |raw| Dynamic::from_int(raw as i64)),
    ("f32_of", 2, |raw| decimal(Decimal::from_f32(f32::from_bits(raw as u32)))),
    ("f64_of", 4, |raw| decimal(Decimal::from_f64(f64::from_bits(raw)))),
];

pub(super) fn register(engine: &mut Engine) {
    for (name, count, of) in NUMBERS {
        engine
            .register_fn(name, move |words: Array, at: i64| -> RhaiResult<Dynamic> { Ok(of(raw(&words, at, count)?)) });
    }
    engine.register_fn("text_of", |words: Array, at: i64, count: i64| -> RhaiResult<ImmutableString> {
        let bytes = slice(&words, at, count)?.into_iter().flat_map(u16::to_be_bytes).take_while(|byte| *byte != 0);
        Ok(String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).trim().into())
    });
    engine.register_fn("low_first", |words: Array, at: i64, count: i64| -> RhaiResult<Array> {
        let words = slice(&words, at, count)?.into_iter().rev();
        Ok(words.map(|word| Dynamic::from_int(word.into())).collect())
    });
    engine.register_fn("words_u32", |value: Dynamic| -> RhaiResult<Array> {
        let whole = number(&value).and_then(|number| number.floor().to_u32());
        Ok(words(&whole.ok_or("words_u32: the number is 0 to 4294967295")?.to_be_bytes()))
    });
    engine.register_fn("words_f32", |value: Dynamic| -> RhaiResult<Array> {
        let float = number(&value).and_then(|number| number.to_f32());
        Ok(words(&float.ok_or("words_f32: that is no number")?.to_be_bytes()))
    });
}

/// What is no number is ().
fn decimal(number: Option<Decimal>) -> Dynamic {
    number.map_or(Dynamic::UNIT, |number| number.normalize().into())
}

fn words(bytes: &[u8]) -> Array {
    bytes.chunks_exact(2).map(|pair| Dynamic::from_int(u16::from_be_bytes([pair[0], pair[1]]).into())).collect()
}

fn raw(words: &Array, at: i64, count: i64) -> RhaiResult<u64> {
    Ok(slice(words, at, count)?.into_iter().fold(0, |raw, word| (raw << 16) | u64::from(word)))
}

fn slice(words: &Array, at: i64, count: i64) -> RhaiResult<Vec<u16>> {
    let range = usize::try_from(at).ok().zip(usize::try_from(count).ok());
    let words_there = range.and_then(|(at, count)| words.get(at..at.checked_add(count)?));
    let there = words_there.ok_or_else(|| format!("there are {} words, and not {count} from {at} on", words.len()))?;
    let word = |value: &Dynamic| value.as_int().ok().and_then(|number| u16::try_from(number).ok());
    there.iter().map(|value| word(value).ok_or_else(|| "a word is 0 to 65535".into())).collect()
}
