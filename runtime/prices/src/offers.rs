//! What is offered at a place: only what the tariff says of itself, was proven against its code, and is changed by nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::charging::Guest;
use amprule_domain::command::{Command, PriceCommand, PriceText, Verdict};
use amprule_domain::cost::{Shows, TariffBounds};
use amprule_domain::doors::StoreResult;
use amprule_domain::offer::{self, Fit, Issuer, Offer, Offered, Proven};
use amprule_domain::pricing::TokenFacts;
use amprule_domain::reported::Reported;
use amprule_domain::station::StationRecord;
use amprule_domain::{Occasion, StationId, Timestamp, TransactionId};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::House;
use crate::board::Wish;

/// What is offered is asked anew after so long.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// Rules choose tariffs by minutes; a tariff of a quarter of an hour is found.
const QUARTER: SignedDuration = SignedDuration::from_mins(15);
/// EVSEs of one station that are looked at.
const MOST_EVSES: usize = 64;

/// Until a moment.
#[derive(Debug, PartialEq)]
pub(crate) struct Offering {
    /// The same for the same words.
    pub(crate) id: String,
    offer: Offer,
    /// Where it can be said exactly.
    pub(crate) tariff: Option<Arc<Value>>,
    pub(crate) until: Timestamp,
}

impl Offering {
    pub(crate) fn text(&self, language: &str) -> String {
        offer::text(&self.offer, language)
    }

    pub(crate) fn fits(&self, bounds: TariffBounds) -> bool {
        let has_conditions = self.offer.elements.iter().any(|element| !element.when.is_none());
        self.offer.elements.len() <= bounds.elements && (bounds.conditions || !has_conditions)
    }

    /// Something for tests.
    #[cfg(test)]
    pub(crate) fn until(until: Timestamp) -> Self {
        let offer = serde_json::from_value(serde_json::json!({ "currency": "EUR" })).expect("an offer");
        Self { id: "tariff-0123456789ab".to_owned(), offer, tariff: None, until }
    }

    /// The tariff, where such a station can take it.
    pub(crate) fn tariff_for(&self, bounds: TariffBounds) -> Option<Value> {
        self.tariff.as_deref().filter(|_| self.fits(bounds)).cloned()
    }
}

/// By EVSE.
pub(crate) type Usual = BTreeMap<u32, Option<Arc<Offering>>>;

/// Of whoever comes.
pub(crate) async fn usual(house: &House, station: &StationId) -> StoreResult<Usual> {
    let Some(place) = Place::read(house, station).await? else { return Ok(Usual::new()) };
    let mut usual = Usual::new();
    for evse in &place.evses {
        usual.insert(*evse, place.offering(house, *evse, None).await);
    }
    Ok(usual)
}

/// Of this driver; at EVSE 0: what is offered at all of them alike.
pub(crate) async fn wished(house: &House, wish: &Wish) -> StoreResult<Option<Arc<Offering>>> {
    let Some(place) = Place::read(house, &wish.station).await? else { return Ok(None) };
    let evses = if wish.evse == 0 { place.evses.clone() } else { vec![wish.evse] };
    let mut common: Option<Arc<Offering>> = None;
    for evse in evses {
        let Some(offering) = place.offering(house, evse, Some(wish.driver.facts())).await else { return Ok(None) };
        match &common {
            Some(known) if known.id != offering.id => return Ok(None),
            Some(known) if known.until <= offering.until => {}
            _ => common = Some(offering),
        }
    }
    Ok(common)
}

/// By a message of its own, where the driver has not just been told the same.
pub(crate) async fn tell(house: &House, shows: &Shows, wish: &Wish, offering: &Offering) -> Option<Verdict> {
    let said = |language: &str| PriceText { language: language.to_owned(), text: offering.text(language) };
    let texts: Vec<PriceText> = shows.languages_for(wish.language.as_deref()).into_iter().map(said).collect();
    let text = texts.first()?.text.clone();
    if house.board.was_said(wish, &text) {
        return None;
    }
    let command = Command::Price(PriceCommand::UserPrice { token: wish.token.clone(), texts });
    let answer = house.stations.say(&wish.station, command).await.ok()?;
    if answer.verdict != Verdict::Refused {
        house.board.note_said(wish, text);
    }
    Some(answer.verdict)
}

/// A session that has begun without the driver's tariff goes on by it (OCPP 2.1, I11).
pub(crate) fn change(transaction: &TransactionId, tariff: &Value) -> Command {
    let payload = json!({ "transactionId": transaction, "tariff": tariff });
    Command::Request { action: "ChangeTransactionTariff".to_owned(), payload: payload.to_string() }
}

struct Place {
    record: StationRecord,
    reported: Reported,
    evses: Vec<u32>,
}

impl Place {
    async fn read(house: &House, station: &StationId) -> StoreResult<Option<Self>> {
        let Some(record) = house.books.station(station).await? else { return Ok(None) };
        let reported = house.books.reported(station).await?;
        let connectors = house.books.connectors(station).await?;
        let mut evses: Vec<u32> = connectors.into_iter().map(|told| told.evse).filter(|evse| *evse > 0).collect();
        evses.sort_unstable();
        evses.dedup();
        evses.truncate(MOST_EVSES);
        Ok(Some(Self { record, reported, evses }))
    }

    async fn offering(&self, house: &House, evse: u32, token: Option<TokenFacts>) -> Option<Arc<Offering>> {
        let now = house.clock.now();
        let group = token.as_ref().and_then(|token| token.group.clone());
        let until = self.same_until(house, group.as_deref(), now);
        let guest = Guest { record: &self.record, reported: &self.reported, evse, connector: 1, token };
        let at = Occasion::of(&self.record, group.as_deref(), now);
        let offered = house.hooks.offer(at, guest.offer(now, until, now)).await?;
        let Offered { unit, modifiers, others, since, proven, .. } = offered;
        let Proven { offer, proof } = proven.ok()?;
        if proof.fits != Fit::Exact || !modifiers.is_empty() || !others.is_empty() {
            return None;
        }
        let until = offer.next_change_at.filter(|next| *next > now).map_or(until, |next| next.min(until));
        let id = offer::tariff_id(&unit, &offer);
        let last_updated = since.unwrap_or(now);
        let issuer = Issuer { id: &id, country_code: "", party_id: "", last_updated, tariff_type: None };
        let written = offer::ocpp21(&offer, issuer);
        let tariff = (written.fits == Fit::Exact).then(|| Arc::new(written.document));
        Some(Arc::new(Offering { id, offer, tariff, until }))
    }

    /// Until then the same units price there.
    fn same_until(&self, house: &House, group: Option<&str>, now: Timestamp) -> Timestamp {
        let pin = |at: Timestamp| house.hooks.pin(&Occasion::of(&self.record, group, at), None);
        let today = pin(now);
        let quarter = QUARTER.as_secs();
        let mut at = now.as_second() - now.as_second().rem_euclid(quarter);
        let last = now.as_second() + LONGEST.as_secs();
        loop {
            at += quarter;
            let Ok(moment) = Timestamp::from_second(at) else { return Timestamp::MAX };
            if at >= last || pin(moment) != today {
                return moment;
            }
        }
    }
}
