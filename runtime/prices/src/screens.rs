//! What is known of each station that is connected: what it shows, and what it was told of the sessions that run there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use amprule_domain::cost::Shows;
use amprule_domain::{Decimal, SessionId, StationId};
use tokio::time::Instant;

use crate::costs::{Due, Looked};

/// What a station may say that it does not know at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Cost,
}

#[derive(Default)]
pub(crate) struct Screens(HashMap<StationId, Screen>);

#[derive(Default)]
struct Screen {
    /// `None`: to be read.
    shows: Option<Arc<Shows>>,
    mute: BTreeSet<Kind>,
    running: BTreeMap<SessionId, Course>,
    /// Something is on its way to it.
    is_busy: bool,
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

impl Screens {
    pub(crate) fn forget(&mut self, station: &StationId) {
        self.0.remove(station);
    }

    /// What it did not know before, it may know now.
    pub(crate) fn booted(&mut self, station: &StationId) {
        if let Some(screen) = self.0.get_mut(station) {
            screen.mute.clear();
            screen.shows = None;
        }
    }

    pub(crate) fn read_anew(&mut self) {
        self.0.values_mut().for_each(|screen| screen.shows = None);
    }

    pub(crate) fn read_anew_of(&mut self, station: &StationId) {
        if let Some(screen) = self.0.get_mut(station) {
            screen.shows = None;
        }
    }

    /// `None`: it is to be read.
    pub(crate) fn shows(&self, station: &StationId) -> Option<&Arc<Shows>> {
        self.0.get(station)?.shows.as_ref()
    }

    pub(crate) fn put(&mut self, station: StationId, shows: Shows) {
        self.0.entry(station).or_default().shows = Some(Arc::new(shows));
    }

    /// Of a session there; none where the station is muted.
    pub(crate) fn course(&mut self, station: &StationId, session: SessionId) -> Option<&mut Course> {
        let screen = self.0.get_mut(station).filter(|screen| !screen.mute.contains(&Kind::Cost))?;
        Some(screen.running.entry(session).or_insert_with(|| Course::new(Instant::now())))
    }

    /// True: that is news.
    pub(crate) fn mute(&mut self, station: &StationId, kind: Kind) -> bool {
        let Some(screen) = self.0.get_mut(station) else { return false };
        screen.running.clear();
        screen.mute.insert(kind)
    }

    /// One of each station at most, the longest due first.
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

    pub(crate) fn looked(&mut self, looked: Looked, next: Instant) {
        let Looked { station, session, told, is_over, .. } = looked;
        let Some(screen) = self.0.get_mut(&station) else { return };
        screen.is_busy = false;
        if is_over {
            screen.running.remove(&session);
        } else if let Some(course) = screen.running.get_mut(&session) {
            // It may have ended while it was told what it cost before.
            let (told, next) = (told.or(course.told), course.next.min(next));
            course.told(told, next);
        }
    }
}
