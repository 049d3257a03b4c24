//! From the words of a register to what they say, and back.

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};
use schemars::JsonSchema;
use serde::Deserialize;

/// How words are read. Big-endian, the high word first, unless `swap` says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Form {
    #[default]
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
    /// ASCII or UTF-8, two bytes in a word, to the first NUL.
    Text,
    /// A character in a word, to the first NUL.
    Utf16,
}

impl Form {
    /// `None`: a text is as long as it is said to be.
    pub(super) const fn words(self) -> Option<u16> {
        match self {
            Self::U16 | Self::I16 => Some(1),
            Self::U32 | Self::I32 | Self::F32 => Some(2),
            Self::U64 | Self::I64 | Self::F64 => Some(4),
            Self::Text | Self::Utf16 => None,
        }
    }

    pub(super) const fn is_text(self) -> bool {
        self.words().is_none()
    }

    /// `None`: there is none.
    pub(super) fn text(self, words: &[u16]) -> Option<String> {
        let text = if self == Self::Utf16 {
            let letters: Vec<u16> = words.iter().copied().take_while(|word| *word != 0).collect();
            String::from_utf16_lossy(&letters)
        } else {
            let bytes = words.iter().flat_map(|word| word.to_be_bytes()).take_while(|byte| *byte != 0);
            String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Of the raw bits. `None`: a float that is no number.
    pub(super) fn number(self, raw: u64) -> Option<Decimal> {
        match self {
            Self::F32 => Decimal::from_f32(f32::from_bits(u32::try_from(raw).ok()?)),
            Self::F64 => Decimal::from_f64(f64::from_bits(raw)),
            Self::I16 => Some(Decimal::from(raw as u16 as i16)),
            Self::I32 => Some(Decimal::from(raw as u32 as i32)),
            Self::I64 => Some(Decimal::from(raw as i64)),
            _ => Some(Decimal::from(raw)),
        }
    }

    /// The words that say this number. The error: it does not fit.
    pub(super) fn words_of(self, swap: bool, number: Decimal) -> Result<Vec<u16>, String> {
        let unfit = || format!("{number} does not fit a register of type {self:?}").to_lowercase();
        // Rounded down: a limit is never said higher than it is.
        let whole = number.floor();
        let bytes: Vec<u8> = match self {
            Self::U16 => whole.to_u16().ok_or_else(unfit)?.to_be_bytes().to_vec(),
            Self::I16 => whole.to_i16().ok_or_else(unfit)?.to_be_bytes().to_vec(),
            Self::U32 => whole.to_u32().ok_or_else(unfit)?.to_be_bytes().to_vec(),
            Self::I32 => whole.to_i32().ok_or_else(unfit)?.to_be_bytes().to_vec(),
            Self::U64 => whole.to_u64().ok_or_else(unfit)?.to_be_bytes().to_vec(),
            Self::I64 => whole.to_i64().ok_or_else(unfit)?.to_be_bytes().to_vec(),
            Self::F32 => number.to_f32().ok_or_else(unfit)?.to_be_bytes().to_vec(),
            Self::F64 => number.to_f64().ok_or_else(unfit)?.to_be_bytes().to_vec(),
            Self::Text | Self::Utf16 => return Err("a text is not written".to_owned()),
        };
        let mut words: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        if swap {
            words.reverse();
        }
        Ok(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_map_says_or_not_at_all() {
        for (form, swap, number, expect) in [
            (Form::U16, false, "16000", Some(vec![16_000])),
            (Form::U16, false, "15.9", Some(vec![15])),
            (Form::U16, false, "65536", None),
            (Form::U16, false, "-1", None),
            (Form::I16, false, "-1", Some(vec![0xffff])),
            (Form::U32, false, "65538", Some(vec![1, 2])),
            (Form::U32, true, "65538", Some(vec![2, 1])),
            (Form::F32, false, "16", Some(vec![0x4180, 0])),
        ] {
            let number = number.parse().expect("a number");
            assert_eq!(form.words_of(swap, number).ok(), expect, "{form:?} {number}");
        }
    }
}
