//! Inputs that a unit cannot do without: `inputs = ["current", "power"]` in `plugin.toml`. Where one of them is not known, the
//! unit is not asked: what is missing is said, with who enters it, instead of a price by a guess. The unit's code then finds
//! all of them in place.

mod supplied;

use std::borrow::Cow;
use std::sync::Arc;

use amprule_domain::authorization::{AuthorizationInput, AuthorizationOutput};
use amprule_domain::decision::{Fault, FaultClass, Hook};
use amprule_domain::dialect::{DialectInput, DialectOutput};
use amprule_domain::load::{LoadInput, LoadOutput};
use amprule_domain::modifier::{ModifierInput, ModifierOutput};
use amprule_domain::offer::{Offer, OfferInput};
use amprule_domain::pricing::{PricingInput, PricingOutput, StationFacts, TokenFacts};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::Diagnostic;
use crate::driver::{DeviceFacts, Driver, TurnInput, Turned};
use crate::unit::{Answer, Budget, Unit, Used};

pub use supplied::Supplied;

/// What may be unknown at a place, or of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    ConnectorType,
    Current,
    Power,
    Phases,
    Country,
    Currency,
    /// The operator's own word about the place.
    Attribute(String),
    /// Of the token: whose customer it is.
    Provider,
    /// Of the token: the operator's group.
    Group,
}

const NAMED: [(&str, Input); 8] = [
    ("connector-type", Input::ConnectorType),
    ("current", Input::Current),
    ("power", Input::Power),
    ("phases", Input::Phases),
    ("country", Input::Country),
    ("currency", Input::Currency),
    ("provider", Input::Provider),
    ("group", Input::Group),
];
const ATTRIBUTE: &str = "attribute.";
const MAX_ATTRIBUTE: usize = 200;

impl Input {
    pub const WORDS: [&str; NAMED.len()] = {
        let mut words = [""; NAMED.len()];
        let mut at = 0;
        while at < words.len() {
            words[at] = NAMED[at].0;
            at += 1;
        }
        words
    };
    /// As `plugin.toml` writes it.
    pub const PATTERN: &str = "^attribute\\..{1,200}$";

    pub fn named(word: &str) -> Option<Self> {
        match word.strip_prefix(ATTRIBUTE) {
            Some(name) => (1..=MAX_ATTRIBUTE).contains(&name.len()).then(|| Self::Attribute(name.to_owned())),
            None => NAMED.iter().find(|(known, _)| *known == word).map(|(_, input)| input.clone()),
        }
    }

    pub fn word(&self) -> Cow<'_, str> {
        match self {
            Self::Attribute(name) => format!("{ATTRIBUTE}{name}").into(),
            input => NAMED.iter().find(|(_, known)| known == input).map_or("", |(word, _)| word).into(),
        }
    }

    fn is_known(&self, about: &About<'_>) -> bool {
        let StationFacts { plug, place, .. } = about.station;
        match self {
            Self::ConnectorType => plug.kind.is_some(),
            Self::Current => plug.current.is_some(),
            Self::Power => plug.power_w.is_some(),
            Self::Phases => plug.phases.is_some(),
            Self::Country => place.country.is_some(),
            Self::Currency => place.currency.is_some(),
            Self::Attribute(name) => place.attributes.contains_key(name),
            Self::Provider => about.provider.is_some(),
            Self::Group => about.group.is_some(),
        }
    }

    /// Why there is no answer, and who can mend it.
    fn missing(&self, about: &About<'_>) -> String {
        let StationFacts { id, evse, connector, .. } = about.station;
        let word = self.word();
        match self {
            Self::ConnectorType | Self::Current | Self::Power | Self::Phases if *connector == 0 => format!(
                "a card that is shown names no connector, and the plugs of {id} do not all have one {word}: a policy that needs \
                 it says so at stations with equal plugs only (PUT /api/v1/stations/{id})"
            ),
            Self::ConnectorType | Self::Current | Self::Power | Self::Phases => format!(
                "nobody has entered the {word} of connector {connector} at EVSE {evse} of {id}: `plugs` of the station \
                 (PUT /api/v1/stations/{id})"
            ),
            Self::Country | Self::Currency | Self::Attribute(_) => {
                format!("nobody has entered the {word} of {id} (PUT /api/v1/stations/{id})")
            }
            Self::Provider => "the token's id does not say whose customer it is".to_owned(),
            Self::Group => "the token has no group (`group` of PUT /api/v1/tokens/ID)".to_owned(),
        }
    }
}

impl Serialize for Input {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.word())
    }
}

/// What of a question may be missing.
struct About<'q> {
    station: &'q StationFacts,
    group: Option<&'q str>,
    provider: Option<&'q str>,
}

impl<'q> About<'q> {
    fn session(station: &'q StationFacts, token: Option<&'q TokenFacts>) -> Self {
        let group = token.and_then(|token| token.group.as_deref());
        let provider = token.and_then(|token| token.provider.as_deref());
        Self { station, group, provider }
    }

    fn request(input: &'q AuthorizationInput) -> Self {
        let group = input.token.group.as_deref();
        let provider = input.token.contract.as_ref().map(|contract| contract.provider.as_str());
        Self { station: &input.station, group, provider }
    }
}

/// The unit, asked only where all that it needs is known.
pub fn needing(inputs: &[Input], unit: Arc<dyn Unit>) -> Arc<dyn Unit> {
    if inputs.is_empty() { unit } else { Arc::new(Needing { inputs: inputs.to_vec(), unit }) }
}

struct Needing {
    inputs: Vec<Input>,
    unit: Arc<dyn Unit>,
}

impl Needing {
    fn unless_missing<T>(&self, about: &About<'_>, ask: impl FnOnce(&dyn Unit) -> Answer<T>) -> Answer<T> {
        match self.inputs.iter().find(|input| !input.is_known(about)) {
            None => ask(&*self.unit),
            Some(input) => Answer::new(Err(Fault::new(FaultClass::Missing, input.missing(about))), Used::default()),
        }
    }
}

impl Unit for Needing {
    fn hooks(&self) -> &[Hook] {
        self.unit.hooks()
    }

    fn warnings(&self) -> &[Diagnostic] {
        self.unit.warnings()
    }

    fn numbers(&self) -> &[Decimal] {
        self.unit.numbers()
    }

    fn driver(&self) -> Option<&dyn Driver> {
        self.unit.driver()
    }

    fn device(&self) -> Option<&DeviceFacts> {
        self.unit.device()
    }

    fn drive(&self, input: &TurnInput, budget: &Budget<'_>) -> Answer<Turned> {
        self.unit.drive(input, budget)
    }

    fn price(&self, input: &PricingInput, budget: &Budget<'_>) -> Answer<PricingOutput> {
        let about = About::session(&input.station, input.token.as_ref());
        self.unless_missing(&about, |unit| unit.price(input, budget))
    }

    /// A unit that does not describe itself is found out by asking it: what is missing says nothing of that.
    fn describe(&self, input: &OfferInput, budget: &Budget<'_>) -> Option<Answer<Offer>> {
        let about = About::session(&input.station, input.token.as_ref());
        let answer = self.unit.describe(input, budget)?;
        Some(self.unless_missing(&about, |_| answer))
    }

    fn authorize(&self, input: &AuthorizationInput, budget: &Budget<'_>) -> Answer<AuthorizationOutput> {
        self.unless_missing(&About::request(input), |unit| unit.authorize(input, budget))
    }

    fn modify(&self, input: &ModifierInput, budget: &Budget<'_>) -> Answer<ModifierOutput> {
        let about = About::session(&input.facts.station, input.facts.token.as_ref());
        self.unless_missing(&about, |unit| unit.modify(input, budget))
    }

    /// What a unit may need is said of a station's session, and not of a site.
    fn share(&self, input: &LoadInput, budget: &Budget<'_>) -> Answer<LoadOutput> {
        self.unit.share(input, budget)
    }

    fn translate(&self, input: &DialectInput, budget: &Budget<'_>) -> Answer<DialectOutput> {
        self.unit.translate(input, budget)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_names_an_input_and_an_unknown_one_is_said_with_who_enters_it() {
        let nowhere = StationFacts { id: "cs-1".to_owned(), evse: 2, connector: 1, ..StationFacts::default() };
        let about = About::session(&nowhere, None);
        for word in Input::WORDS.into_iter().chain(["attribute.class"]) {
            let input = Input::named(word).unwrap_or_else(|| panic!("{word}"));
            assert_eq!(input.word(), word);
            assert!(!input.is_known(&about));
            let said = input.missing(&about);
            let is_of_the_token = matches!(input, Input::Provider | Input::Group);
            assert!(said.contains("PUT /api/v1/") && said.contains(word) || is_of_the_token, "{said}");
        }
        assert_eq!((Input::named("attribute."), Input::named("colour")), (None, None));
    }
}
