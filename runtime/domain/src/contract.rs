//! Whose customer a token is, as its own id says: ids of contracts name their provider.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Read from an eMAID (ISO 15118-2, annex H) or an older EVCO id (DIN SPEC 91286).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// Country and provider: `DE-8AA`.
    pub provider: String,
    /// In one form, however it was written: capital letters, parts joined by `-`. `DE-8AA-C12345678-9`.
    pub id: String,
}

impl Contract {
    /// The kind of tokens that are contracts' ids.
    pub const KIND: &str = "eMAID";

    /// `None`: it is no contract's id. Blanks, `-` and `*` between the parts may be there or not; the check digit may be
    /// missing, and is not checked: stations hand on what they are given.
    pub fn of(kind: &str, id_token: &str) -> Option<Self> {
        if !kind.eq_ignore_ascii_case(Self::KIND) {
            return None;
        }
        let Parts { country, provider, instance, check } = Parts::of(id_token)?;
        let provider = format!("{country}-{provider}");
        let check = if check.is_empty() { String::new() } else { format!("-{check}") };
        Some(Self { id: format!("{provider}-{instance}{check}"), provider })
    }

    /// The same contract, however either is written, and whether or not it has its check digit.
    pub fn is_same(one: &str, other: &str) -> bool {
        Parts::of(one).zip(Parts::of(other)).is_some_and(|(one, other)| one.unchecked() == other.unchecked())
    }

    /// The keys under which the same contract may stand in the books, these ids' own first: with each separator, without a check digit
    /// and with those that are known.
    pub fn spellings(ids: &[&str]) -> Vec<String> {
        let mut found: Vec<String> = ids.iter().map(|id| id.to_uppercase()).collect();
        for parts in ids.iter().filter_map(|id| Parts::of(id)) {
            for between in ["", "-", "*"] {
                let plain = parts.unchecked().join(between);
                found.extend((!parts.check.is_empty()).then(|| format!("{plain}{between}{}", parts.check)));
                found.push(plain);
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|key| seen.insert(key.clone()));
        found
    }

    /// What the ids of the same contract begin with, in each way in which they are written. Empty: it is none.
    pub fn beginnings(id_token: &str) -> Vec<String> {
        let parts = Parts::of(id_token);
        let written = |parts: Parts| ["", "-", "*"].map(|between| parts.unchecked().join(between));
        parts.into_iter().flat_map(written).collect()
    }
}

/// Bytes of an id with what may stand between its parts.
const LENGTHS: RangeInclusive<usize> = 11..=24;

/// In capital letters.
struct Parts {
    country: String,
    provider: String,
    instance: String,
    /// Its check digit, where it has one.
    check: String,
}

impl Parts {
    fn of(id_token: &str) -> Option<Self> {
        // A card's number is looked at here at each start.
        if !LENGTHS.contains(&id_token.len()) {
            return None;
        }
        let plain: String = id_token.chars().filter(|letter| !matches!(letter, '-' | '*' | ' ')).collect();
        let plain = plain.to_ascii_uppercase();
        let is_one = plain.is_ascii()
            && plain.bytes().all(|letter| letter.is_ascii_alphanumeric())
            && plain.bytes().take(2).all(|letter| letter.is_ascii_uppercase());
        let instance = match plain.len() {
            14 | 15 if plain.as_bytes().get(5) == Some(&b'C') => 9,
            11 | 12 => 6,
            _ => return None,
        };
        if !is_one {
            return None;
        }
        let (country, rest) = plain.split_at(2);
        let (provider, rest) = rest.split_at(3);
        let (instance, check) = rest.split_at(instance);
        let [country, provider, instance, check] = [country, provider, instance, check].map(str::to_owned);
        Some(Self { country, provider, instance, check })
    }

    fn unchecked(&self) -> [&str; 3] {
        [&self.country, &self.provider, &self.instance]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_however_it_is_written() {
        for (kind, token, expect) in [
            ("eMAID", "DE-8AA-C12345678-9", Some("DE-8AA-C12345678-9")),
            ("eMAID", "DE8AAC123456789", Some("DE-8AA-C12345678-9")),
            ("emaid", "de*8aa*c12345678*9", Some("DE-8AA-C12345678-9")),
            ("eMAID", "DE8AAC12345678", Some("DE-8AA-C12345678")),
            ("eMAID", "DE*8AA*123456*7", Some("DE-8AA-123456-7")),
            ("eMAID", "NL-TNM-012204-5", Some("NL-TNM-012204-5")),
            ("ISO14443", "DE8AAC123456789", None),
            ("eMAID", "04A1B2C3D4", None),
            ("eMAID", "1E8AAC123456789", None),
            ("eMAID", "DE8AAX123456789", None),
            ("eMAID", "DE8ÄAC12345678", None),
            ("eMAID", "", None),
        ] {
            let found = Contract::of(kind, token);
            assert_eq!(found.as_ref().map(|contract| contract.id.as_str()), expect, "{kind} {token}");
        }
        let is_same = |other: &str| Contract::is_same("DE-8AA-C12345678-9", other);
        assert!(["de8aac12345678", "DE*8AA*C12345678", "DE8AAC123456789"].into_iter().all(is_same));
        assert!(!["DE8AAC12345679", "DE8ABC12345678", "04A1B2C3D4", ""].into_iter().any(is_same));
        let keys = Contract::spellings(&["de8aac12345678", "DE-8AA-C12345678-9"]);
        for key in ["DE8AAC12345678", "DE8AAC123456789", "DE-8AA-C12345678", "DE-8AA-C12345678-9", "DE*8AA*C12345678*9"]
        {
            assert_eq!(keys.iter().filter(|known| *known == key).count(), 1, "{key} in {keys:?}");
        }
        assert_eq!(Contract::spellings(&["04a1", "04A1"]), ["04A1"]);
        let contract = Contract::of("eMAID", "FR-A23-C00000001").unwrap();
        assert_eq!(contract.provider, "FR-A23");
    }
}
