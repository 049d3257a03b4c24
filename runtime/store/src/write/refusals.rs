//! What the log says of refused commits: a full disk must not be filled by telling so.

use std::time::Instant;

use amprule_domain::recurring::Recurring;
use tracing::{debug, info, warn};

use crate::error::Refused;

pub(super) struct Refusals {
    began: Instant,
    causes: Recurring,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), causes: Recurring::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }

    pub(super) fn tell(&mut self, refused: &Refused, commits: usize) {
        let error = &refused.error;
        match self.causes.came(refused.cause, commits as u64, self.now_s()) {
            Some(commits) => warn!(%error, commits, "commits are refused"),
            None => debug!(%error, commits, "commits are refused"),
        }
    }

    pub(super) fn tell_what_is_over(&mut self) {
        for over in self.causes.over(self.now_s()) {
            info!(commits = over.times, cause = over.cause, "no commit was refused for this cause for a minute");
        }
    }

    fn now_s(&self) -> u64 {
        self.began.elapsed().as_secs()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Level, Metadata, Subscriber};

    use super::*;
    use crate::error::{Failure, Outcome};

    /// Counts the lines of a log that begins with `info`.
    #[derive(Clone, Default)]
    struct Lines(Arc<AtomicUsize>);

    impl Subscriber for Lines {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() <= Level::INFO
        }
        fn event(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn each_cause_fills_one_line_however_often_it_comes() {
        let lines = Lines::default();
        let _guard = tracing::subscriber::set_default(lines.clone());
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA max_page_count = 3; CREATE TABLE t (x BLOB)").unwrap();
        let fill = || -> Outcome<usize> { Ok(connection.execute("INSERT INTO t VALUES (zeroblob(100000))", [])?) };
        let mut refusals = Refusals::new();
        for n in 0..5_000 {
            refusals.tell(&fill().unwrap_err().refuse("write"), 1);
            refusals.tell(&Failure::Broken(format!("there is no session number {n}")).refuse("write"), 1);
        }
        refusals.tell_what_is_over();
        assert_eq!(lines.0.load(Ordering::Relaxed), 2);
        assert!(!refusals.is_empty());
    }
}
