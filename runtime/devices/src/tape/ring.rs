//! The last turns of a device. At its bound the oldest fall out; a turn that is larger by itself is left out.
//!
//! A turn is much like the next one, so what is kept of it is what differs: a tenth of its text. The newest stands there whole;
//! none hangs on one that falls out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use parking_lot::Mutex;

use super::Turn;
use super::difference::Difference;

const MOST_TURNS: usize = 100;
const MOST_BYTES: usize = 256 << 10;
/// Of all devices together: with many of them each has less, and the last turn still.
const MOST_OF_ALL: usize = 5 << 20;
const LEAST_BYTES: usize = 4 << 10;

/// How much each device has.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<AtomicUsize>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(MOST_BYTES)))
    }
}

impl Room {
    pub(crate) fn share_among(&self, devices: usize) {
        self.0.store((MOST_OF_ALL / devices.max(1)).clamp(LEAST_BYTES, MOST_BYTES), Relaxed);
    }
}

#[derive(Debug)]
pub(crate) struct Ring {
    room: Room,
    lines: Mutex<Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    newest: Box<str>,
    /// Those before it, the oldest first: each from the one behind it.
    before: VecDeque<Difference>,
    /// Of those before it.
    bytes: usize,
}

impl Ring {
    pub(crate) fn new(room: Room) -> Self {
        Self { room, lines: Mutex::default() }
    }

    pub(crate) fn keep(&self, turn: &Turn) {
        // Boxed: a text that was written bit by bit has as much room again.
        let (line, room) = ((turn.line() + "\n").into_boxed_str(), self.room.0.load(Relaxed));
        let mut kept = self.lines.lock();
        if line.len() <= room {
            kept.push(line);
        }
        kept.fit(room);
    }

    pub(crate) fn text(&self) -> String {
        let kept = self.lines.lock();
        let mut lines = vec![kept.newest.to_string()];
        for older in kept.before.iter().rev() {
            let line = lines.last().and_then(|newer| older.from(newer));
            let Some(line) = line else { break };
            lines.push(line);
        }
        drop(kept);
        lines.into_iter().rev().collect()
    }
}

impl Lines {
    fn push(&mut self, line: Box<str>) {
        let older = std::mem::replace(&mut self.newest, line);
        if older.is_empty() {
            return;
        }
        match Difference::between(&self.newest, &older) {
            Some(difference) => {
                self.bytes += difference.size();
                self.before.push_back(difference);
            }
            // Those before it cannot be read without it.
            None => (self.before, self.bytes) = (VecDeque::new(), 0),
        }
    }

    fn fit(&mut self, room: usize) {
        while self.before.len() + 1 > MOST_TURNS || self.newest.len() + self.bytes > room {
            let Some(oldest) = self.before.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(at: usize, driver: &str) -> Turn {
        let text = format!(r#"{{"at":"2026-01-01T00:00:00Z","driver":"{driver}","fault":"{at}"}}"#);
        serde_json::from_str(&text).expect("a turn")
    }

    #[test]
    fn the_oldest_turns_fall_out_and_one_that_is_too_large_is_left_out() {
        let ring = Ring::new(Room::default());
        (0..150).for_each(|at| ring.keep(&turn(at, "box")));
        let faults = || -> Vec<String> {
            let turns = super::super::read(&ring.text()).expect("a tape");
            turns.into_iter().filter_map(|(_, turn)| turn.fault).collect()
        };
        assert_eq!((faults().len(), faults()[0].as_str(), faults()[99].as_str()), (100, "50", "149"));
        ring.keep(&turn(150, &noise(MOST_BYTES)));
        assert_eq!(faults()[99], "149");
        ring.keep(&turn(151, &noise(MOST_BYTES * 3 / 4)));
        ring.keep(&turn(152, &noise(MOST_BYTES * 3 / 4)));
        assert_eq!(faults(), ["152"]);
        ring.room.share_among(10_000);
        ring.keep(&turn(153, "box"));
        assert_eq!(faults(), ["153"], "with many devices each has less");
    }

    #[test]
    fn turns_that_are_alike_take_little_room() {
        let ring = Ring::new(Room::default());
        ring.room.share_among(10_000);
        let driver = noise(LEAST_BYTES / 2);
        (0..20).for_each(|at| ring.keep(&turn(at, &driver)));
        let turns = super::super::read(&ring.text()).expect("a tape");
        let expected: Vec<Turn> = (0..20).map(|at| turn(at, &driver)).collect();
        assert_eq!(turns.into_iter().map(|(_, turn)| turn).collect::<Vec<_>>(), expected);
    }

    /// Letters in which nothing comes again, another text each time.
    fn noise(length: usize) -> String {
        use std::hash::{BuildHasher as _, RandomState};
        let seed = RandomState::new();
        (0..length).map(|at| char::from(b'A' + (seed.hash_one(at) % 26) as u8)).collect()
    }
}
