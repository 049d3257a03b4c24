//! Wrong passwords at the door, and how long who gave them has to wait before another is looked at.
//!
//! Counted for a station at an address, so that guessing from one address never keeps the station out at another; and
//! more generously for the address alone, so that many stations cannot be tried from it one by one.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use amprule_domain::StationId;
use parking_lot::Mutex;
use tokio::time::Instant;

/// What a count allows.
struct Patience {
    /// Wrong passwords that cost nothing: a typing error, a station that tries both spellings of its key.
    free: u32,
    /// Doubled from one second on, up to this.
    longest: Duration,
}

const AT_A_STATION: Patience = Patience { free: 5, longest: Duration::from_secs(300) };
const AT_AN_ADDRESS: Patience = Patience { free: 100, longest: Duration::from_secs(60) };
/// Counts of either kind. Beyond it the one that was touched longest ago is forgotten.
const COUNTS_MAX: usize = 10_000;
/// A count that was not touched for so long begins anew.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);

#[derive(Default)]
pub(crate) struct Guesses {
    pairs: Mutex<Counts<(StationId, IpAddr)>>,
    addresses: Mutex<Counts<IpAddr>>,
    wrong: AtomicU64,
    slowed: AtomicU64,
}

/// Since the start of the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GuessCounts {
    pub wrong: u64,
    /// Handshakes whose password was not looked at.
    pub slowed: u64,
}

impl Guesses {
    /// The error says how long to wait. What comes earlier is not looked at, and makes nothing worse.
    pub(crate) fn may_try(&self, station: &StationId, address: IpAddr) -> Result<(), Duration> {
        let (now, from) = (Instant::now(), network(address));
        let pair = self.pairs.lock().wait(&(station.clone(), from), &AT_A_STATION, now);
        let wait = pair.max(self.addresses.lock().wait(&from, &AT_AN_ADDRESS, now));
        if wait.is_zero() {
            return Ok(());
        }
        self.slowed.fetch_add(1, Ordering::Relaxed);
        Err(wait)
    }

    pub(crate) fn was_wrong(&self, station: &StationId, address: IpAddr) {
        let (now, from) = (Instant::now(), network(address));
        self.wrong.fetch_add(1, Ordering::Relaxed);
        let wrong = self.pairs.lock().add((station.clone(), from), now);
        if wrong == AT_A_STATION.free + 1 {
            tracing::warn!(%station, %address, wrong, "wrong passwords in a row; further ones are slowed down and only counted");
        }
        // A station that is slowed down already says no more about its address, which others may share.
        if wrong > AT_A_STATION.free {
            return;
        }
        let wrong = self.addresses.lock().add(from, now);
        if wrong == AT_AN_ADDRESS.free + 1 {
            tracing::warn!(%address, wrong, "wrong passwords for many stations from one address; further ones are slowed down and only counted");
        }
    }

    pub(crate) fn was_right(&self, station: &StationId, address: IpAddr) {
        let from = network(address);
        self.pairs.lock().forget(&(station.clone(), from));
        self.addresses.lock().forget(&from);
    }

    /// Its password may be another now.
    pub(crate) fn forget(&self, station: &StationId) {
        self.pairs.lock().forget_all(|(counted, _)| counted == station);
    }

    pub(crate) fn counts(&self) -> GuessCounts {
        GuessCounts { wrong: self.wrong.load(Ordering::Relaxed), slowed: self.slowed.load(Ordering::Relaxed) }
    }
}

/// Whoever has one address of version 6 has the 64 bits behind it too.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

struct Count {
    wrong: u32,
    last: Instant,
    /// Its place in the order.
    touched: u64,
}

struct Counts<K> {
    of: HashMap<K, Count>,
    /// Touched longest ago first.
    order: BTreeMap<u64, K>,
    touches: u64,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self { of: HashMap::new(), order: BTreeMap::new(), touches: 0 }
    }
}

impl<K: Clone + Eq + Hash> Counts<K> {
    fn wait(&self, key: &K, patience: &Patience, now: Instant) -> Duration {
        let Some(count) = self.of.get(key) else {
            return Duration::ZERO;
        };
        let doublings = count.wrong.saturating_sub(patience.free);
        if doublings == 0 {
            return Duration::ZERO;
        }
        let wait = Duration::from_secs(1 << (doublings - 1).min(16)).min(patience.longest);
        (count.last + wait).saturating_duration_since(now)
    }

    fn add(&mut self, key: K, now: Instant) -> u32 {
        let known = self.forget(&key).filter(|known| now < known.last + FORGOTTEN_AFTER);
        let wrong = known.map_or(0, |known| known.wrong).saturating_add(1);
        self.touches += 1;
        self.order.insert(self.touches, key.clone());
        self.of.insert(key, Count { wrong, last: now, touched: self.touches });
        if self.of.len() > COUNTS_MAX
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.of.remove(&oldest);
        }
        wrong
    }

    fn forget(&mut self, key: &K) -> Option<Count> {
        let count = self.of.remove(key)?;
        self.order.remove(&count.touched);
        Some(count)
    }

    fn forget_all(&mut self, is_meant: impl Fn(&K) -> bool) {
        self.order.retain(|_, key| !is_meant(key));
        self.of.retain(|key, _| !is_meant(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_bound_holds_and_the_oldest_is_forgotten() {
        let (mut counts, now) = (Counts::default(), Instant::now());
        for key in 0..COUNTS_MAX {
            counts.add(key, now);
        }
        counts.add(0, now);
        counts.add(COUNTS_MAX, now);
        assert_eq!((counts.of.len(), counts.order.len()), (COUNTS_MAX, COUNTS_MAX));
        assert!(counts.of.contains_key(&0) && !counts.of.contains_key(&1));
        assert_eq!(counts.add(0, now + FORGOTTEN_AFTER), 1, "a quiet hour later it begins anew");
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_the_longest() {
        let (guesses, station, here) = (Guesses::default(), StationId::from("cs-1"), address("10.0.0.1"));
        let mut waits = Vec::new();
        for _ in 0..16 {
            guesses.was_wrong(&station, here);
            let wait = guesses.may_try(&station, here).err().unwrap_or_default();
            waits.push(wait.as_secs());
            tokio::time::advance(wait).await;
            assert_eq!(guesses.may_try(&station, here), Ok(()));
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(guesses.counts(), GuessCounts { wrong: 16, slowed: 11 });
    }

    #[tokio::test(start_paused = true)]
    async fn one_station_with_a_wrong_password_keeps_no_other_of_its_address_out() {
        let (guesses, here) = (Guesses::default(), address("10.0.0.1"));
        for _ in 0..500 {
            tokio::time::advance(AT_A_STATION.longest).await;
            assert_eq!(guesses.may_try(&"cs-1".into(), here), Ok(()));
            guesses.was_wrong(&"cs-1".into(), here);
        }
        assert_eq!(guesses.may_try(&"cs-2".into(), here), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn one_address_may_not_try_many_stations() {
        let (guesses, here) = (Guesses::default(), address("2001:db8::1"));
        for number in 0..=AT_AN_ADDRESS.free {
            assert_eq!(guesses.may_try(&"cs-1".into(), here), Ok(()));
            guesses.was_wrong(&StationId::new(format!("other-{number}")), here);
        }
        assert!(guesses.may_try(&"cs-1".into(), address("2001:db8::2")).is_err(), "the same network");
        assert_eq!(guesses.may_try(&"cs-1".into(), address("2001:db8:0:1::1")), Ok(()));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(guesses.may_try(&"cs-1".into(), here), Ok(()));
        guesses.was_right(&"cs-1".into(), here);
        guesses.was_wrong(&"cs-1".into(), here);
        assert_eq!(guesses.may_try(&"cs-1".into(), here), Ok(()));
    }
}
