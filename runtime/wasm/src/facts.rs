//! `amprule:facts/connector`, `…/location`, `…/contract`, `…/given-back` and `…/reservation`: what a question has beside its records, for those who import it.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::Energy;
use amprule_domain::authorization::{AuthorizationInput, PlaceKept};
use amprule_domain::contract::Contract;
use amprule_domain::place::{Current, Place, Plug};
use amprule_domain::pricing::{PricingInput, StationFacts};
use amprule_hooks::lookups::LookupSchema;
use wasmtime::component::{HasSelf, Linker};

use crate::lookups::Asks;
use crate::sandbox::Sandbox;
use crate::v1::bindings::amprule::facts::{connector, contract, given_back, location, lookups, reservation};
use crate::v1::bindings::amprule::types::types;
use crate::v1::lower_energy;

pub(crate) const CONNECTOR: &str = "amprule:facts/connector";
pub(crate) const LOCATION: &str = "amprule:facts/location";
pub(crate) const CONTRACT: &str = "amprule:facts/contract";
pub(crate) const RESERVATION: &str = "amprule:facts/reservation";
pub(crate) const GIVEN_BACK: &str = "amprule:facts/given-back";
pub(crate) const LOOKUPS: &str = "amprule:facts/lookups";

/// Of a session, and of each of its periods.
#[derive(Default)]
struct GivenBack {
    all: Energy,
    by_period: Vec<Energy>,
}

/// Of one question.
#[derive(Default)]
pub(crate) struct Facts {
    plug: Plug,
    place: Place,
    contract: Option<Contract>,
    reservation: Option<PlaceKept>,
    given_back: GivenBack,
    pub(crate) asks: Asks,
}

impl Facts {
    pub(crate) fn of_station(station: &StationFacts) -> Self {
        Self { plug: station.plug.clone(), place: station.place.clone(), ..Self::default() }
    }

    pub(crate) fn of_session(input: &PricingInput) -> Self {
        let by_period = input.periods.iter().map(|period| period.exported).collect();
        Self { given_back: GivenBack { all: input.session.exported, by_period }, ..Self::of_station(&input.station) }
    }

    pub(crate) fn of_request(input: &AuthorizationInput, declared: &Arc<BTreeMap<String, LookupSchema>>) -> Self {
        let asks = Asks { declared: Arc::clone(declared), known: input.lookups.clone(), wants: Vec::new() };
        let (contract, reservation) = (input.token.contract.clone(), input.reservation);
        Self { contract, reservation, asks, ..Self::of_station(&input.station) }
    }
}

pub(crate) fn link(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    connector::add_to_linker::<_, HasSelf<Facts>>(linker, |sandbox: &mut Sandbox| &mut sandbox.facts)?;
    location::add_to_linker::<_, HasSelf<Facts>>(linker, |sandbox: &mut Sandbox| &mut sandbox.facts)?;
    contract::add_to_linker::<_, HasSelf<Facts>>(linker, |sandbox: &mut Sandbox| &mut sandbox.facts)?;
    reservation::add_to_linker::<_, HasSelf<Facts>>(linker, |sandbox: &mut Sandbox| &mut sandbox.facts)?;
    given_back::add_to_linker::<_, HasSelf<Facts>>(linker, |sandbox: &mut Sandbox| &mut sandbox.facts)?;
    lookups::add_to_linker::<_, HasSelf<Asks>>(linker, |sandbox: &mut Sandbox| &mut sandbox.facts.asks)
}

impl connector::Host for Facts {
    fn get(&mut self) -> connector::ConnectorFacts {
        let Plug { kind, current, power_w, phases } = &self.plug;
        connector::ConnectorFacts {
            kind: kind.clone(),
            current: current.map(|current| match current {
                Current::Alternating => connector::Current::Alternating,
                Current::Direct => connector::Current::Direct,
            }),
            max_power_w: power_w.and_then(|watts| u32::try_from(watts).ok()),
            phases: *phases,
        }
    }
}

impl location::Host for Facts {
    fn get(&mut self) -> location::LocationFacts {
        let Place { country, currency, attributes } = &self.place;
        location::LocationFacts {
            country: country.clone(),
            currency: currency.map(|currency| currency.as_str().to_owned()),
            attributes: attributes.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }
}

impl given_back::Host for Facts {
    fn energy_wh(&mut self) -> types::Decimal {
        lower_energy(self.given_back.all)
    }

    fn by_period_wh(&mut self) -> Vec<types::Decimal> {
        self.given_back.by_period.iter().copied().map(lower_energy).collect()
    }
}

impl contract::Host for Facts {
    fn get(&mut self) -> Option<contract::ContractFacts> {
        let Contract { provider, id } = self.contract.clone()?;
        Some(contract::ContractFacts { provider, id })
    }
}

impl reservation::Host for Facts {
    fn get(&mut self) -> Option<reservation::ReservationFacts> {
        let PlaceKept { id, yours, expires_at } = self.reservation?;
        Some(reservation::ReservationFacts { id, yours, expires_at: expires_at.as_millisecond() })
    }
}
