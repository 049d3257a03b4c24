//! Which EVSEs may keep a limit of a site, and which of them are in one now.
//!
//! It is on disk before a station is told anything: the site may be gone, or the server down, before that station is seen again.
//! Whoever limits an EVSE and whoever gives it back take turns, so that what a site says is never undone by what came before it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use amprule_domain::doors::{SiteBooks, StoreResult};
use amprule_domain::effect::Effect;
use amprule_domain::load::{Allowed, Limited, Site};
use amprule_domain::{StationId, Timestamp, TransactionId};
use jiff::SignedDuration;
use parking_lot::Mutex;
use tokio::sync::{Mutex as Turns, Notify, OwnedMutexGuard};

use crate::seats::Seats;

/// A station that has not come back for so long is waited for no more.
const WAITED_FOR: SignedDuration = SignedDuration::from_hours(365 * 24);
/// That it has waited for so long is noticed within this.
const NOTICED: SignedDuration = SignedDuration::from_hours(48);
/// EVSEs of no site. Beyond it those that left first are waited for no more.
const ASTRAY_MAX: usize = 10_000;

/// An EVSE of a station.
pub(crate) type Place = (StationId, u32);
/// What may stand at an EVSE, and whose turn it is to tell it something.
type Slot = Arc<Turns<Option<Limited>>>;
/// It is told something while this is kept.
pub(crate) type Turn = OwnedMutexGuard<Option<Limited>>;

pub(crate) struct Ledger {
    books: Arc<dyn SiteBooks>,
    slots: Mutex<BTreeMap<Place, Slot>>,
    seats: Arc<Seats>,
    /// The configuration is another one.
    pub(crate) moved: Notify,
}

impl Ledger {
    pub(crate) async fn open(books: Arc<dyn SiteBooks>, seats: Arc<Seats>) -> StoreResult<Self> {
        let slot = |limited: Limited| (place(&limited), Slot::new(Turns::new(Some(limited))));
        let slots = Mutex::new(books.limited().await?.into_iter().map(slot).collect());
        Ok(Self { books, slots, seats, moved: Notify::new() })
    }

    /// These are the sites from now on.
    pub(crate) fn seat(&self, sites: &[Arc<Site>]) {
        self.seats.become_those_of(sites);
        self.moved.notify_one();
    }

    /// A site's turn to tell an EVSE something. The error says why it may not.
    pub(crate) async fn limits(&self, limited: Limited) -> Result<Turn, String> {
        let place = place(&limited);
        let slot = Arc::clone(self.slots.lock().entry(place.clone()).or_default());
        let mut stands = slot.lock_owned().await;
        if !self.seats.is_in(&place, &limited.site) {
            return Err("it is not in this site any more".to_owned());
        }
        let limited = Limited { is_cleared: stands.as_ref().is_some_and(|stands| stands.is_cleared), ..limited };
        if stands.as_ref() != Some(&limited) {
            let written = self.books.commit(vec![Effect::Limited(Box::new(limited.clone()))]).await;
            written.map_err(|error| error.to_string())?;
            *stands = Some(limited);
        }
        Ok(stands)
    }

    /// What another system left there is cleared.
    pub(crate) async fn cleared(&self, place: &Place) -> StoreResult<()> {
        let Some(slot) = self.slots.lock().get(place).map(Arc::clone) else { return Ok(()) };
        let mut stands = slot.lock_owned().await;
        // What is to be given back is not written anew under the hands of those who do.
        let is_news = |limited: &&Limited| !limited.is_cleared && self.is_seated(place);
        if let Some(limited) = stands.as_ref().filter(is_news) {
            let limited = Limited { is_cleared: true, ..limited.clone() };
            self.books.commit(vec![Effect::Limited(Box::new(limited.clone()))]).await?;
            *stands = Some(limited);
        }
        Ok(())
    }

    /// The turn to give an EVSE back. `None`: there is nothing to give back, or it is in a site.
    pub(crate) async fn frees(&self, place: &Place) -> Option<Turn> {
        let slot = self.slots.lock().get(place).map(Arc::clone)?;
        let stands = slot.lock_owned().await;
        (stands.is_some() && !self.is_seated(place)).then_some(stands)
    }

    /// Nothing of a site stands there any more; unless one has told it something since this was to be given back.
    pub(crate) async fn freed(&self, limited: &Limited) -> StoreResult<()> {
        match self.frees(&place(limited)).await {
            Some(stands) if stands.as_ref() == Some(limited) => self.remove(vec![stands]).await,
            _ => Ok(()),
        }
    }

    /// An operator has allowed it something, and it has accepted. Gives what is to be given back now.
    pub(crate) async fn owned(
        &self,
        place: &Place,
        transaction: Option<TransactionId>,
        own: Allowed,
    ) -> StoreResult<Option<Limited>> {
        let Some(mut stands) = self.frees(place).await else { return Ok(None) };
        let Some(limited) = stands.clone().map(|limited| limited.with_own(transaction, own)) else { return Ok(None) };
        self.books.commit(vec![Effect::Limited(Box::new(limited.clone()))]).await?;
        *stands = Some(limited.clone());
        Ok(Some(limited))
    }

    /// What is to be given back: written down with the time since when it is, so that nobody is waited for for ever.
    pub(crate) async fn astray(&self, now: Timestamp) -> StoreResult<Vec<Limited>> {
        let mut astray = Vec::new();
        for place in self.unseated() {
            astray.extend(self.frees(&place).await);
        }
        self.note_left(&mut astray, now).await?;
        astray.sort_by_key(|stands| stands.as_ref().and_then(|limited| limited.left_at));
        let too_many = astray.len().saturating_sub(ASTRAY_MAX);
        let is_old = |stands: &Turn| {
            let left_at = stands.as_ref().and_then(|limited| limited.left_at);
            left_at.is_some_and(|left_at| now.duration_since(left_at) > WAITED_FOR)
        };
        let given_up = too_many.max(astray.partition_point(is_old));
        let rest = astray.split_off(given_up);
        astray.iter().filter_map(|stands| stands.as_ref()).for_each(tell_given_up);
        self.remove(astray).await?;
        Ok(rest.iter().filter_map(|stands| (**stands).clone()).collect())
    }

    async fn note_left(&self, astray: &mut [Turn], now: Timestamp) -> StoreResult<()> {
        let is_new = |limited: &&Limited| !limited.left_at.is_some_and(|left_at| may_have_left(left_at, now));
        let left = |limited: &Limited| Limited { left_at: Some(now), ..limited.clone() };
        let news = astray.iter().filter_map(|stands| stands.as_ref()).filter(is_new).map(left);
        let news: Vec<Effect> = news.map(|limited| Effect::Limited(Box::new(limited))).collect();
        if news.is_empty() {
            return Ok(());
        }
        self.books.commit(news).await?;
        for limited in astray.iter_mut().filter_map(|stands| stands.as_mut()).filter(|limited| is_new(&&**limited)) {
            limited.left_at = Some(now);
            let Limited { station, evse, site, .. } = limited;
            tracing::info!(%station, evse, site, "no site shares it out any more: it may draw what it can as soon as it can be told");
        }
        Ok(())
    }

    async fn remove(&self, gone: Vec<Turn>) -> StoreResult<()> {
        let effect = |stands: &Turn| {
            let Limited { station, evse, .. } = stands.as_ref()?;
            Some(Effect::LimitedGone { station: station.clone(), evse: *evse })
        };
        let effects: Vec<Effect> = gone.iter().filter_map(effect).collect();
        if !effects.is_empty() {
            self.books.commit(effects).await?;
        }
        gone.into_iter().for_each(|mut stands| *stands = None);
        Ok(())
    }

    /// Slots that are empty, and nobody's turn, go.
    fn unseated(&self) -> Vec<Place> {
        let mut slots = self.slots.lock();
        let is_empty =
            |slot: &Slot| Arc::strong_count(slot) == 1 && slot.try_lock().is_ok_and(|stands| stands.is_none());
        slots.retain(|place, slot| self.seats.is_taken(place) || !is_empty(slot));
        slots.keys().filter(|place| !self.seats.is_taken(place)).cloned().collect()
    }

    pub(crate) fn is_seated(&self, place: &Place) -> bool {
        self.seats.is_taken(place)
    }

    /// A site has an EVSE of this station.
    pub(crate) fn has_seat(&self, station: &StationId) -> bool {
        self.seats.has_any(station)
    }
}

/// Who waits is looked at all the time. What is older than that, or to come, was written by a clock that was wrong, or nobody was there
/// to wait.
fn may_have_left(left_at: Timestamp, now: Timestamp) -> bool {
    let waited = now.duration_since(left_at);
    waited >= -NOTICED && waited <= WAITED_FOR + NOTICED
}

fn tell_given_up(limited: &Limited) {
    let Limited { station, evse, site, left_at, .. } = limited;
    tracing::warn!(
        %station, evse, site, since = ?left_at,
        "it may keep a limit of a site that it has left: it has not come back for too long, and is waited for no more"
    );
}

pub(crate) fn place(limited: &Limited) -> Place {
    (limited.station.clone(), limited.evse)
}

pub(crate) fn evses_of(station: &StationId) -> RangeInclusive<Place> {
    (station.clone(), 0)..=(station.clone(), u32::MAX)
}

#[cfg(test)]
mod tests {
    use amprule_domain::command::Most;
    use amprule_domain::doors::{StoreFuture, Writer};
    use amprule_domain::load::{Amperes, Circuit, SiteEvse};

    use super::*;

    #[derive(Default)]
    struct Books(Mutex<Vec<Effect>>);

    impl Writer for Books {
        fn commit(&self, effects: Vec<Effect>) -> StoreFuture<'_, ()> {
            self.0.lock().extend(effects);
            Box::pin(async { Ok(()) })
        }
    }

    impl SiteBooks for Books {
        fn limited(&self) -> StoreFuture<'_, Vec<Limited>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    fn site(id: &str) -> Arc<Site> {
        let evse = SiteEvse {
            station: StationId::new("cs-1"),
            evse: 1,
            circuit: 0,
            phases: vec![0, 1, 2],
            least: Amperes::whole(6),
            most: Amperes::whole(32),
            safe: Amperes::whole(6),
            alone: None,
            never_paused: false,
            is_direct: false,
            priority: 0,
        };
        let (most, blind) = (Amperes::whole(32), Amperes::ZERO);
        let circuit = Circuit { id: "main".to_owned(), inside: None, most, meter: None, blind };
        let (id, unit, time_zone, meters) = (id.to_owned(), None, "UTC".to_owned(), Vec::new());
        Arc::new(Site { id, unit, time_zone, volts: 230, meters, circuits: vec![circuit], evses: vec![evse] })
    }

    async fn opened() -> (Arc<Books>, Ledger, Place) {
        let books = Arc::<Books>::default();
        let ledger = Ledger::open(books.clone(), Arc::default()).await.unwrap();
        (books, ledger, (StationId::new("cs-1"), 1))
    }

    fn day(day: i64) -> Timestamp {
        Timestamp::from_second(day * 86_400).unwrap()
    }

    #[tokio::test]
    async fn a_site_limits_what_is_in_it_and_only_what_is_in_none_is_given_back() {
        let (books, ledger, place) = opened().await;
        let (depot, yard) = ([site("depot")], [site("yard")]);
        ledger.seat(&depot);
        for _ in 0..2 {
            drop(ledger.limits(depot[0].limited(0)).await.unwrap());
        }
        assert_eq!(*books.0.lock(), [Effect::Limited(Box::new(depot[0].limited(0)))], "it is written once");
        assert!(ledger.limits(yard[0].limited(0)).await.is_err() && ledger.frees(&place).await.is_none());
        ledger.seat(&yard);
        assert!(ledger.limits(depot[0].limited(0)).await.is_err() && ledger.frees(&place).await.is_none());
        ledger.seat(&[]);
        assert!(ledger.limits(depot[0].limited(0)).await.is_err() && ledger.frees(&place).await.is_some());
        ledger.freed(&depot[0].limited(0)).await.unwrap();
        assert!(ledger.frees(&place).await.is_none());
    }

    #[tokio::test]
    async fn only_what_was_given_back_is_forgotten() {
        let (_, ledger, place) = opened().await;
        let depot = [site("depot")];
        ledger.seat(&depot);
        drop(ledger.limits(depot[0].limited(0)).await.unwrap());
        ledger.seat(&[]);
        let first = ledger.astray(day(1)).await.unwrap().remove(0);
        // It is in the site again, and told something, and leaves again.
        ledger.seat(&depot);
        drop(ledger.limits(depot[0].limited(0)).await.unwrap());
        ledger.seat(&[]);
        ledger.freed(&first).await.unwrap();
        let second = ledger.astray(day(2)).await.unwrap().remove(0);
        let own = Allowed { most: Most::DeciAmperes(60), phases: None };
        let owned = ledger.owned(&place, None, own).await.unwrap().unwrap();
        ledger.freed(&second).await.unwrap();
        assert_eq!(ledger.astray(day(2)).await.unwrap(), std::slice::from_ref(&owned));
        ledger.freed(&owned).await.unwrap();
        assert_eq!(ledger.astray(day(2)).await.unwrap(), []);
        assert_eq!(ledger.owned(&place, None, own).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_clock_that_was_wrong_makes_nobody_give_up() {
        let (_, ledger, _) = opened().await;
        ledger.seat(&[site("depot")]);
        drop(ledger.limits(site("depot").limited(0)).await.unwrap());
        ledger.seat(&[]);
        for by_clock in [1, 20_000, 20_001, 365 + 20_000, 30_000, 10_000] {
            assert_eq!(ledger.astray(day(by_clock)).await.unwrap().len(), 1, "on day {by_clock}");
        }
        assert_eq!(ledger.astray(day(10_366)).await.unwrap(), []);
    }

    #[tokio::test]
    async fn nobody_is_waited_for_for_ever() {
        let (books, ledger, (station, evse)) = opened().await;
        ledger.seat(&[site("depot")]);
        drop(ledger.limits(site("depot").limited(0)).await.unwrap());
        assert_eq!(ledger.astray(day(0)).await.unwrap(), []);
        ledger.seat(&[]);
        let left = [Limited { left_at: Some(day(1)), ..site("depot").limited(0) }];
        assert_eq!(ledger.astray(day(1)).await.unwrap(), left);
        assert_eq!(ledger.astray(day(366)).await.unwrap(), left);
        assert_eq!(ledger.astray(day(367)).await.unwrap(), []);
        assert_eq!(books.0.lock().last(), Some(&Effect::LimitedGone { station, evse }));
    }
}
