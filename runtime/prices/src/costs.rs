//! A session is looked at: what it costs by now is told where the display shows another amount, and what it has cost at its end.

use std::sync::Arc;

use amprule_domain::command::{Command, CommandAnswer, PriceCommand, PriceText, Verdict};
use amprule_domain::cost::{Shows, cost_shown, total_text};
use amprule_domain::doors::StoreResult;
use amprule_domain::pricing::Price;
use amprule_domain::session::{Session, SessionState};
use amprule_domain::token::{IdToken, TokenRecord};
use amprule_domain::{Decimal, SessionId, StationId, Timestamp};
use jiff::SignedDuration;

use crate::{House, Unsaid};

/// So long after its end a driver may still stand there.
const STANDS_THERE: SignedDuration = SignedDuration::from_mins(10);

/// Words of a station that does not know what it was told at all.
const WITHOUT_WORDS: [&str; 4] = ["notimplemented", "notsupported", "unknownvendorid", "unknownmessageid"];

pub(crate) fn is_without_words(status: &str) -> bool {
    WITHOUT_WORDS.contains(&status.trim().to_ascii_lowercase().as_str())
}

pub(crate) struct Due {
    pub(crate) station: StationId,
    pub(crate) session: SessionId,
    pub(crate) shows: Arc<Shows>,
    pub(crate) told: Option<Decimal>,
}

pub(crate) struct Looked {
    pub(crate) station: StationId,
    pub(crate) session: SessionId,
    /// The display shows it.
    pub(crate) told: Option<Decimal>,
    /// Nothing is to be told of it any more.
    pub(crate) is_over: bool,
    /// The station cannot be told costs.
    pub(crate) is_without_words: bool,
}

pub(crate) async fn look(house: Arc<House>, due: Due) -> Looked {
    let said = say(&house, &due).await.unwrap_or_else(|error| {
        tracing::warn!(station = %due.station, %error, "what a session costs could not be read; it is told a minute later");
        Said::Nothing
    });
    let Due { station, session, .. } = due;
    let told = if let Said::Told(total) = said { Some(total) } else { None };
    let (is_over, is_without_words) = (said == Said::Over, said == Said::WithoutWords);
    Looked { station, session, told, is_over, is_without_words }
}

#[derive(PartialEq)]
enum Said {
    Told(Decimal),
    Nothing,
    Over,
    WithoutWords,
}

async fn say(house: &House, due: &Due) -> StoreResult<Said> {
    let Some(session) = house.stations.priced(due.session).await? else { return Ok(Said::Over) };
    let price = session.price.as_deref().filter(|price| is_of_its_money(&due.shows, price));
    match (session.state, price) {
        // It may still be priced with what the tariff's own version says: a bill that is to change is not shown as one.
        (SessionState::Ended, Some(price)) if !price.is_final && stands_there_until(house, &session).is_some() => {
            Ok(Said::Nothing)
        }
        (SessionState::Ended, price) => {
            if let Some(price) = price.filter(|_| due.shows.by_messages) {
                tell_the_end(house, due, &session, price).await?;
            }
            Ok(Said::Over)
        }
        (_, Some(price)) if due.told != Some(price.total) => Ok(tell(house, due, &session, price).await),
        _ => Ok(Said::Nothing),
    }
}

/// A number without its currency would be another amount there.
fn is_of_its_money(shows: &Shows, price: &Price) -> bool {
    shows.currency.as_ref().is_none_or(|currency| *currency == price.currency.as_str())
}

async fn tell(house: &House, due: &Due, session: &Session, price: &Price) -> Said {
    let command = Command::Price(PriceCommand::Cost(cost_shown(session, price)));
    match house.stations.say(&due.station, command).await {
        Ok(CommandAnswer { verdict: Verdict::Refused, status, .. }) => {
            if is_without_words(&status) {
                Said::WithoutWords
            } else {
                Said::Nothing
            }
        }
        Ok(_) => Said::Told(price.total),
        Err(Unsaid::NoWords) => Said::WithoutWords,
        Err(Unsaid::Unheard) => Said::Nothing,
    }
}

fn stands_there_until(house: &House, session: &Session) -> Option<Timestamp> {
    let until = session.ended_at.and_then(|ended| ended.checked_add(STANDS_THERE).ok());
    until.filter(|until| *until > house.clock.now())
}

/// It is kept until it is answered: of all amounts this one must come.
async fn tell_the_end(house: &House, due: &Due, session: &Session, price: &Price) -> StoreResult<()> {
    let Some(until) = stands_there_until(house, session) else { return Ok(()) };
    let language = language_of(house, session).await?;
    let said = |language: &str| PriceText { language: language.to_owned(), text: total_text(session, price, language) };
    let command = Command::Price(PriceCommand::FinalCost {
        transaction: session.transaction.clone(),
        total: price.total,
        texts: due.shows.languages_for(language.as_deref()).into_iter().map(said).collect(),
    });
    if let Err(why) = house.stations.order(&due.station, command, until).await {
        tracing::warn!(station = %due.station, "what a session has cost is not shown there: {why}");
    }
    Ok(())
}

/// Of whoever pays it, as the record of his token says.
async fn language_of(house: &House, session: &Session) -> StoreResult<Option<String>> {
    let Some(token) = &session.token else { return Ok(None) };
    let record = house.books.entered(&token.id_token).await?;
    let is_shown = |record: &TokenRecord| IdToken::new(&*record.id_token, &*record.kind).is_shown_as(token);
    Ok(record.filter(is_shown).and_then(|record| record.language))
}
