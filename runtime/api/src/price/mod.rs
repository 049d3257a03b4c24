//! Prices before a session begins: what is offered at a place, and what a session would cost.

pub(crate) mod offer;
pub(crate) mod quote;

use amprule_domain::StationId;
use amprule_domain::charging::Guest;
use amprule_domain::contract::Contract;
use amprule_domain::pricing::TokenFacts;
use amprule_domain::reported::Reported;
use amprule_domain::station::StationRecord;

use crate::Api;
use crate::problem::{Answer, Problem};
use crate::station::unknown;

/// A station of ours, and what it says of itself.
struct Here {
    record: StationRecord,
    reported: Reported,
}

impl Here {
    async fn find(api: &Api, station: &str) -> Answer<Self> {
        let id = StationId::parse(station).map_err(|fault| Problem::invalid("/station", fault.to_string()))?;
        let record = api.store.station(&id).await?.ok_or_else(|| unknown(&id))?;
        let reported = api.store.reported(&id).await?;
        Ok(Self { record, reported })
    }

    fn guest(&self, evse: Option<u32>, connector: Option<u32>, token: Option<TokenFacts>) -> Guest<'_> {
        let (evse, connector) = (evse.unwrap_or(1), connector.unwrap_or(1));
        Guest { record: &self.record, reported: &self.reported, evse, connector, token }
    }
}

/// What a price may know of a token: its kind, the group that the books have it in, and its provider.
async fn token_facts(api: &Api, id_token: &str, kind: Option<String>) -> Answer<TokenFacts> {
    let record = api.store.entered(id_token).await?;
    let kind = kind.unwrap_or_else(|| "ISO14443".to_owned());
    let provider = Contract::of(&kind, id_token).map(|contract| contract.provider);
    Ok(TokenFacts { kind, group: record.and_then(|record| record.group), provider })
}
