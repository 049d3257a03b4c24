//! The last turns of a device. At its bound the oldest fall out; a turn that is larger by itself is left out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use parking_lot::Mutex;

use super::Turn;

const MOST_TURNS: usize = 100;
const MOST_BYTES: usize = 256 << 10;
/// Of all devices together: with many of them each has less.
const MOST_OF_ALL: usize = 16 << 20;

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
        self.0.store((MOST_OF_ALL / devices.max(1)).min(MOST_BYTES), Relaxed);
    }
}

#[derive(Debug)]
pub(crate) struct Ring {
    room: Room,
    lines: Mutex<Lines>,
}

#[derive(Debug, Default)]
struct Lines {
    lines: VecDeque<Box<str>>,
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
            kept.bytes += line.len();
            kept.lines.push_back(line);
        }
        while kept.lines.len() > MOST_TURNS || kept.bytes > room {
            let Some(oldest) = kept.lines.pop_front() else { break };
            kept.bytes -= oldest.len();
        }
    }

    pub(crate) fn text(&self) -> String {
        self.lines.lock().lines.iter().map(AsRef::as_ref).collect::<String>()
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
        ring.keep(&turn(150, &"x".repeat(MOST_BYTES)));
        assert_eq!(faults()[99], "149");
        ring.keep(&turn(151, &"x".repeat(MOST_BYTES / 2)));
        ring.keep(&turn(152, &"x".repeat(MOST_BYTES / 2)));
        assert_eq!(faults(), ["152"]);
        ring.room.share_among(10_000);
        ring.keep(&turn(153, "box"));
        assert_eq!(faults(), ["153"], "with many devices each has less");
    }
}
