//! Words that were read, and the numbers and texts that they are.

use crate::{Decimal, Problem};

/// In which order the words of a number stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As Modbus has its bytes: the high word first.
    HighFirst,
    LowFirst,
}

/// The places are counted from the first word that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registers(Vec<u16>);

impl Registers {
    pub(super) fn new(words: Vec<u16>) -> Self {
        Self(words)
    }

    pub fn words(&self) -> &[u16] {
        &self.0
    }

    pub fn u16(&self, at: usize) -> Result<u16, Problem> {
        self.0.get(at).copied().ok_or_else(|| short(at))
    }

    pub fn i16(&self, at: usize) -> Result<i16, Problem> {
        Ok(self.u16(at)?.cast_signed())
    }

    /// Of coils and discrete inputs.
    pub fn flag(&self, at: usize) -> Result<bool, Problem> {
        Ok(self.u16(at)? != 0)
    }

    pub fn u32(&self, at: usize, order: Order) -> Result<u32, Problem> {
        let (first, second) = (u32::from(self.u16(at)?), u32::from(self.u16(at + 1)?));
        Ok(match order {
            Order::HighFirst => (first << 16) | second,
            Order::LowFirst => (second << 16) | first,
        })
    }

    pub fn i32(&self, at: usize, order: Order) -> Result<i32, Problem> {
        Ok(self.u32(at, order)?.cast_signed())
    }

    pub fn u64(&self, at: usize, order: Order) -> Result<u64, Problem> {
        let (first, second) = (u64::from(self.u32(at, order)?), u64::from(self.u32(at + 2, order)?));
        Ok(match order {
            Order::HighFirst => (first << 32) | second,
            Order::LowFirst => (second << 32) | first,
        })
    }

    /// Rounded to so many digits behind the point. None: it is no number, as meters say it that have none.
    pub fn f32(&self, at: usize, order: Order, digits: u8) -> Result<Option<Decimal>, Problem> {
        Ok(rounded(f32::from_bits(self.u32(at, order)?).into(), digits))
    }

    pub fn f64(&self, at: usize, order: Order, digits: u8) -> Result<Option<Decimal>, Problem> {
        Ok(rounded(f64::from_bits(self.u64(at, order)?), digits))
    }

    /// Two letters in a word, up to the first zero. What is no letter of ASCII is left out.
    pub fn text(&self, at: usize, words: usize) -> Result<String, Problem> {
        let words = self.0.get(at..at.saturating_add(words)).ok_or_else(|| short(at))?;
        let bytes = words.iter().flat_map(|word| word.to_be_bytes()).take_while(|byte| *byte != 0);
        let letters = bytes.map(char::from).filter(|letter| letter.is_ascii() && !letter.is_ascii_control());
        Ok(letters.collect::<String>().trim().to_owned())
    }
}

/// A number as the two words of a `f32`, for writes.
pub fn words_of_f32(value: f32, order: Order) -> [u16; 2] {
    let [a, b, c, d] = value.to_bits().to_be_bytes();
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    match order {
        Order::HighFirst => [high, low],
        Order::LowFirst => [low, high],
    }
}

fn rounded(value: f64, digits: u8) -> Option<Decimal> {
    let scaled = (value * 10_f64.powi(digits.into())).round();
    // Beyond that a float has no whole numbers any more.
    let is_exact = scaled.abs() < 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and has 53 bits at most")]
    is_exact.then(|| Decimal::new(scaled as i64, digits))
}

fn short(at: usize) -> Problem {
    Problem::Failed(
        ["the device has answered with fewer words than were asked for: none at ", &at.to_string()].concat(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_made_of_words_in_both_orders() {
        let registers = Registers::new(vec![0x0001, 0x86A0, 0xFFFF, 0xFFFE, 0x4129, 0x999A]);
        assert_eq!((registers.u16(0).ok(), registers.i16(3).ok()), (Some(1), Some(-2)));
        assert_eq!(registers.u32(0, Order::HighFirst).ok(), Some(100_000));
        assert_eq!(registers.u32(0, Order::LowFirst).ok(), Some(0x86A0_0001));
        assert_eq!(registers.i32(2, Order::HighFirst).ok(), Some(-2));
        assert_eq!(registers.u64(0, Order::HighFirst).ok(), Some(0x0001_86A0_FFFF_FFFE));
        assert_eq!(registers.f32(4, Order::HighFirst, 1).ok().flatten(), Some(Decimal::new(106, 1)));
        assert_eq!(words_of_f32(10.6, Order::HighFirst), [0x4129, 0x999A]);
        assert!(registers.u16(6).is_err() && registers.u32(5, Order::HighFirst).is_err());
        let no_number = Registers::new(vec![0x7FC0, 0]);
        assert!(no_number.f32(0, Order::HighFirst, 3).is_ok_and(|number| number.is_none()));
    }

    #[test]
    fn texts_end_at_a_zero_and_have_letters_only() {
        let registers = Registers::new(vec![0x4B45, 0x4241, 0x0700, 0x4141]);
        assert_eq!(registers.text(0, 4).ok().as_deref(), Some("KEBA"));
        assert!(registers.text(2, 4).is_err());
    }
}
