//! What the backend is to hear next: messages on disk of which none may be missing, and between them what counts only while it
//! is new. All of them by the order in which the station said them.

use std::collections::BTreeMap;

use tokio::sync::OwnedSemaphorePermit;

use crate::books::Message;

/// With more than that on disk readings within transactions are not kept, with more than the second nothing.
const READINGS_MOST: usize = 1_500;
const KEPT_MOST: usize = 2_000;
/// In memory.
const PASSING_MOST: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct Queue {
    next: u64,
    /// On disk.
    waiting: usize,
    /// The first of them, once it was read.
    head: Option<(u64, Message)>,
    passing: BTreeMap<u64, Passing>,
}

#[derive(Debug)]
pub(crate) struct Passing {
    /// The latest of this name stands for those before it.
    pub(crate) slot: Option<String>,
    pub(crate) message: Message,
    /// What it takes of the room that all lines share, as long as it is here.
    pub(crate) _room: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
pub(crate) enum Next {
    Kept(u64, Message),
    /// It is on disk, and has to be read first.
    OnDisk,
    Passing(Passing),
    Nothing,
}

impl Queue {
    pub(crate) fn open((waiting, next): (usize, u64)) -> Self {
        Self { next, waiting, ..Self::default() }
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(crate) fn has_room(&self, is_reading: bool) -> bool {
        self.waiting < if is_reading { READINGS_MOST } else { KEPT_MOST }
    }

    /// It is on disk now.
    pub(crate) fn kept(&mut self, n: u64, message: Message) {
        if self.waiting == 0 {
            self.head = Some((n, message));
        }
        self.waiting += 1;
    }

    /// As it was read from the disk while so many were counted there.
    pub(crate) fn read(&mut self, head: Option<(u64, Message)>, counted: usize) {
        match head {
            Some(head) => self.head = Some(head),
            None => self.waiting = self.waiting.saturating_sub(counted),
        }
    }

    /// The head is gone from the disk.
    pub(crate) fn settled(&mut self) {
        self.head = None;
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// False: there is no room for it.
    pub(crate) fn pass(&mut self, passing: Passing) -> bool {
        if passing.slot.is_some() {
            self.passing.retain(|_, other| other.slot != passing.slot);
        }
        let has_room = self.passing.len() < PASSING_MOST;
        if has_room {
            let n = self.number();
            self.passing.insert(n, passing);
        }
        has_room
    }

    /// It was not heard. Something newer may stand for it by now.
    pub(crate) fn put_back(&mut self, passing: Passing) {
        if passing.slot.is_some() && !self.passing.values().any(|other| other.slot == passing.slot) {
            self.pass(passing);
        }
    }

    /// What is over with its moment.
    pub(crate) fn lose_passing(&mut self) -> usize {
        let before = self.passing.len();
        self.passing.retain(|_, passing| passing.slot.is_some());
        before - self.passing.len()
    }

    pub(crate) fn next(&mut self) -> Next {
        let first = self.passing.first_key_value().map(|(n, _)| *n);
        match (&self.head, first) {
            (None, _) if self.waiting > 0 => Next::OnDisk,
            (Some((n, message)), first) if first.is_none_or(|first| *n < first) => Next::Kept(*n, message.clone()),
            (_, Some(first)) => self.passing.remove(&first).map_or(Next::Nothing, Next::Passing),
            (_, None) => Next::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(action: &str) -> Message {
        Message {
            id: "1".to_owned(),
            protocol: String::new(),
            action: action.to_owned(),
            payload: "{}".to_owned(),
            given: None,
            verdict: String::new(),
            is_send: false,
        }
    }

    fn passing(action: &str, slot: Option<&str>) -> Passing {
        Passing { slot: slot.map(str::to_owned), message: message(action), _room: None }
    }

    fn keep(queue: &mut Queue, action: &str) {
        let n = queue.number();
        queue.kept(n, message(action));
    }

    fn all(queue: &mut Queue, mut disk: Vec<(u64, Message)>) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            match queue.next() {
                Next::Kept(_, message) => {
                    said.push(message.action);
                    queue.settled();
                }
                Next::OnDisk => queue.read((!disk.is_empty()).then(|| disk.remove(0)), queue.waiting()),
                Next::Passing(passing) => said.push(passing.message.action),
                Next::Nothing => return said,
            }
        }
    }

    #[test]
    fn all_is_said_in_the_order_in_which_it_was_heard() {
        let mut queue = Queue::default();
        queue.pass(passing("Preparing", Some("1")));
        keep(&mut queue, "Start");
        queue.pass(passing("Charging", Some("2")));
        keep(&mut queue, "Stop");
        let disk = vec![(3, message("Stop"))];
        assert_eq!(all(&mut queue, disk), ["Preparing", "Start", "Charging", "Stop"]);
    }

    #[test]
    fn of_a_state_only_the_latest_is_said() {
        let mut queue = Queue::default();
        for status in ["Preparing", "Charging", "Finishing"] {
            queue.pass(passing(status, Some("connector 1")));
        }
        let Next::Passing(latest) = queue.next() else { panic!("a status") };
        assert_eq!(latest.message.action, "Finishing");
        queue.pass(passing("Available", Some("connector 1")));
        queue.put_back(latest);
        queue.put_back(passing("Authorize", None));
        assert_eq!(all(&mut queue, vec![]), ["Available"]);
    }

    #[test]
    fn at_the_bound_readings_go_before_beginnings_and_ends() {
        let mut queue = Queue::open((READINGS_MOST, 5));
        assert!(!queue.has_room(true) && queue.has_room(false));
        queue.waiting = KEPT_MOST;
        assert!(!queue.has_room(false));
        let passed = (0..100).filter(|_| queue.pass(passing("DataTransfer", None))).count();
        assert_eq!((passed, queue.lose_passing()), (PASSING_MOST, PASSING_MOST));
    }

    #[test]
    fn a_disk_that_has_less_than_was_counted_is_believed() {
        let mut queue = Queue::open((3, 7));
        assert_eq!(all(&mut queue, vec![(2, message("Stop"))]), ["Stop"]);
        assert_eq!(queue.waiting(), 0, "the station was deleted meanwhile");
    }
}
