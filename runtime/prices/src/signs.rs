//! The price for whoever comes, kept in step in each station: default tariffs (2.1), and the text of 1.6 (`DefaultPrice`).
//!
//! A station is asked what it has before it is told anything, and told one thing at a time; what comes next is thought of when it
//! has answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use amprule_domain::command::{Command, Exchange, PriceCommand, Setting, Verdict, Wanted};
use amprule_domain::cost::{RefusedTariff, Shows, TariffStep, next_tariff_step};
use amprule_domain::doors::StoreResult;
use amprule_domain::holding::Kind;
use amprule_domain::variable::Place;
use amprule_domain::{CommandId, StationId};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::offers::{Offering, Usual};
use crate::{House, costs, reading};

/// A message that has not come so long after it was ordered is thought of anew.
const EXPIRES: SignedDuration = SignedDuration::from_mins(10);
/// Who has refused so many in a row is left as it is until it boots or connects again.
const REFUSALS: u32 = 3;
/// Characters of a configuration key's value (OCPP 1.6, 6.8).
const MAX_KEY: usize = 500;

/// Of one station.
#[derive(Default)]
pub(crate) struct Sign {
    /// When what is offered is to be found out.
    pub(crate) due: Option<Instant>,
    pub(crate) is_busy: bool,
    pub(crate) usual: Usual,
    /// It was asked for its own tariffs since it connected.
    asked: bool,
    at_work: Option<CommandId>,
    refusals: u32,
    /// What it has taken last.
    done: Option<Command>,
    /// What it has refused last.
    refused: Option<Command>,
    /// What it has refused because of another one of this id, which went.
    twin: Option<Command>,
}

impl Sign {
    pub(crate) fn booted(&mut self) {
        (self.refusals, self.asked) = (0, false);
        (self.done, self.refused, self.twin) = (None, None, None);
    }

    /// What is offered is known.
    pub(crate) fn found(&mut self, usual: Usual) {
        if ids(&usual).ne(ids(&self.usual)) {
            self.refusals = 0;
        }
        (self.is_busy, self.usual, self.done) = (false, usual, None);
    }

    /// Its own command has ended.
    pub(crate) fn is_of(&self, command: CommandId) -> bool {
        self.at_work == Some(command)
    }

    /// What it was answered. The command that is to follow, where that is known already.
    pub(crate) fn ended(&mut self, station: &StationId, exchange: Option<&Exchange>) -> Option<Command> {
        self.at_work = None;
        let exchange = exchange?;
        let Some(answer) = &exchange.answer else {
            self.asked &= !matches!(exchange.command, Command::Price(PriceCommand::Tariffs));
            return None;
        };
        if answer.verdict != Verdict::Refused || answer.status.eq_ignore_ascii_case("NoTariff") {
            self.refusals = 0;
            self.done = Some(exchange.command.clone());
            return None;
        }
        self.refusals = if costs::is_without_words(&answer.status) { REFUSALS } else { self.refusals + 1 };
        // Another content under this id: an earlier version of this server has written it.
        let is_twin = answer.status.eq_ignore_ascii_case("DuplicateTariffId");
        if is_twin
            && self.twin.as_ref() != Some(&exchange.command)
            && let Command::Price(PriceCommand::SetTariff { tariff, .. }) = &exchange.command
            && let Some(id) = tariff["tariffId"].as_str()
        {
            self.twin = Some(exchange.command.clone());
            return Some(Command::Price(PriceCommand::ClearTariff { evse: None, id: id.to_owned() }));
        }
        if exchange.command != Command::Price(PriceCommand::Tariffs) {
            let (status, reason) = (&answer.status, answer.reason.as_deref().unwrap_or("no reason given"));
            tracing::warn!(%station, "the station does not take {}: {status} ({reason}); it is told again when something else is offered there, or it boots", what(&exchange.command));
        }
        self.refused = Some(exchange.command.clone());
        None
    }

    /// The next thing that it is to be told.
    pub(crate) async fn step(&mut self, house: &House, station: &StationId, shows: &Shows) -> StoreResult<()> {
        if self.at_work.is_some() || self.refusals >= REFUSALS {
            return Ok(());
        }
        let Some(command) = self.next(house, station, shows).await? else { return Ok(()) };
        if self.refused.as_ref() == Some(&command) {
            self.refusals = REFUSALS;
            return Ok(());
        }
        if self.done.as_ref() == Some(&command) {
            tracing::warn!(%station, "the station has taken its price for whoever comes, and does not have it; it is told again when it boots");
            self.refusals = REFUSALS;
            return Ok(());
        }
        self.order(house, station, command).await;
        Ok(())
    }

    async fn next(&mut self, house: &House, station: &StationId, shows: &Shows) -> StoreResult<Option<Command>> {
        let Some(bounds) = shows.tariffs else { return Ok(self.default_price(shows)) };
        if !std::mem::replace(&mut self.asked, true) {
            return Ok(Some(Command::Price(PriceCommand::Tariffs)));
        }
        let wanted: BTreeMap<u32, Option<Value>> = self
            .usual
            .iter()
            .map(|(evse, offering)| (*evse, offering.as_ref().and_then(|offering| offering.tariff_for(bounds))))
            .collect();
        let is_money =
            |tariff: &Value| shows.currency.is_none() || tariff["currency"].as_str() == shows.currency.as_deref();
        let wanted = wanted.into_iter().map(|(evse, tariff)| (evse, tariff.filter(is_money))).collect();
        let (held, refused) = held(house, station).await?;
        let step = next_tariff_step(&wanted, &held, &refused);
        Ok(step.map(|step| {
            Command::Price(match step {
                TariffStep::Set { evse, tariff } => PriceCommand::SetTariff { evse, tariff },
                TariffStep::Clear { evse, id } => PriceCommand::ClearTariff { evse, id },
            })
        }))
    }

    /// Where the same is offered at all of its places.
    fn default_price(&self, shows: &Shows) -> Option<Command> {
        let held = shows.default_price.as_ref()?;
        let mut offerings = self.usual.values().map(Option::as_ref);
        let first = offerings.next().flatten()?;
        if !offerings.all(|other| other.is_some_and(|other| other.id == first.id)) {
            return None;
        }
        let value = price_text(first, shows);
        let is_held = serde_json::from_str::<Value>(held).is_ok_and(|held| held == value);
        let value = value.to_string();
        // Half a price would be another one.
        if is_held || value.chars().count() > MAX_KEY {
            return None;
        }
        let place = Place { variable: "DefaultPrice".to_owned(), ..Place::default() };
        Some(Command::SetVariables { settings: vec![Setting { of: Wanted { place, attribute: None }, value }] })
    }

    pub(crate) async fn order(&mut self, house: &House, station: &StationId, command: Command) {
        let now = house.clock.now();
        let expires_at = now.checked_add(EXPIRES).unwrap_or(now);
        match house.stations.order(station, command, expires_at).await {
            Ok(id) => self.at_work = Some(id),
            Err(why) => tracing::warn!(%station, "its price for whoever comes is not told: {why}"),
        }
    }
}

fn price_text(offering: &Arc<Offering>, shows: &Shows) -> Value {
    let text = offering.text(shows.language(None));
    json!({ "priceText": text, "priceTextOffline": text })
}

/// What is offered, by EVSE.
fn ids(usual: &Usual) -> impl Iterator<Item = (u32, Option<&str>)> {
    usual.iter().map(|(evse, offering)| (*evse, offering.as_ref().map(|offering| offering.id.as_str())))
}

fn what(command: &Command) -> String {
    match command {
        Command::Price(PriceCommand::SetTariff { evse, tariff }) => {
            format!("the default tariff {} at EVSE {evse}", tariff["tariffId"].as_str().unwrap_or_default())
        }
        Command::Price(PriceCommand::ClearTariff { id, .. }) => format!("that its default tariff {id} goes"),
        _ => "its price for whoever comes".to_owned(),
    }
}

/// The tariffs that it has, by EVSE, and those that it has refused.
async fn held(house: &House, station: &StationId) -> StoreResult<(BTreeMap<u32, Value>, Vec<RefusedTariff>)> {
    let held = reading::all(&*house.books, station, Kind::Tariff, None).await?;
    let refused = held.iter().filter_map(|holding| RefusedTariff::read(&holding.body)).collect();
    let by_evse = held.into_iter().filter_map(|holding| {
        let tariff = holding.body["tariff"].clone();
        Some((holding.key.parse().ok()?, tariff))
    });
    Ok((by_evse.collect(), refused))
}
