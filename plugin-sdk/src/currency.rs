//! How an amount stands on a bill.

use crate::Decimal;

/// Digits behind the point that amounts in this currency have on a bill (ISO 4217, "minor unit"): 2 for most.
pub fn minor_digits(currency: &str) -> u8 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
        | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// As the host rounds each line of a bill: half away from zero.
pub(crate) fn as_billed(amount: Decimal, currency: &str) -> Decimal {
    amount.round(minor_digits(currency))
}
