//! Amounts as bills show them, by the host's own rounding.

use crate::Decimal;
use crate::bindings::vocabulary::amprule::facts::money;

/// The amount in the currency's minor unit, half away from zero.
///
/// # Errors
/// The currency is none, or the amount is too large.
pub fn round(amount: Decimal, currency: &str) -> Result<Decimal, String> {
    money::round(amount, currency)
}

/// What lines of these amounts come to on a bill: each rounded, then added up.
///
/// # Errors
/// As in [`round`].
pub fn total(amounts: &[Decimal], currency: &str) -> Result<Decimal, String> {
    money::total(amounts, currency)
}
