//! How far a subscriber is, in memory and on disk.
//!
//! On disk `attempted` goes ahead of what is sent and `delivered` follows what is answered. So after a crash everything up
//! to `attempted` may be at the receiver, and nothing behind it is.

use std::time::Duration;

use amprule_domain::outbox::Subscriber;
use tokio::time::Instant;

use crate::gap::Gap;
use crate::letter::Letter;

/// Answers wait so long to be written together.
const GATHER: Duration = Duration::from_millis(200);

pub(crate) struct Progress {
    stored: Subscriber,
    delivered: u64,
    missed: u64,
    /// Everything up to here may have been received, in this run or before.
    may_have: u64,
    in_flight: Option<u64>,
    owed: Option<Owed>,
}

/// What is not on disk yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owed {
    since: Instant,
    /// Else only events that the subscriber does not want, which cost nothing when they come by again, or the disk did not
    /// take it just now.
    is_urgent: bool,
}

impl Progress {
    pub(crate) fn of(stored: Subscriber) -> Self {
        let (delivered, missed) = (stored.delivered, stored.missed);
        let may_have = stored.attempted.unwrap_or(0);
        Self { stored, delivered, missed, may_have, in_flight: None, owed: None }
    }

    pub(crate) fn delivered(&self) -> u64 {
        self.delivered
    }

    pub(crate) fn missed(&self) -> u64 {
        self.missed
    }

    pub(crate) fn may_have(&self, letter: &Letter) -> bool {
        self.may_have >= letter.first_place()
    }

    /// What must be on disk before this place is sent, for all up to `until` at once.
    pub(crate) fn announcement(&self, place: u64, until: u64) -> Option<Subscriber> {
        let is_announced = self.stored.attempted.is_some_and(|attempted| attempted >= place);
        (!is_announced).then(|| self.entry(Some(until.max(self.may_have))))
    }

    pub(crate) fn begin(&mut self, place: u64) {
        self.in_flight = Some(place);
    }

    pub(crate) fn end(&mut self, may_be_there: bool) {
        let place = self.in_flight.take().filter(|_| may_be_there);
        self.may_have = self.may_have.max(place.unwrap_or(0));
    }

    pub(crate) fn arrived(&mut self, letter: &Letter) {
        if let Letter::Missed(gap) = letter {
            self.missed += Gap::places(*gap);
        }
        self.pass(letter.place(), true);
    }

    pub(crate) fn skip(&mut self, place: u64) {
        self.pass(place, false);
    }

    fn pass(&mut self, place: u64, is_urgent: bool) {
        self.delivered = place;
        let owed = self.owed.get_or_insert_with(|| Owed { since: Instant::now(), is_urgent });
        owed.is_urgent |= is_urgent;
    }

    /// While events follow each other: what is announced stays so.
    pub(crate) fn on_the_way(&self, poll: Duration) -> Option<Subscriber> {
        let is_due = self.owed.is_some() && self.may_wait(poll).is_zero();
        is_due.then(|| self.entry(self.stored.attempted))
    }

    /// While nothing is under way: exactly what may have been received. `None`: the disk has it.
    pub(crate) fn at_rest(&self) -> Option<Subscriber> {
        let entry = self.entry(self.in_flight.max(Some(self.may_have)));
        (entry != self.stored).then_some(entry)
    }

    /// How long it may still wait to be written.
    pub(crate) fn may_wait(&self, poll: Duration) -> Duration {
        self.owed.map_or(poll, |owed| {
            let most = if owed.is_urgent { GATHER } else { poll };
            most.saturating_sub(owed.since.elapsed())
        })
    }

    pub(crate) fn is_stored(&mut self, entry: Subscriber) {
        self.stored = entry;
        self.owed = None;
    }

    /// The disk did not take it: not again at once.
    pub(crate) fn is_not_stored(&mut self) {
        self.owed = Some(Owed { since: Instant::now(), is_urgent: false });
    }

    fn entry(&self, attempted: Option<u64>) -> Subscriber {
        let name = self.stored.name.clone();
        let attempted = attempted.filter(|attempted| *attempted > self.delivered);
        Subscriber { name, delivered: self.delivered, attempted, missed: self.missed }
    }
}

#[cfg(test)]
mod tests {
    use amprule_domain::outbox::{OutboxEvent, OutboxKind, OutboxRow};

    use super::*;

    fn progress(delivered: u64, attempted: Option<u64>) -> Progress {
        Progress::of(Subscriber { name: "crm".to_owned(), delivered, attempted, missed: 0 })
    }

    fn letter(place: u64) -> Letter {
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        let kind = OutboxKind::SessionEnded;
        let event = OutboxEvent { at, kind, station: "CS-1".into(), session: None, bill: None, command: None };
        Letter::Event(OutboxRow { place, event })
    }

    fn places(entry: Option<Subscriber>) -> Option<(u64, Option<u64>)> {
        entry.map(|entry| (entry.delivered, entry.attempted))
    }

    #[test]
    fn a_batch_is_announced_once_and_settles_on_what_happened() {
        let mut progress = progress(10, None);
        let announcement = progress.announcement(11, 60);
        assert_eq!(places(announcement.clone()), Some((10, Some(60))));
        progress.is_stored(announcement.unwrap());
        for place in 11..=20 {
            assert_eq!(progress.announcement(place, 60), None);
            progress.begin(place);
            progress.end(true);
            progress.arrived(&letter(place));
        }
        progress.begin(21);
        assert_eq!(places(progress.at_rest()), Some((20, Some(21))), "21 is under way");
        progress.end(false);
        assert_eq!(places(progress.at_rest()), Some((20, None)), "21 never left");
        progress.end(false);
        progress.begin(21);
        progress.end(true);
        assert_eq!(places(progress.at_rest()), Some((20, Some(21))), "21 may be there");
    }

    #[test]
    fn what_a_run_before_may_have_sent_is_not_forgotten() {
        let mut progress = progress(10, Some(60));
        assert!(progress.may_have(&letter(60)) && !progress.may_have(&letter(61)));
        progress.begin(11);
        progress.end(true);
        progress.arrived(&letter(11));
        assert_eq!(places(progress.at_rest()), Some((11, Some(60))));
        assert_eq!(places(progress.announcement(61, 61)), Some((11, Some(61))));
    }

    #[tokio::test(start_paused = true)]
    async fn deliveries_are_written_soon_and_skipped_events_when_there_is_time() {
        let poll = Duration::from_secs(30);
        let mut progress = progress(10, None);
        progress.skip(11);
        assert_eq!((progress.may_wait(poll), progress.on_the_way(poll)), (poll, None));
        progress.arrived(&letter(12));
        assert_eq!((progress.may_wait(poll), progress.on_the_way(poll)), (GATHER, None));
        tokio::time::advance(GATHER).await;
        assert_eq!(places(progress.on_the_way(poll)), Some((12, None)));
        progress.is_not_stored();
        assert_eq!((progress.may_wait(poll), progress.on_the_way(poll)), (poll, None));
        let entry = progress.at_rest().unwrap();
        progress.is_stored(entry);
        assert_eq!((progress.at_rest(), progress.may_wait(poll)), (None, poll));
    }

    #[test]
    fn missed_places_count_once_the_subscriber_knows() {
        let mut progress = progress(10, None);
        let noticed = "2026-01-01T00:00:00Z".parse().unwrap();
        progress.arrived(&Letter::Missed(Gap { from: 11, to: 20, noticed }));
        let entry = progress.at_rest().unwrap();
        assert_eq!((entry.delivered, entry.missed), (20, 10));
    }
}
