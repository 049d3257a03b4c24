//! Exact arithmetic on the contract's decimal: 0.1 + 0.2 is 0.3.
//!
//! Sums and products are exact as long as they fit 18 digits behind the point and a 64-bit coefficient; beyond that
//! the last digits are rounded, half away from zero. A result of more than about 9 * 10^18 panics, which ends the
//! call with a trap: no session costs that much.

use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};
use std::str::FromStr;

use crate::Decimal;

const MAX_SCALE: u32 = 18;

/// Parsing failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotADecimal(pub String);

impl Decimal {
    pub const ZERO: Self = Self::new(0, 0);
    pub const ONE: Self = Self::new(1, 0);

    /// `coefficient / 10^scale`: `Decimal::new(49, 2)` is 0.49.
    pub const fn new(coefficient: i64, scale: u8) -> Self {
        Self { coefficient, scale }
    }

    pub const fn is_zero(self) -> bool {
        self.coefficient == 0
    }

    pub const fn is_negative(self) -> bool {
        self.coefficient < 0
    }

    pub const fn is_positive(self) -> bool {
        self.coefficient > 0
    }

    /// A thousandth, exactly: Wh to kWh.
    #[must_use]
    pub fn thousandth(self) -> Self {
        fit(self.coefficient.into(), u32::from(self.scale) + 3)
    }

    /// Rounds half away from zero to so many digits behind the point. Amounts need no rounding: the host does it.
    #[must_use]
    pub fn round(self, digits: u8) -> Self {
        if self.scale <= digits {
            return self;
        }
        let (coefficient, scale) = cut(self.coefficient.into(), self.scale.into(), digits.into());
        fit(coefficient, scale)
    }

    /// Both as whole numbers of the finer one's last digit.
    fn aligned(self, other: Self) -> (i128, i128, u32) {
        let (a, b) =
            (fit(self.coefficient.into(), self.scale.into()), fit(other.coefficient.into(), other.scale.into()));
        let scale = a.scale.max(b.scale);
        let widen = |d: Self| i128::from(d.coefficient) * power(u32::from(scale - d.scale));
        (widen(a), widen(b), scale.into())
    }
}

impl Add for Decimal {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let (a, b, scale) = self.aligned(other);
        fit(a + b, scale)
    }
}

impl Sub for Decimal {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Decimal {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        fit(
            i128::from(self.coefficient) * i128::from(other.coefficient),
            u32::from(self.scale) + u32::from(other.scale),
        )
    }
}

impl Div for Decimal {
    type Output = Self;

    /// At least twelve significant digits. Multiply first and divide last, so that nothing is lost in between.
    ///
    /// # Panics
    /// When the divisor is zero.
    fn div(self, other: Self) -> Self {
        assert!(!other.is_zero(), "division by zero");
        let (a, b) = (i128::from(self.coefficient) * power(MAX_SCALE), i128::from(other.coefficient));
        let (scale, divisor) = (u32::from(self.scale) + MAX_SCALE, u32::from(other.scale));
        let quotient = divide(a, b);
        match scale.checked_sub(divisor) {
            Some(scale) => fit(quotient, scale),
            None => fit(quotient * power(divisor - scale), 0),
        }
    }
}

impl Neg for Decimal {
    type Output = Self;
    fn neg(self) -> Self {
        fit(-i128::from(self.coefficient), self.scale.into())
    }
}

impl AddAssign for Decimal {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Decimal {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, Add::add)
    }
}

impl From<i64> for Decimal {
    fn from(whole: i64) -> Self {
        Self::new(whole, 0)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b, _) = self.aligned(*other);
        a.cmp(&b)
    }
}

impl FromStr for Decimal {
    type Err = NotADecimal;

    /// Digits, at most one point among them, and a sign: `-12.50`.
    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let bad = || NotADecimal(text.chars().take(32).collect());
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits_only =
            fraction.bytes().all(|byte| byte.is_ascii_digit()) && whole.ends_with(|c: char| c.is_ascii_digit());
        if !digits_only || fraction.len() > MAX_SCALE as usize || text.ends_with('.') {
            return Err(bad());
        }
        let coefficient = format!("{whole}{fraction}").parse().map_err(|_| bad())?;
        Ok(Self { coefficient, scale: u8::try_from(fraction.len()).map_err(|_| bad())? })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u128.pow(self.scale.into());
        let digits = u128::from(self.coefficient.unsigned_abs());
        let sign = if self.coefficient < 0 { "-" } else { "" };
        match self.scale {
            0 => write!(f, "{sign}{digits}"),
            scale => write!(f, "{sign}{}.{:0width$}", digits / unit, digits % unit, width = usize::from(scale)),
        }
    }
}

impl fmt::Display for NotADecimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a decimal number, 0.49 for instance", self.0)
    }
}

impl std::error::Error for NotADecimal {}

/// The nearest decimal that the contract can carry.
fn fit(coefficient: i128, scale: u32) -> Decimal {
    let (mut coefficient, mut scale) = cut(coefficient, scale, scale.min(MAX_SCALE));
    while i64::try_from(coefficient).is_err() && scale > 0 {
        (coefficient, scale) = cut(coefficient, scale, scale - 1);
    }
    match (i64::try_from(coefficient), u8::try_from(scale)) {
        (Ok(coefficient), Ok(scale)) => Decimal { coefficient, scale },
        _ => panic!("a decimal beyond 9 * 10^18"),
    }
}

/// Drops digits behind the point, rounding half away from zero.
fn cut(coefficient: i128, scale: u32, digits: u32) -> (i128, u32) {
    match scale.saturating_sub(digits) {
        0 => (coefficient, scale),
        dropped => (divide(coefficient, power(dropped)), digits),
    }
}

fn divide(a: i128, b: i128) -> i128 {
    let (quotient, rest) = (a / b, a % b);
    if rest.unsigned_abs() * 2 >= b.unsigned_abs() { quotient + a.signum() * b.signum() } else { quotient }
}

fn power(exponent: u32) -> i128 {
    10_i128.checked_pow(exponent).expect("scales are at most 28 and are cut to 18 before they are aligned")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn arithmetic_is_exact_where_it_can_be_and_rounded_where_it_cannot() {
        let cases = [
            (d("0.1") + d("0.2"), "0.3"),
            (d("1") - d("0.001"), "0.999"),
            (d("0.49") * d("12345.678"), "6049.38222"),
            (d("-2.5") * d("4"), "-10.0"),
            (d("1") / d("3"), "0.333333333333333333"),
            (d("-2") / d("3"), "-0.666666666666666667"),
            (d("12345.678").thousandth(), "12.345678"),
            (d("2.345").round(2), "2.35"),
            (d("-2.345").round(2), "-2.35"),
            (d("3000000000.5") * d("3.000000000000000001"), "9000000001.500000003"),
        ];
        for (number, text) in cases {
            assert_eq!(number.to_string(), text);
        }
    }

    #[test]
    fn equality_and_order_ignore_the_scale() {
        assert_eq!(Decimal::new(5, 1), Decimal::new(50, 2));
        assert!(d("-0.5") < d("0.49"));
        assert_eq!(d("0.30").max(d("0.3")), d("0.3"));
    }

    #[test]
    fn text_that_is_not_a_number_is_refused() {
        for text in ["", ".", "1.", ".5", "1,5", "1e3", "0.1.2", "--1", "0x1", "1.-5", "99999999999999999999"] {
            assert!(text.parse::<Decimal>().is_err(), "{text:?}");
        }
    }
}
