//! How stations of one model are taken: chosen when a station says what it is, and again when it comes back.

use amprule_domain::event::Boot;
use amprule_ocpp::{Dialect, Strictness, Times};
use serde::Deserialize;

/// One entry of the operator's list. In patterns `*` stands for any text; upper and lower case are the same.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelRule {
    pub vendor: String,
    pub model: String,
    pub firmware: String,
    pub strict: Strictness,
    /// Times are sent without fractions of a second.
    pub whole_seconds: bool,
}

impl Default for ModelRule {
    fn default() -> Self {
        let any = || "*".to_owned();
        Self { vendor: any(), model: any(), firmware: any(), strict: Strictness::default(), whole_seconds: false }
    }
}

impl ModelRule {
    fn fits(&self, boot: &Boot) -> bool {
        matches(&self.vendor, &boot.vendor)
            && matches(&self.model, &boot.model)
            && matches(&self.firmware, boot.firmware.as_deref().unwrap_or_default())
    }
}

/// The same version as the first rule that fits wants it; as it was at first when none does.
pub(crate) fn tuned(dialect: Dialect, rules: &[ModelRule], boot: &Boot) -> Dialect {
    let plain = Dialect::new(dialect.version);
    rules.iter().find(|rule| rule.fits(boot)).map_or(plain, |rule| Dialect {
        strictness: rule.strict,
        times: if rule.whole_seconds { Times::WholeSeconds } else { Times::Milliseconds },
        ..plain
    })
}

/// Greedy from the left: each part at its first place, the last at the end.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expect) in [
            ("*", "", true),
            ("*", "anything", true),
            ("", "", true),
            ("", "x", false),
            ("ACME", "acme", true),
            ("ACME", "ACME Ltd", false),
            ("ACME*", "Acme Ltd", true),
            ("*-22", "Wallbox-22", true),
            ("*-22", "Wallbox-22kW", false),
            ("1.*.3", "1.2.3", true),
            ("1.*.3", "1.3", false),
            ("a*a", "a", false),
            ("*b*b*", "abcb", true),
            ("*b*b*", "abc", false),
            ("Ä*", "ärger", true),
        ] {
            assert_eq!(matches(pattern, text), expect, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_counts_and_without_one_nothing_changes() {
        let rule = |vendor: &str, firmware: &str, strict| ModelRule {
            vendor: vendor.to_owned(),
            firmware: firmware.to_owned(),
            strict,
            whole_seconds: strict == Strictness::Raw,
            ..ModelRule::default()
        };
        let rules = [rule("acme", "1.*", Strictness::Raw), rule("acme", "*", Strictness::Reject)];
        let boot = |vendor: &str, firmware: Option<&str>| Boot {
            vendor: vendor.to_owned(),
            firmware: firmware.map(str::to_owned),
            ..Boot::default()
        };
        let tuned = |boot| tuned(Dialect::V16, &rules, &boot);
        let raw = tuned(boot("ACME", Some("1.4")));
        assert_eq!((raw.strictness, raw.times), (Strictness::Raw, Times::WholeSeconds));
        assert_eq!(tuned(boot("ACME", None)).strictness, Strictness::Reject);
        assert_eq!(tuned(boot("Other", Some("1.4"))), Dialect::V16);
    }
}
