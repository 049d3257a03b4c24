//! What an offer is called outside: by its unit and by what it says. Another place or another group may be offered something else
//! by the same tariff, and a partner who keeps tariffs by their ids must not take the one for the other.

use super::Offer;

/// OCPI gives an id 36 characters, OCPP 2.1 gives it 60.
const MOST: usize = 36;
const DIGITS: usize = 12;

/// The same text for the same words, wherever and whenever it is made.
pub fn tariff_id(unit: &str, offer: &Offer) -> String {
    // Until when it holds is not what it says.
    let said = Offer { next_change_at: None, ..offer.clone() };
    let text = serde_json::to_string(&said).expect("an offer is plain data");
    let unit = &unit[..unit.floor_char_boundary(MOST - DIGITS - 1)];
    format!("{unit}-{:0DIGITS$x}", fnv1a(text.as_bytes()) >> (64 - 4 * DIGITS))
}

/// Whether it is one of these.
pub fn is_tariff_id(id: &str) -> bool {
    let digits = id.rsplit_once('-').map(|(_, digits)| digits).unwrap_or_default();
    digits.len() == DIGITS && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// Fowler, Noll, Vo: 64 bits, 1a.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::{Offer, fnv1a, is_tariff_id, tariff_id};

    #[test]
    fn other_words_have_another_id_and_the_hour_until_which_they_hold_has_none() {
        let offer: Offer = serde_json::from_str(r#"{"currency": "EUR", "elements": []}"#).expect("an offer");
        let until = Offer { next_change_at: Some(jiff::Timestamp::UNIX_EPOCH), ..offer.clone() };
        let capped = Offer { cap: Some(rust_decimal::Decimal::ONE), ..offer.clone() };
        let id = |offer: &Offer| tariff_id("a-unit-with-the-longest-name-that-there-can-be", offer);
        assert_eq!((id(&offer).len(), id(&until)), (36, id(&offer)));
        assert_ne!(id(&capped), id(&offer));
        assert!(is_tariff_id(&id(&offer)) && !is_tariff_id("CITY-2026-07") && !is_tariff_id("default"));
    }

    #[test]
    fn the_digits_are_those_of_the_published_function() {
        assert_eq!(
            (fnv1a(b""), fnv1a(b"a"), fnv1a(b"foobar")),
            (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8)
        );
    }
}
