//! Drawn questions with what a unit declares as its inputs: what nobody has said there is something usual.

use amprule_domain::Currency;
use amprule_domain::authorization::AuthorizationInput;
use amprule_domain::contract::Contract;
use amprule_domain::dialect::DialectInput;
use amprule_domain::load::LoadInput;
use amprule_domain::modifier::ModifierInput;
use amprule_domain::place::Current;
use amprule_domain::pricing::{PricingInput, StationFacts, TokenFacts};

use super::Input;

const PROVIDER: &str = "DE-8AA";
const GROUP: &str = "fleet";

pub trait Supplied: Sized {
    /// With something for each of the inputs that is not known.
    #[must_use]
    fn supplied(self, inputs: &[Input]) -> Self;
}

impl Supplied for PricingInput {
    fn supplied(mut self, inputs: &[Input]) -> Self {
        let mut token = self.token.take();
        for input in inputs {
            match input {
                Input::Provider => {
                    token.get_or_insert_with(card).provider.get_or_insert_with(|| PROVIDER.to_owned());
                }
                Input::Group => {
                    token.get_or_insert_with(card).group.get_or_insert_with(|| GROUP.to_owned());
                }
                input => supply(&mut self.station, input),
            }
        }
        Self { token, ..self }
    }
}

impl Supplied for ModifierInput {
    fn supplied(self, inputs: &[Input]) -> Self {
        Self { facts: self.facts.supplied(inputs), ..self }
    }
}

impl Supplied for AuthorizationInput {
    fn supplied(mut self, inputs: &[Input]) -> Self {
        for input in inputs {
            match input {
                Input::Provider => {
                    let contract = || Contract { provider: PROVIDER.to_owned(), id: format!("{PROVIDER}-C12345678") };
                    self.token.contract.get_or_insert_with(contract);
                }
                Input::Group => {
                    self.token.group.get_or_insert_with(|| GROUP.to_owned());
                }
                input => supply(&mut self.station, input),
            }
        }
        self
    }
}

impl Supplied for DialectInput {
    fn supplied(self, _: &[Input]) -> Self {
        self
    }
}

/// Nothing of it is a station's or a driver's.
impl Supplied for LoadInput {
    fn supplied(self, _: &[Input]) -> Self {
        self
    }
}

fn card() -> TokenFacts {
    TokenFacts { kind: "ISO14443".to_owned(), ..TokenFacts::default() }
}

fn supply(station: &mut StationFacts, input: &Input) {
    let StationFacts { plug, place, .. } = station;
    match input {
        Input::ConnectorType => drop(plug.kind.get_or_insert_with(|| "sType2".to_owned())),
        Input::Current => {
            plug.current.get_or_insert(Current::Alternating);
        }
        Input::Power => {
            plug.power_w.get_or_insert(22_000);
        }
        Input::Phases => {
            plug.phases.get_or_insert(3);
        }
        Input::Country => drop(place.country.get_or_insert_with(|| "DE".to_owned())),
        Input::Currency => {
            place.currency.get_or_insert(Currency::EUR);
        }
        Input::Attribute(name) => {
            place.attributes.entry(name.clone()).or_insert_with(|| "1".to_owned());
        }
        Input::Provider | Input::Group => {}
    }
}
