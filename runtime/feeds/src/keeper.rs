//! The threads that ask, one for each feed, when it is time, and write what they are given. An address that hangs holds up no
//! other.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use amprule_hooks::tables::{self, Table, TableSchema};
use jiff::Timestamp;
use parking_lot::Mutex;

use crate::fetch::{Fetcher, Got, Roots};
use crate::table_file::TableFile;
use crate::taken::taken;
use crate::{Feed, FeedStatus, Units};

/// The first try after one that gave nothing comes so soon; each further one takes twice as long, up to the feed's own time.
const SOON: Duration = Duration::from_secs(60);

/// Told after each try.
pub type Tell = Box<dyn Fn(&Feed, &FeedStatus) + Send + Sync>;
pub type Now = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// The threads' handle. Dropped, they end with what they are doing.
pub struct Feeds {
    /// Nothing is sent: they close.
    stops: Mutex<Vec<SyncSender<()>>>,
}

impl Feeds {
    pub fn start(feeds: Vec<Feed>, units: Arc<dyn Units>, roots: &Roots, now: Now, tell: Tell) -> io::Result<Self> {
        let keeper = Arc::new(Keeper { units, fetcher: Fetcher::new(roots), now, tell });
        let begin = |feed| {
            let (stop, stopped) = sync_channel(0);
            let (keeper, due) =
                (Arc::clone(&keeper), Due { feed, failures: 0, tag: None, standing: FeedStatus::default() });
            thread::Builder::new().name("amprule-feed".to_owned()).spawn(move || keeper.run(due, &stopped))?;
            Ok(stop)
        };
        let stops = feeds.into_iter().map(begin).collect::<io::Result<_>>()?;
        Ok(Self { stops: Mutex::new(stops) })
    }

    /// A question that is under way ends within its time; nobody waits for it.
    pub fn stop(&self) {
        self.stops.lock().clear();
    }
}

impl Drop for Feeds {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Due {
    feed: Feed,
    /// In a row.
    failures: u32,
    tag: Option<String>,
    standing: FeedStatus,
}

struct Keeper {
    units: Arc<dyn Units>,
    fetcher: Fetcher,
    now: Now,
    tell: Tell,
}

impl Keeper {
    fn run(&self, mut due: Due, stopped: &Receiver<()>) {
        let mut wait = Duration::ZERO;
        while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            due.ask(&*self.units, &self.fetcher, (self.now)());
            (self.tell)(&due.feed, &due.standing);
            wait = pause(due.feed.every, due.failures);
        }
    }
}

impl Due {
    fn ask(&mut self, units: &dyn Units, fetcher: &Fetcher, now: Timestamp) {
        let asked = self.take(units, fetcher);
        self.standing.tried_at = Some(now);
        let (unit, table, from) = (&self.feed.unit, &self.feed.table, self.feed.from());
        match asked {
            Ok(rows) => {
                if self.standing.trouble.take().is_some() {
                    tracing::info!(extension = unit, table, from, "the feed gives a table again");
                }
                if let Some(rows) = rows {
                    tracing::info!(extension = unit, table, from, rows, "a new table was loaded");
                }
                self.standing.taken_at = Some(now);
                self.failures = 0;
            }
            Err(why) => {
                // Told when it begins and when it becomes another trouble.
                if self.standing.trouble.as_ref() != Some(&why) {
                    tracing::warn!(
                        extension = unit,
                        table,
                        from,
                        "no table was loaded, and the one that is there stays: {why}"
                    );
                }
                self.standing.trouble = Some(why);
                self.failures = self.failures.saturating_add(1);
            }
        }
    }

    /// How many rows a new table has; `None`: it is the same.
    fn take(&mut self, units: &dyn Units, fetcher: &Fetcher) -> Result<Option<usize>, String> {
        let (folder, shape) = units.find(&self.feed.unit, &self.feed.table)?;
        let file = TableFile::open(&folder, &self.feed.table)?;
        let before = file.read();
        let present = before.as_ref().and_then(|bytes| present(&file, bytes, &shape));
        // Whoever has lost the file is given it again.
        let tag = self.tag.as_deref().filter(|_| present.is_some());
        let Got::Answer { body, tag } = fetcher.get(&self.feed, tag)? else { return Ok(None) };
        let text = taken(&self.feed, &shape, &body, present.as_ref())?;
        if before.is_none_or(|before| before != text.as_bytes()) {
            file.replace(&text)?;
            self.tag = tag;
            return Ok(Some(text.lines().count().saturating_sub(1)));
        }
        self.tag = tag;
        Ok(None)
    }
}

/// `None` also when it is of another shape: nothing of it is kept then.
fn present(file: &TableFile, bytes: &[u8], shape: &TableSchema) -> Option<Table> {
    tables::parse(&file.path(), bytes, shape).ok()
}

fn pause(every: Duration, failures: u32) -> Duration {
    match failures.checked_sub(1) {
        None => every,
        Some(again) => SOON.saturating_mul(1 << again.min(16)).min(every),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gives_nothing_is_asked_sooner_and_then_more_and_more_seldom() {
        let hour = Duration::from_secs(3_600);
        let minutes = [0, 1, 2, 3, 6, 7, 8, 100].map(|failures| pause(hour, failures).as_secs() / 60);
        assert_eq!(minutes, [60, 1, 2, 4, 32, 60, 60, 60]);
        assert_eq!(pause(Duration::from_secs(30), 1), Duration::from_secs(30));
    }
}
