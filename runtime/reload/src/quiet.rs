//! File events are hints: they are awaited until nothing happens, and until no file is open for writing, but not for
//! ever.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};

pub(crate) enum Hint {
    /// A file is being written, and will tell when it is closed.
    Writing(Vec<PathBuf>),
    Closed(Vec<PathBuf>),
    /// Names changed: what is watched may be something else now.
    Moved(Vec<PathBuf>),
    Touched,
    /// Somebody asks for a look.
    Look,
    Stop,
}

impl Hint {
    /// `None` for what we do ourselves: opening and reading.
    pub(crate) fn of(event: notify::Event) -> Option<Self> {
        match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(Self::Closed(event.paths)),
            EventKind::Access(_) => None,
            EventKind::Modify(ModifyKind::Data(_)) if cfg!(target_os = "linux") => Some(Self::Writing(event.paths)),
            EventKind::Modify(ModifyKind::Name(_)) | EventKind::Remove(_) => Some(Self::Moved(event.paths)),
            _ => Some(Self::Touched),
        }
    }
}

/// How a burst of hints ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Burst {
    pub(crate) moved: bool,
    pub(crate) stopped: bool,
}

/// Takes hints until `quiet` passes without one; while a file is open for writing, until it is closed. At most `at_most`.
pub(crate) fn wait_for_quiet(first: Hint, hints: &Receiver<Hint>, quiet: Duration, at_most: Duration) -> Burst {
    let began = Instant::now();
    let (mut burst, mut writing) = (Burst::default(), HashSet::new());
    let mut hint = first;
    loop {
        burst.note(hint, &mut writing);
        let left = at_most.saturating_sub(began.elapsed());
        let wait = if writing.is_empty() { quiet.min(left) } else { left };
        if burst.stopped || wait.is_zero() {
            return burst;
        }
        match hints.recv_timeout(wait) {
            Ok(next) => hint = next,
            Err(RecvTimeoutError::Timeout) => return burst,
            Err(RecvTimeoutError::Disconnected) => hint = Hint::Stop,
        }
    }
}

impl Burst {
    fn note(&mut self, hint: Hint, writing: &mut HashSet<PathBuf>) {
        match hint {
            Hint::Writing(paths) => writing.extend(paths),
            Hint::Closed(paths) => writing.retain(|path| !paths.contains(path)),
            Hint::Moved(paths) => {
                self.moved = true;
                writing.retain(|path| !paths.contains(path));
            }
            Hint::Touched | Hint::Look => {}
            Hint::Stop => self.stopped = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    const QUIET: Duration = Duration::from_millis(1);
    const LONG: Duration = Duration::from_secs(60);

    fn path() -> Vec<PathBuf> {
        vec![PathBuf::from("main.rhai")]
    }

    #[test]
    fn a_file_that_is_open_for_writing_is_awaited() {
        let (send, hints) = sync_channel(8);
        let waiting = std::thread::spawn(move || wait_for_quiet(Hint::Writing(path()), &hints, QUIET, LONG));
        for hint in [Hint::Touched, Hint::Writing(path()), Hint::Closed(path())] {
            assert!(!waiting.is_finished());
            send.send(hint).unwrap();
        }
        assert_eq!(waiting.join().unwrap(), Burst { moved: false, stopped: false });
    }

    #[test]
    fn a_burst_without_end_is_cut() {
        let (send, hints) = sync_channel(8);
        let bursting = std::thread::spawn(move || while send.send(Hint::Touched).is_ok() {});
        let burst = wait_for_quiet(Hint::Moved(path()), &hints, LONG, Duration::from_millis(20));
        assert_eq!(burst, Burst { moved: true, stopped: false });
        drop(hints);
        bursting.join().unwrap();
    }

    #[test]
    fn a_stop_is_heard_at_once() {
        let (send, hints) = sync_channel(8);
        send.send(Hint::Stop).unwrap();
        assert!(wait_for_quiet(Hint::Touched, &hints, LONG, LONG).stopped);
    }
}
