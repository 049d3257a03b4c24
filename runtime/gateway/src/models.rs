//! How stations of one model are taken: chosen when a station says what it is, and again when it comes back.

use amprule_domain::event::Boot;
use amprule_domain::pattern::matches;
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

#[cfg(test)]
mod tests {
    use super::*;

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
