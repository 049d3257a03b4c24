//! What is offered at a place: the tariff of the occasion is asked, and its offer held against its code.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use amprule_domain::Occasion;
use amprule_domain::decision::FaultClass;
use amprule_domain::offer::{OfferInput, Offered, Proven};
use amprule_domain::pricing::Pin;
use jiff::SignedDuration;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::Registry;
use super::recall::Patience;
use super::wanted::Wanted;
use crate::offers::prove;
use crate::version::Version;

/// How long an offer and its proof are believed: some hundred to thousand sessions are priced for it.
const FRESH: Duration = Duration::from_secs(60);
/// Offers that are remembered.
const MOST: usize = 1_000;
/// Rules choose by weekday and minute; most of them by the quarter of an hour.
const QUARTER: SignedDuration = SignedDuration::from_mins(15);
const QUARTERS_OF_A_WEEK: usize = 7 * 96;
/// Proofs at the same time.
const AT_ONCE: usize = 2;

type Answer = Result<Proven, String>;

pub(super) struct Offers {
    fresh: Mutex<HashMap<String, (Instant, Answer)>>,
    places: Arc<Semaphore>,
}

impl Default for Offers {
    fn default() -> Self {
        Self { fresh: Mutex::default(), places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Registry {
    pub(super) async fn offer_at(&self, at: &Occasion<'_>, question: OfferInput) -> Option<Offered> {
        let pin = self.pin_for(at, None)?;
        let Pin { unit, version, hash, .. } = (*pin).clone();
        let modifiers = pin.modifiers.iter().map(|modifier| modifier.unit.clone()).collect();
        let others = self.others_than(&unit, at, &question);
        let offered = |since, proven| Some(Offered { unit, version, hash, since, modifiers, others, proven });
        if pin.is_static_tariff() {
            let why = "the static tariff of the configuration prices here; it does not describe itself".to_owned();
            return offered(None, Err(why));
        }
        let generation = self.generation.load_full();
        let wanted = self.version_of(&generation, Wanted::tariff(&pin), Patience::begin(false)).await;
        match wanted {
            Ok(version) => offered(Some(version.loaded_at), self.proven(version, question).await),
            Err(_) => offered(None, Err("the unit that prices here is not there".to_owned())),
        }
    }

    /// Tariffs that rules choose there at other hours.
    fn others_than(&self, unit: &str, at: &Occasion<'_>, question: &OfferInput) -> Vec<String> {
        let zone = question.zone();
        let mut others = BTreeSet::new();
        let mut moment = question.from;
        for _ in 0..QUARTERS_OF_A_WEEK {
            let Some(next) = moment.checked_add(QUARTER).ok().filter(|next| *next < question.to) else { break };
            moment = next;
            let local = moment.to_zoned(zone.clone());
            let minute_of_day = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
            let weekday = local.weekday().to_monday_one_offset().unsigned_abs();
            let then = Occasion { weekday, minute_of_day, ..*at };
            let pin = self.pin_for(&then, None);
            others.insert(pin.map_or_else(|| "nobody".to_owned(), |pin| pin.unit.clone()));
        }
        others.remove(unit);
        others.into_iter().collect()
    }

    async fn proven(&self, version: Arc<Version>, mut question: OfferInput) -> Answer {
        question.parameters = version.parameters.clone();
        let key = key(&version, &question);
        if let Some(answer) = self.offers.known(&key, (self.steady)()) {
            return answer;
        }
        let Ok(place) = Arc::clone(&self.offers.places).acquire_owned().await else {
            return Err("the server is going".to_owned());
        };
        // Somebody may have asked the same while this one waited.
        if let Some(answer) = self.offers.known(&key, (self.steady)()) {
            return answer;
        }
        let (offers, at, began) = (Arc::clone(&self.offers), (self.steady)(), Instant::now());
        // Goes on, and is remembered, though nobody waits for it any longer.
        let asked = tokio::task::spawn_blocking(move || {
            let answer = ask(&version, &question);
            offers.keep(key, at + began.elapsed(), answer.clone());
            drop(place);
            answer
        });
        asked.await.unwrap_or_else(|_| Err("the server is going".to_owned()))
    }
}

impl Offers {
    fn known(&self, key: &str, now: Instant) -> Option<Answer> {
        let fresh = self.fresh.lock();
        let found = fresh.get(key).filter(|(at, _)| now.saturating_duration_since(*at) < FRESH);
        found.map(|(_, answer)| answer.clone())
    }

    fn keep(&self, key: String, now: Instant, answer: Answer) {
        let mut fresh = self.fresh.lock();
        fresh.retain(|_, (at, _)| now.duration_since(*at) < FRESH);
        if fresh.len() < MOST {
            fresh.insert(key, (now, answer));
        }
    }
}

fn ask(version: &Version, question: &OfferInput) -> Answer {
    let proven = prove(version.unit(), &version.granted, &version.manifest.boundaries, question);
    let silent = || format!("{} does not say what it charges: it has no `describe`", version.id());
    proven.ok_or_else(silent)?.map_err(|fault| match fault.class {
        FaultClass::NotApplicable => format!("{} does not price here: {}", version.id(), fault.message),
        _ => format!("{} cannot say what it charges: {fault}", version.id()),
    })
}

/// Questions of the same minute are one.
fn key(version: &Version, question: &OfferInput) -> String {
    let minute = |at: jiff::Timestamp| at.as_second() / 60;
    let OfferInput { now, from, to, station, token, time_zone, parameters: _ } = question;
    let when = (minute(*now), minute(*from), minute(*to));
    serde_json::to_string(&(&version.hash, when, station, token, time_zone)).unwrap_or_default()
}
