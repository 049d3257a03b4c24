//! Where the simulated car charges, and on whose card: what a unit may declare as its inputs, in the same words.

use amprule_domain::authorization::PresentedToken;
use amprule_domain::contract::Contract;
use amprule_domain::place::{Current, Place, Plug};
use amprule_domain::pricing::{StationFacts, TokenFacts};
use amprule_domain::{Currency, Energy};
use amprule_hooks::inputs::Input;

use super::{LOCATION, STATION};

/// W of the usual connector; half of it flows.
const USUAL_POWER: i64 = 22_000;

#[derive(Debug, Clone)]
pub struct Visit {
    pub(super) plug: Plug,
    pub(super) place: Place,
    pub(super) group: Option<String>,
    pub(super) provider: Option<String>,
}

impl Default for Visit {
    fn default() -> Self {
        Self {
            plug: Plug {
                kind: Some("sType2".to_owned()),
                current: Some(Current::Alternating),
                power_w: Some(USUAL_POWER),
                phases: Some(3),
            },
            place: Place { country: Some("DE".to_owned()), currency: Some(Currency::EUR), ..Place::default() },
            group: None,
            provider: None,
        }
    }
}

impl Visit {
    /// `current=DC,power=150000,attribute.class=premium,group=staff` over what is usual; a word without a value is unknown.
    ///
    /// # Errors
    /// What cannot be read, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut visit = Self::default();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (word, value) = pair.split_once('=').ok_or_else(|| format!("{pair:?} is no WORD=VALUE"))?;
            let known = Input::WORDS.join(", ");
            let input = Input::named(word.trim())
                .ok_or_else(|| format!("there is no {word:?}; known are {known} and attribute.NAME"))?;
            visit.set(input, value.trim()).map_err(|why| format!("{word}: {why}"))?;
        }
        Ok(visit)
    }

    fn set(&mut self, input: Input, value: &str) -> Result<(), String> {
        let text = (!value.is_empty()).then(|| value.to_owned());
        match input {
            Input::ConnectorType => self.plug.kind = text,
            Input::Current => self.plug.current = text.map(|_| current(value)).transpose()?,
            Input::Power => self.plug.power_w = text.map(|_| whole(value, 1, 10_000_000)).transpose()?,
            Input::Phases => {
                let phases = text.map(|_| whole(value, 1, 3)).transpose()?;
                self.plug.phases = phases.and_then(|phases| u8::try_from(phases).ok());
            }
            Input::Country => self.place.country = text,
            Input::Currency => {
                let currency = || value.parse().map_err(|_| format!("{value:?} is no currency: EUR"));
                self.place.currency = text.map(|_| currency()).transpose()?;
            }
            Input::Attribute(name) => {
                self.place.attributes.remove(&name);
                self.place.attributes.extend(text.map(|text| (name, text)));
            }
            Input::Provider => self.provider = text,
            Input::Group => self.group = text,
        }
        Ok(())
    }

    pub(super) fn station(&self) -> StationFacts {
        StationFacts {
            id: STATION.to_owned(),
            location: Some(LOCATION.to_owned()),
            vendor: "Amprule".to_owned(),
            model: "simulated".to_owned(),
            evse: 1,
            connector: 1,
            plug: self.plug.clone(),
            place: self.place.clone(),
        }
    }

    pub(super) fn token(&self) -> TokenFacts {
        let (group, provider) = (self.group.clone(), self.provider.clone());
        TokenFacts { kind: "ISO14443".to_owned(), group, provider }
    }

    pub(super) fn presented(&self) -> PresentedToken {
        let contract = |provider: &String| Contract { id: format!("{provider}-C12345678"), provider: provider.clone() };
        PresentedToken {
            id_token: "04A1B2C3D4".to_owned(),
            kind: "ISO14443".to_owned(),
            group: self.group.clone(),
            contract: self.provider.as_ref().map(contract),
            ..PresentedToken::default()
        }
    }

    /// As much as flows at the usual connector, at this one.
    pub(super) fn energy(&self, usual_wh: i64) -> Energy {
        Energy::from_wh(usual_wh * self.plug.power_w.unwrap_or(USUAL_POWER) / USUAL_POWER)
    }
}

fn current(value: &str) -> Result<Current, String> {
    match value {
        "AC" => Ok(Current::Alternating),
        "DC" => Ok(Current::Direct),
        _ => Err(format!("{value:?} is neither AC nor DC")),
    }
}

fn whole(value: &str, from: i64, to: i64) -> Result<i64, String> {
    let number = value.parse().ok().filter(|number| (from..=to).contains(number));
    number.ok_or_else(|| format!("{value:?} is no whole number of {from} to {to}"))
}

#[cfg(test)]
mod tests {
    use super::Visit;

    #[test]
    fn a_visit_is_said_in_the_words_of_declared_inputs() {
        let visit = Visit::parse("current=DC, power=150000,phases=,attribute.class=premium,group=staff").unwrap();
        assert_eq!(
            (visit.plug.power_w, visit.plug.phases, visit.group.as_deref()),
            (Some(150_000), None, Some("staff"))
        );
        assert_eq!(visit.place.attributes["class"], "premium");
        assert_eq!(visit.energy(11_000).wh().to_string(), "75000");
        for (text, why) in [
            ("powr=1", "there is no \"powr\"; known are connector-type"),
            ("power", "no WORD=VALUE"),
            ("power=0", "no whole number of 1 to 10000000"),
            ("current=ac", "neither AC nor DC"),
            ("currency=euro", "no currency"),
        ] {
            let said = Visit::parse(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
