//! What a station can show of prices, as its device model and its operator say.

use std::collections::BTreeMap;

use crate::holding::Holding;
use crate::variable::ACTUAL;

/// Of block I (TariffCostCtrlr); in 1.6 of OCA's California Pricing Requirements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shows {
    /// What a transaction costs while it runs.
    pub cost: bool,
    /// Text about prices that stands in answers to tokens and transactions.
    pub texts: bool,
    /// It has no room for cost and text in its version's answers: each is a message of its own.
    pub by_messages: bool,
    /// It charges by tariffs itself (2.1).
    pub tariffs: Option<TariffBounds>,
    /// The price for whoever comes, as it stands in the station now: `None` where it takes none (1.6, `DefaultPrice`).
    pub default_price: Option<String>,
    /// What it counts money in, where it says so.
    pub currency: Option<String>,
    /// By BCP 47, its usual one first. Empty: not told.
    pub languages: Vec<String>,
    /// It takes texts in more than one of them.
    pub speaks_many: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TariffBounds {
    /// Prices in one tariff.
    pub elements: usize,
    /// Prices may have conditions.
    pub conditions: bool,
}

/// Languages of one message.
const MOST_LANGUAGES: usize = 5;

/// What variables' keys have in them that say it.
pub const TOLD_BY: [&str; 3] = ["tariffcostctrlr/", "price/", "language"];

impl Shows {
    /// `entered`: the operator says whether it shows costs, whatever the device model says.
    pub fn of(variables: &[Holding], entered: Option<bool>) -> Self {
        let told = Told::of(variables);
        let is_on = |instance: &str| {
            told.is(&format!("available/{instance}")) == Some(true)
                && told.is(&format!("enabled/{instance}")) != Some(false)
        };
        let by_messages = told.key("customdisplaycostandprice").is_some_and(is_true);
        let has_controller = told.has_controller();
        let tariff = is_on("tariff");
        let elements = told.value("maxelements/tariff").and_then(|most| most.trim().parse::<usize>().ok());
        let conditions = told.is("conditionssupported/tariff");
        // Stations of versions that have text only know neither.
        let charges = tariff && (elements.is_some() || conditions.is_some());
        Self {
            cost: entered.unwrap_or(by_messages || is_on("cost")),
            texts: tariff,
            by_messages: by_messages || (entered == Some(true) && !has_controller),
            tariffs: charges.then(|| TariffBounds {
                elements: elements.unwrap_or(usize::MAX),
                conditions: conditions.unwrap_or(false),
            }),
            default_price: told.key("defaultprice").filter(|_| by_messages).map(str::to_owned),
            currency: told.value("currency/").map(|code| code.trim().to_uppercase()).filter(|code| code.len() == 3),
            languages: told.languages(),
            speaks_many: told.key("custommultilanguagemessages").is_some_and(is_true),
        }
    }

    /// Anything at all.
    pub fn anything(&self) -> bool {
        self.cost || self.texts || self.by_messages || self.tariffs.is_some()
    }

    /// The language for somebody who speaks this one, if the station does: else the station's own.
    pub fn language<'l>(&'l self, wanted: Option<&'l str>) -> &'l str {
        let is_spoken = |tag: &&str| self.languages.is_empty() || self.speaks(tag);
        wanted.filter(is_spoken).or(self.languages.first().map(String::as_str)).unwrap_or("en")
    }

    /// The same, and after it the station's others, where it takes texts in more than one.
    pub fn languages_for<'l>(&'l self, wanted: Option<&'l str>) -> Vec<&'l str> {
        let first = self.language(wanted);
        let others = self.languages.iter().map(String::as_str).filter(|tag| self.speaks_many && *tag != first);
        [first].into_iter().chain(others).take(MOST_LANGUAGES).collect()
    }

    fn speaks(&self, tag: &str) -> bool {
        self.languages.iter().any(|known| primary(known).eq_ignore_ascii_case(primary(tag)))
    }
}

fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

fn is_true(value: &str) -> bool {
    value.trim().eq_ignore_ascii_case("true")
}

/// Values by keys, of the controller (`variable/instance`) and of 1.6 (`key`).
struct Told<'v> {
    controller: BTreeMap<String, &'v str>,
    keys: BTreeMap<String, &'v str>,
}

impl<'v> Told<'v> {
    fn of(variables: &'v [Holding]) -> Self {
        let (mut controller, mut keys) = (BTreeMap::new(), BTreeMap::new());
        for Holding { key, body, .. } in variables {
            // A key that has no value yet is there all the same.
            let value = body["attributes"][ACTUAL]["value"].as_str().unwrap_or_default();
            let is_there = body["attributes"][ACTUAL]["unread"].is_null();
            if let Some(variable) = key.strip_prefix("tariffcostctrlr////") {
                controller.insert(variable.to_owned(), value);
            } else if let Some(name) = key.strip_prefix("////").and_then(|rest| rest.strip_suffix('/')) {
                is_there.then(|| keys.insert(name.to_owned(), value));
            }
        }
        Self { controller, keys }
    }

    fn has_controller(&self) -> bool {
        !self.controller.is_empty()
    }

    fn value(&self, variable: &str) -> Option<&'v str> {
        self.controller.get(variable).copied()
    }

    fn is(&self, variable: &str) -> Option<bool> {
        self.value(variable).map(is_true)
    }

    fn key(&self, name: &str) -> Option<&'v str> {
        self.keys.get(name).copied()
    }

    fn languages(&self) -> Vec<String> {
        let own = self.key("language").into_iter();
        let all = own.chain(self.key("supportedlanguages").into_iter().flat_map(|tags| tags.split(',')));
        let mut found: Vec<String> = Vec::new();
        for tag in all.map(str::trim).filter(|tag| !tag.is_empty()) {
            if !found.iter().any(|known| known.eq_ignore_ascii_case(tag)) {
                found.push(tag.to_owned());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Shows, TariffBounds};
    use crate::holding::{Holding, Kind};

    fn variables(told: &[(&str, &str)]) -> Vec<Holding> {
        let holding = |(key, value): &(&str, &str)| Holding {
            kind: Kind::Variable,
            key: (*key).to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
            body: json!({"attributes": {"Actual": {"value": value}}}),
        };
        told.iter().map(holding).collect()
    }

    const COST: (&str, &str) = ("tariffcostctrlr////available/cost", "true");
    const TARIFF: (&str, &str) = ("tariffcostctrlr////available/tariff", "true");

    #[test]
    fn a_station_shows_what_it_says_that_it_can_unless_the_operator_knows_better() {
        let check = |told: &[(&str, &str)], entered: Option<bool>, expect: (bool, bool, bool)| {
            let shows = Shows::of(&variables(told), entered);
            assert_eq!((shows.cost, shows.texts, shows.by_messages), expect, "{told:?} {entered:?}");
        };
        check(&[], None, (false, false, false));
        check(&[COST], None, (true, false, false));
        check(&[COST, ("tariffcostctrlr////enabled/cost", "false")], None, (false, false, false));
        check(&[COST, TARIFF, ("tariffcostctrlr////enabled/cost", "true")], None, (true, true, false));
        check(&[COST], Some(false), (false, false, false));
        check(&[], Some(true), (true, false, true));
        check(&[TARIFF], Some(true), (true, true, false));
        check(&[("////customdisplaycostandprice/", "True ")], None, (true, false, true));
        check(&[("////customdisplaycostandprice/", "false")], None, (false, false, false));
    }

    #[test]
    fn tariffs_are_for_those_that_charge_by_themselves() {
        let tariffs = |told: &[(&str, &str)]| Shows::of(&variables(told), None).tariffs;
        assert_eq!(tariffs(&[TARIFF]), None, "a text is all that it shows");
        let bounds = tariffs(&[TARIFF, ("tariffcostctrlr////maxelements/tariff", "8")]);
        assert_eq!(bounds, Some(TariffBounds { elements: 8, conditions: false }));
        assert_eq!(tariffs(&[("tariffcostctrlr////maxelements/tariff", "8")]), None);
    }

    #[test]
    fn a_driver_is_spoken_to_in_a_language_that_the_display_has() {
        let told = [("////supportedlanguages/", "en, de,fr"), ("////language/", "fr")];
        let shows = Shows::of(&variables(&told), None);
        assert_eq!(shows.languages, ["fr", "en", "de"]);
        assert_eq!(
            (shows.language(Some("de-CH")), shows.language(Some("nl")), shows.language(None)),
            ("de-CH", "fr", "fr")
        );
        assert_eq!(Shows::default().language(Some("nl")), "nl", "it has not said what it speaks");
    }
}
