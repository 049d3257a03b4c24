//! What is known of prices, for answers that do not wait: by station, for whoever comes and for drivers.
//!
//! A station that shows no texts is not in here, and costs one look.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use amprule_domain::contract::Contract;
use amprule_domain::cost::Shows;
use amprule_domain::ports::{Clock, PriceGuest, PriceTold, Prices};
use amprule_domain::pricing::TokenFacts;
use amprule_domain::token::IdToken;
use amprule_domain::{StationId, Timestamp, TransactionId};
use jiff::SignedDuration;
use tokio::sync::mpsc;

use crate::offers::Offering;

/// Drivers' offers of one station, and drivers who wait for a text. With more, all are found out anew.
const MOST: usize = 256;
/// A token is shown, and shown again with the start.
const SAME_VISIT: SignedDuration = SignedDuration::from_mins(2);
/// A driver plugs in so long after he has shown his token (EVConnectionTimeOut is a minute or two, and some take more).
const TARIFFED: SignedDuration = SignedDuration::from_mins(10);
/// Wishes that wait. What finds no room is wished again the next time.
const WISHES: usize = 256;
/// Kinds of drivers that a station is ready for before one of them comes: those who came last, at any station.
const FORESEEN: usize = 8;

pub struct Board {
    signs: RwLock<HashMap<StationId, Arc<Mutex<Sign>>>>,
    /// Whether there has been any: most houses have none, and every message about a transaction looks here.
    has_signs: AtomicBool,
    wishes: mpsc::Sender<Wish>,
    /// Who has come lately, the latest first.
    lately: Mutex<VecDeque<Driver>>,
    clock: Arc<dyn Clock>,
}

/// Somebody has shown a token, and what he would be charged is to be found out.
#[derive(Debug, Clone)]
pub struct Wish {
    pub(crate) station: StationId,
    pub(crate) evse: u32,
    pub(crate) token: IdToken,
    pub(crate) driver: Driver,
    pub(crate) language: Option<String>,
    /// One that has begun by the usual tariff, as far as we know: it is to go on by the driver's own (2.1).
    pub(crate) transaction: Option<TransactionId>,
    /// Of the sign: an answer from before something has changed is none.
    epoch: u64,
}

/// What a tariff may know of whoever charges.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Driver {
    pub(crate) kind: String,
    pub(crate) group: Option<String>,
    pub(crate) provider: Option<String>,
}

#[derive(Default)]
struct Sign {
    /// Another one each time that something may be offered otherwise.
    epoch: u64,
    shows: Arc<Shows>,
    /// By EVSE, for whoever comes.
    usual: BTreeMap<u32, Option<Arc<Offering>>>,
    drivers: HashMap<(u32, Driver), Option<Arc<Offering>>>,
    /// Those that are being found out.
    wished: HashSet<(u32, Driver)>,
    owed: HashMap<TransactionId, Owed>,
    /// The text that a driver was last told by a message of its own.
    said: Option<(String, String, Timestamp)>,
    /// The token that was last answered with a tariff of its own.
    tariffed: Option<(String, Timestamp)>,
}

enum Owed {
    Waits { evse: u32, driver: Driver, language: Option<String> },
    Is(String),
}

impl Board {
    pub fn new(clock: Arc<dyn Clock>) -> (Arc<Self>, mpsc::Receiver<Wish>) {
        let (wishes, wished) = mpsc::channel(WISHES);
        let lately = Mutex::new(VecDeque::from([Driver::with_card()]));
        (Arc::new(Self { signs: RwLock::default(), has_signs: AtomicBool::new(false), wishes, lately, clock }), wished)
    }

    pub(crate) fn put(&self, station: &StationId, shows: &Arc<Shows>, usual: &BTreeMap<u32, Option<Arc<Offering>>>) {
        let mut signs = self.signs.write().unwrap_or_else(PoisonError::into_inner);
        self.has_signs.store(true, Ordering::Relaxed);
        let mut sign = signs.entry(station.clone()).or_default().lock().unwrap_or_else(PoisonError::into_inner);
        sign.doubt();
        sign.shows = Arc::clone(shows);
        sign.usual.clone_from(usual);
    }

    /// What drivers such as those who came lately are offered is found out before they ask: an answer does not wait for it. What
    /// finds no room is found out when somebody asks.
    pub(crate) fn foresee(&self, station: &StationId) {
        let Some(sign) = self.sign(station) else { return };
        let mut sign = sign.lock().unwrap_or_else(PoisonError::into_inner);
        if !sign.shows.texts || sign.shows.by_messages {
            return;
        }
        let (epoch, lately) = (sign.epoch, self.lately.lock().unwrap_or_else(PoisonError::into_inner).clone());
        for driver in lately {
            // Whoever really comes finds room.
            if self.wishes.capacity() < WISHES / 2 {
                return;
            }
            let token = IdToken::new("", &*driver.kind);
            let wish = Wish {
                station: station.clone(),
                evse: 0,
                token,
                driver: driver.clone(),
                language: None,
                transaction: None,
                epoch,
            };
            if self.wishes.try_send(wish).is_ok() {
                sign.wished.insert((0, driver));
            }
        }
    }

    fn has_come(&self, driver: &Driver) {
        let mut lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        if lately.front() != Some(driver) {
            lately.retain(|known| known != driver);
            lately.push_front(driver.clone());
            lately.truncate(FORESEEN);
        }
    }

    pub(crate) fn forget(&self, station: &StationId) {
        self.signs.write().unwrap_or_else(PoisonError::into_inner).remove(station);
    }

    /// Nothing that was offered is certain any more.
    pub(crate) fn doubt_all(&self) {
        for sign in self.signs.read().unwrap_or_else(PoisonError::into_inner).values() {
            sign.lock().unwrap_or_else(PoisonError::into_inner).doubt();
        }
    }

    /// As it was when its offers were found out.
    pub(crate) fn shows(&self, station: &StationId) -> Option<Arc<Shows>> {
        let sign = self.sign(station)?;
        let sign = sign.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&sign.shows))
    }

    /// What was wished is known now. False: something has changed meanwhile, and it is not so any more.
    pub(crate) fn answer(&self, wish: &Wish, offering: Option<Arc<Offering>>) -> bool {
        let Some(sign) = self.sign(&wish.station) else { return false };
        let mut sign = sign.lock().unwrap_or_else(PoisonError::into_inner);
        if sign.epoch != wish.epoch {
            // Something has changed meanwhile: it is found out anew, for whoever waits.
            let again = Wish { epoch: sign.epoch, ..wish.clone() };
            drop(self.wishes.try_send(again));
            return false;
        }
        sign.wished.remove(&(wish.evse, wish.driver.clone()));
        if sign.drivers.len() >= MOST {
            sign.drivers.clear();
        }
        let of_wish = |owed: &Owed| matches!(owed, Owed::Waits { evse, driver, .. } if (*evse, driver) == (wish.evse, &wish.driver));
        let waiting: Vec<_> = sign.owed.iter().filter(|(_, owed)| of_wish(owed)).map(|(id, _)| id.clone()).collect();
        for transaction in waiting {
            let Some(Owed::Waits { language, .. }) = sign.owed.remove(&transaction) else { continue };
            if let Some(offering) = &offering {
                let text = offering.text(sign.shows.language(language.as_deref()));
                sign.owed.insert(transaction, Owed::Is(text));
            }
        }
        sign.drivers.insert((wish.evse, wish.driver.clone()), offering);
        true
    }

    /// What is known already. `None`: it is to be found out.
    pub(crate) fn known(&self, wish: &Wish) -> Option<Option<Arc<Offering>>> {
        let sign = self.sign(&wish.station)?;
        let sign = sign.lock().unwrap_or_else(PoisonError::into_inner);
        sign.known(wish.evse, &wish.driver, self.clock.now())
    }

    /// True: he was told this very text just now, when he showed his token before he started.
    pub(crate) fn was_said(&self, wish: &Wish, text: &str) -> bool {
        let Some(sign) = self.sign(&wish.station) else { return false };
        let sign = sign.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |at: Timestamp| self.clock.now().duration_since(at) < SAME_VISIT;
        let is_it = |(token, said, at): &(String, String, Timestamp)| {
            *token == wish.token.key() && said == text && is_fresh(*at)
        };
        sign.said.as_ref().is_some_and(is_it)
    }

    pub(crate) fn note_said(&self, wish: &Wish, text: String) {
        if let Some(sign) = self.sign(&wish.station) {
            sign.lock().unwrap_or_else(PoisonError::into_inner).said = Some((wish.token.key(), text, self.clock.now()));
        }
    }

    /// By which it charges this driver (2.1), where that is another one than whoever comes has.
    pub(crate) fn own_tariff(&self, station: &StationId, offering: &Offering) -> Option<Arc<serde_json::Value>> {
        let sign = self.sign(station)?;
        let sign = sign.lock().unwrap_or_else(PoisonError::into_inner);
        // Until the usual ones are known, none is another.
        sign.own_tariff(offering).filter(|_| !sign.usual.is_empty())
    }

    fn sign(&self, station: &StationId) -> Option<Arc<Mutex<Sign>>> {
        if !self.has_signs.load(Ordering::Relaxed) {
            return None;
        }
        self.signs.read().unwrap_or_else(PoisonError::into_inner).get(station).cloned()
    }

    /// False: there was no room.
    fn wish(&self, guest: &PriceGuest<'_>, driver: &Driver, epoch: u64) -> bool {
        let wish = Wish {
            station: guest.station.clone(),
            evse: guest.evse,
            token: guest.token.clone(),
            driver: driver.clone(),
            language: guest.language.map(str::to_owned),
            transaction: guest.transaction.filter(|_| guest.begins).cloned(),
            epoch,
        };
        self.wishes.try_send(wish).is_ok()
    }
}

impl Prices for Board {
    fn told(&self, guest: &PriceGuest<'_>) -> PriceTold {
        let Some(sign) = self.sign(guest.station) else { return PriceTold::default() };
        let mut sign = sign.lock().unwrap_or_else(PoisonError::into_inner);
        let driver = Driver::of(guest);
        self.has_come(&driver);
        if sign.shows.by_messages {
            self.wish(guest, &driver, sign.epoch);
            return PriceTold::default();
        }
        let now = self.clock.now();
        let known = sign.known(guest.evse, &driver, now);
        if guest.begins && sign.shows.tariffs.is_some() && !sign.takes_tariff(guest.token, now) {
            let may_differ =
                known.as_ref().is_none_or(|offering| offering.as_ref().and_then(|one| sign.own_tariff(one)).is_some());
            if may_differ && self.wish(guest, &driver, sign.epoch) && known.is_none() {
                sign.wished.insert((guest.evse, driver.clone()));
            }
        }
        match known {
            Some(offering) => {
                let text = offering.as_ref().map(|offering| offering.text(sign.shows.language(guest.language)));
                let tariff = offering.and_then(|offering| sign.own_tariff(&offering));
                if tariff.is_some() && guest.transaction.is_none() {
                    sign.tariffed = Some((guest.token.key(), now));
                }
                PriceTold { text, tariff }
            }
            None => {
                let which = (guest.evse, driver.clone());
                if !sign.wished.contains(&which) && self.wish(guest, &driver, sign.epoch) {
                    sign.wished.insert(which);
                }
                if let Some(transaction) = guest.transaction {
                    sign.wait(transaction, guest.evse, driver, guest.language);
                }
                PriceTold::default()
            }
        }
    }

    fn owed(&self, station: &StationId, transaction: &TransactionId) -> Option<String> {
        let sign = self.sign(station)?;
        let mut sign = sign.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(sign.owed.get(transaction)?, Owed::Is(_)) {
            return None;
        }
        match sign.owed.remove(transaction) {
            Some(Owed::Is(text)) => Some(text),
            _ => None,
        }
    }
}

impl Sign {
    fn doubt(&mut self) {
        self.epoch += 1;
        self.usual.clear();
        self.drivers.clear();
        self.wished.clear();
        self.tariffed = None;
    }

    fn known(&self, evse: u32, driver: &Driver, now: Timestamp) -> Option<Option<Arc<Offering>>> {
        let known = |evse: u32| self.drivers.get(&(evse, driver.clone()));
        let holds = |offering: &Option<Arc<Offering>>| offering.as_ref().is_none_or(|offering| offering.until > now);
        // What is offered everywhere alike is offered there too.
        let everywhere = || known(0).filter(|offering| offering.is_some());
        known(evse).filter(|known| holds(known)).or_else(|| everywhere().filter(|known| holds(known))).cloned()
    }

    /// Where it is another one than that of whoever comes, and the station charges by tariffs at all.
    fn own_tariff(&self, offering: &Offering) -> Option<Arc<serde_json::Value>> {
        let bounds = self.shows.tariffs?;
        let is_usual = |usual: &Option<Arc<Offering>>| usual.as_ref().is_some_and(|usual| usual.id == offering.id);
        let is_everywhere = !self.usual.is_empty() && self.usual.values().all(is_usual);
        offering.tariff.clone().filter(|_| !is_everywhere && offering.fits(bounds))
    }

    /// The session that begins charges by the driver's own already: he has shown his token before. Another one later does not.
    fn takes_tariff(&mut self, token: &IdToken, now: Timestamp) -> bool {
        let is_it = |(key, at): &mut (String, Timestamp)| *key == token.key() && now.duration_since(*at) < TARIFFED;
        self.tariffed.take_if(is_it).is_some()
    }

    fn wait(&mut self, transaction: &TransactionId, evse: u32, driver: Driver, language: Option<&str>) {
        if self.owed.len() >= MOST {
            self.owed.clear();
        }
        let owed = Owed::Waits { evse, driver, language: language.map(str::to_owned) };
        self.owed.insert(transaction.clone(), owed);
    }
}

impl Driver {
    fn of(guest: &PriceGuest<'_>) -> Self {
        let IdToken { id_token, kind, .. } = guest.token;
        let provider = Contract::of(kind, id_token).map(|contract| contract.provider);
        Self { kind: kind.clone(), group: guest.group.map(str::to_owned), provider }
    }

    /// Of no group, and not a contract's.
    fn with_card() -> Self {
        Self { kind: IdToken::UNTYPED_IS.to_owned(), group: None, provider: None }
    }

    pub(crate) fn facts(&self) -> TokenFacts {
        let Self { kind, group, provider } = self.clone();
        TokenFacts { kind, group, provider }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use amprule_domain::cost::Shows;
    use amprule_domain::ports::{Clock, PriceGuest, Prices};
    use amprule_domain::token::IdToken;
    use amprule_domain::{StationId, Timestamp};

    use super::Board;
    use crate::offers::Offering;

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    #[test]
    fn the_first_driver_with_a_card_is_told_at_once_at_each_evse() {
        let (board, mut wishes) = Board::new(Arc::new(Still));
        let station = StationId::new("cs-1");
        let told = |token: &IdToken, evse: u32| {
            let guest = PriceGuest {
                station: &station,
                evse,
                token,
                group: None,
                language: None,
                transaction: None,
                begins: false,
            };
            board.told(&guest).text
        };
        let card = IdToken::new("AA1", "ISO14443");
        assert_eq!(told(&card, 0), None, "nobody knows the station");
        let shows = Arc::new(Shows { texts: true, ..Shows::default() });
        board.put(&station, &shows, &BTreeMap::new());
        board.foresee(&station);
        let wish = wishes.try_recv().expect("a card is foreseen");
        board.answer(&wish, Some(Arc::new(Offering::until(Timestamp::MAX))));
        assert!(told(&card, 0).is_some() && told(&card, 2).is_some());
        assert!(wishes.try_recv().is_err(), "all is known");
        // Another kind is found out when it comes, and foreseen from then on.
        assert_eq!(told(&IdToken::new("DE8AAC12345678X", "eMAID"), 0), None);
        board.put(&station, &shows, &BTreeMap::new());
        board.foresee(&station);
        let kinds: Vec<String> = std::iter::from_fn(|| wishes.try_recv().ok()).map(|wish| wish.driver.kind).collect();
        assert_eq!(kinds, ["eMAID", "eMAID", "ISO14443"]);
    }
}
