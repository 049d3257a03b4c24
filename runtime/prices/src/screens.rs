//! What is known of each station that is connected: what it shows, what it was told of the sessions that run there, and what it is
//! to tell whoever comes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use amprule_domain::cost::Shows;
use amprule_domain::{Decimal, SessionId, StationId, Timestamp};
use tokio::time::Instant;

use crate::SETTLED;
use crate::costs::{Due, Looked};
use crate::offers::Usual;
use crate::reading::Seen;
use crate::signs::Sign;

/// Stations that are read between two looks at the clock.
const READ_AT_ONCE: usize = 64;
/// Stations of which what they show is remembered while they are away. Beyond it one is read anew when it returns.
const KNOWN_MOST: usize = 20_000;
/// What is offered is found out anew after so long.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// After a read that failed.
const AGAIN: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(crate) struct Screens(HashMap<StationId, Screen>);

struct Screen {
    shows: Option<Arc<Shows>>,
    /// As it was read last.
    seen: Option<Seen>,
    /// When what it shows is to be read, unless a session wants to know before.
    read_at: Option<Instant>,
    /// It does not know what a cost is, though it said so: until it boots.
    is_mute: bool,
    running: BTreeMap<SessionId, Course>,
    /// A cost is on its way to it.
    is_busy: bool,
    sign: Sign,
}

/// Of one session.
pub(crate) struct Course {
    /// What the display shows, as far as we know.
    told: Option<Decimal>,
    /// When it was last told, or looked at in vain.
    pub(crate) last: Instant,
    next: Instant,
}

impl Course {
    fn new(now: Instant) -> Self {
        Self { told: None, last: now, next: now }
    }

    pub(crate) fn wait(&mut self, next: Instant) {
        self.next = next;
    }

    pub(crate) fn look_at(&mut self, at: Instant) {
        self.next = self.next.min(at);
    }

    pub(crate) fn told(&mut self, total: Option<Decimal>, next: Instant) {
        (self.told, self.last, self.next) = (total, Instant::now(), next);
    }
}

impl Screen {
    fn new() -> Self {
        let read_at = Some(Instant::now() + SETTLED);
        let (running, sign) = (BTreeMap::new(), Sign::default());
        Self { shows: None, seen: None, read_at, is_mute: false, running, is_busy: false, sign }
    }

    fn take(&mut self, seen: Seen) {
        self.read_at = None;
        self.shows = Some(Arc::clone(&seen.shows));
        self.seen = Some(seen);
    }

    fn wants_offers(&self) -> bool {
        let wants = |shows: &Arc<Shows>| shows.texts || shows.by_messages || shows.tariffs.is_some();
        self.shows.as_ref().is_some_and(wants)
    }

    fn read_anew(&mut self) {
        self.shows = None;
        self.read_at = Some(Instant::now() + SETTLED);
    }
}

impl Screens {
    /// What it has said of itself stands while it is away: a fleet that returns at once is not read anew.
    pub(crate) fn meet(&mut self, station: &StationId) {
        let screen = self.0.entry(station.clone()).or_insert_with(Screen::new);
        if screen.wants_offers() {
            screen.sign.due = Some(Instant::now());
        }
    }

    pub(crate) fn left(&mut self, station: &StationId) {
        if self.0.len() > KNOWN_MOST {
            self.0.remove(station);
        } else if let Some(screen) = self.0.get_mut(station) {
            let Screen { shows, seen, read_at, .. } = std::mem::replace(screen, Screen::new());
            (screen.shows, screen.seen, screen.read_at) = (shows, seen, read_at);
        }
    }

    pub(crate) fn forget(&mut self, station: &StationId) {
        self.0.remove(station);
    }

    /// What it did not know before, it may know now.
    pub(crate) fn booted(&mut self, station: &StationId) {
        if let Some(screen) = self.0.get_mut(station) {
            screen.is_mute = false;
            screen.sign.booted();
            if screen.wants_offers() {
                screen.sign.due = Some(Instant::now());
            }
        }
    }

    /// What was known counts until then.
    pub(crate) fn read_anew(&mut self) {
        let at = Instant::now() + SETTLED;
        self.0.values_mut().for_each(|screen| screen.read_at = Some(at));
    }

    pub(crate) fn read_anew_of(&mut self, station: &StationId) {
        if let Some(screen) = self.0.get_mut(station) {
            screen.read_anew();
        }
    }

    pub(crate) fn unread(&self, now: Instant) -> Vec<StationId> {
        let is_due = |screen: &Screen| screen.read_at.is_some_and(|at| at <= now);
        let due = self.0.iter().filter(|(_, screen)| is_due(screen)).map(|(station, _)| station.clone());
        due.take(READ_AT_ONCE).collect()
    }

    /// `None`: it is to be read.
    pub(crate) fn shows(&self, station: &StationId) -> Option<&Arc<Shows>> {
        self.0.get(station)?.shows.as_ref()
    }

    /// It has just been read: what is offered there is to be found out too, where it can show that and is another one than before.
    pub(crate) fn put(&mut self, station: &StationId, seen: Seen) {
        let screen = self.0.entry(station.clone()).or_insert_with(Screen::new);
        let is_news = screen.seen.as_ref() != Some(&seen);
        screen.take(seen);
        if is_news && screen.wants_offers() {
            screen.sign.due = Some(Instant::now());
        }
    }

    /// The same behind a command of ours, which has changed no price.
    pub(crate) fn refresh(&mut self, station: &StationId, seen: Seen) {
        if let Some(screen) = self.0.get_mut(station) {
            screen.take(seen);
        }
    }

    /// An EVSE that was not known before has a price, too.
    pub(crate) fn has_evse(&mut self, station: &StationId, evse: Option<u64>) {
        let evse = evse.and_then(|evse| u32::try_from(evse).ok()).filter(|evse| *evse > 0);
        let (Some(screen), Some(evse)) = (self.0.get_mut(station), evse) else { return };
        if !screen.sign.usual.contains_key(&evse) && screen.wants_offers() {
            screen.sign.due = Some(Instant::now() + SETTLED);
        }
    }

    /// Of a session there; none where the station does not know what a cost is.
    pub(crate) fn course(&mut self, station: &StationId, session: SessionId) -> Option<&mut Course> {
        let screen = self.0.get_mut(station).filter(|screen| !screen.is_mute)?;
        Some(screen.running.entry(session).or_insert_with(|| Course::new(Instant::now())))
    }

    /// One session of each station at most, the longest due first.
    pub(crate) fn take_due(&mut self, now: Instant, later: Instant, most: usize) -> Vec<Due> {
        let mut due: Vec<(Instant, &StationId, SessionId)> = Vec::new();
        for (station, screen) in self.0.iter().filter(|(_, screen)| !screen.is_busy) {
            let first = screen.running.iter().min_by_key(|(_, course)| course.next);
            due.extend(first.filter(|(_, course)| course.next <= now).map(|(id, course)| (course.next, station, *id)));
        }
        due.sort();
        let taken: Vec<_> = due.into_iter().take(most).map(|(_, station, id)| (station.clone(), id)).collect();
        taken.into_iter().filter_map(|(station, id)| self.take(station, id, later)).collect()
    }

    fn take(&mut self, station: StationId, session: SessionId, later: Instant) -> Option<Due> {
        let screen = self.0.get_mut(&station)?;
        let (course, shows) = (screen.running.get_mut(&session)?, screen.shows.clone().unwrap_or_default());
        course.next = later;
        let told = course.told;
        screen.is_busy = true;
        Some(Due { station, session, shows, told })
    }

    pub(crate) fn looked(&mut self, looked: Looked, every: Duration) {
        let Looked { station, session, told, is_over, is_without_words } = looked;
        let Some(screen) = self.0.get_mut(&station) else { return };
        screen.is_busy = false;
        if is_without_words {
            tracing::info!(%station, "the station does not know what a cost is, though it said so; it is told none until it boots again");
            screen.is_mute = true;
            screen.running.clear();
        } else if is_over {
            screen.running.remove(&session);
        } else if let Some(course) = screen.running.get_mut(&session) {
            // It may have ended while it was told what it cost before.
            let (told, next) = (told.or(course.told), course.next.min(Instant::now() + every));
            course.told(told, next);
        }
    }

    /// What was offered may be otherwise.
    pub(crate) fn offer_anew(&mut self) {
        for screen in self.0.values_mut().filter(|screen| screen.wants_offers()) {
            screen.sign.due = Some(Instant::now());
        }
    }

    /// Stations whose offers are to be found out.
    pub(crate) fn take_unoffered(&mut self, now: Instant, most: usize) -> Vec<StationId> {
        let is_due = |sign: &Sign| !sign.is_busy && sign.due.is_some_and(|due| due <= now);
        let mut taken = Vec::new();
        for (station, screen) in self.0.iter_mut().filter(|(_, screen)| is_due(&screen.sign)).take(most) {
            (screen.sign.is_busy, screen.sign.due) = (true, None);
            taken.push(station.clone());
        }
        taken
    }

    /// It is found out anew when the first of them ends, or a day later.
    pub(crate) fn found(&mut self, station: &StationId, usual: Usual, now: Timestamp) {
        let Some(Screen { sign, .. }) = self.0.get_mut(station) else { return };
        let ends = usual.values().flatten().map(|offering| offering.until).min();
        let left = ends.and_then(|until| Duration::try_from(until.duration_since(now)).ok());
        let due = Instant::now() + left.unwrap_or(LONGEST).min(LONGEST) + SETTLED;
        // What has changed meanwhile is due already.
        sign.due = Some(sign.due.map_or(due, |known| known.min(due)));
        sign.found(usual);
    }

    /// It could not be read; that is tried again in a while.
    pub(crate) fn not_found(&mut self, station: &StationId) {
        if let Some(Screen { sign, .. }) = self.0.get_mut(station) {
            (sign.is_busy, sign.due) = (false, Some(Instant::now() + AGAIN));
        }
    }

    /// Of a station that has been read.
    pub(crate) fn sign(&mut self, station: &StationId) -> Option<(Arc<Shows>, &mut Sign)> {
        let screen = self.0.get_mut(station)?;
        Some((screen.shows.clone()?, &mut screen.sign))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use amprule_domain::StationId;
    use tokio::time::Instant;

    use super::{LONGEST, Screens};
    use crate::offers::{Offering, Usual};

    /// The end of what is offered is not missed, and what has changed while it was found out is found out at once.
    #[test]
    fn an_offer_is_found_out_anew_when_it_ends() {
        let (mut screens, station) = (Screens::default(), StationId::new("cs-1"));
        screens.meet(&station);
        let now = jiff::Timestamp::UNIX_EPOCH;
        let until = |seconds: i64| Some(Arc::new(Offering::until(jiff::Timestamp::from_second(seconds).unwrap())));
        let mut due = |usual: Usual, before: Option<Instant>| {
            screens.0.get_mut(&station).unwrap().sign.due = before;
            screens.found(&station, usual, now);
            screens.0[&station].sign.due.unwrap().duration_since(Instant::now())
        };
        let ends = due([(1, until(90)), (2, until(30)), (3, None)].into(), None);
        assert!((29..32).contains(&ends.as_secs()), "{ends:?}");
        assert!(due([(1, None)].into(), None) > LONGEST - Duration::from_secs(9));
        assert!(due([(1, until(90))].into(), Some(Instant::now())) < Duration::from_secs(1));
    }
}
