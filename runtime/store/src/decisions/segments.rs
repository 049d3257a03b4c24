//! The folder of segments, in the order of their numbers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amprule_domain::decision::Decision;
use amprule_domain::doors::DecisionSpan;
use amprule_domain::{DecisionId, SessionId, Timestamp};
use parking_lot::RwLock;

use super::pack::Line;
use super::segment::{Content, Segment};
use crate::error::Outcome;

const FOLDER: &str = "decisions";

pub(crate) struct Segments {
    folder: PathBuf,
    /// Ascending. The lock is held for a look, never while a file is read.
    list: RwLock<Vec<Arc<Segment>>>,
}

impl Segments {
    /// Knows what is there already. The folder is made when the first segment is written.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let segments = Self { folder: data.join(FOLDER), list: RwLock::default() };
        segments.look()?;
        Ok(segments)
    }

    /// Reads the folder again. A file that cannot be read as a segment is told of and left alone.
    pub(crate) fn look(&self) -> io::Result<()> {
        let mut found = Vec::new();
        for path in paths(&self.folder)? {
            match Segment::open(&path) {
                Some(Ok(segment)) => found.push(Arc::new(segment)),
                Some(Err(error)) => {
                    tracing::error!(file = %path.display(), %error, "a segment of decisions cannot be read; it is left alone and its decisions are not shown");
                }
                None => {}
            }
        }
        found.sort_by_key(|segment| segment.number);
        *self.list.write() = found;
        Ok(())
    }

    pub(crate) fn last(&self) -> Option<Content> {
        self.list.read().last().map(|segment| segment.content.clone())
    }

    /// The last place that was filed.
    pub(crate) fn end(&self) -> i64 {
        self.list.read().iter().map(|segment| segment.content.last_place()).max().unwrap_or(0)
    }

    pub(crate) fn add(&self, first_place: i64, lines: &[Line]) -> io::Result<()> {
        let Some(content) = Content::of(first_place, lines) else { return Ok(()) };
        fs::create_dir_all(&self.folder)?;
        let number = self.list.read().last().map_or(1, |segment| segment.number + 1);
        let segment = Segment::write(&self.folder, number, content, lines)?;
        self.list.write().push(Arc::new(segment));
        Ok(())
    }

    /// Removes the oldest ones, whole, while they are too old or all together too large. Returns how many.
    pub(crate) fn prune(&self, oldest: Option<Timestamp>, most_bytes: u64) -> io::Result<usize> {
        let mut removed = 0;
        while let Some((segment, why)) = self.surplus(oldest, most_bytes) {
            // Out of sight first: who looked before finds no file, and looks again.
            self.list.write().retain(|kept| kept.number != segment.number);
            if let Err(error) = fs::remove_file(&segment.path) {
                self.look()?;
                return Err(error);
            }
            let (file, decisions) = (segment.path.display(), segment.content.count);
            tracing::info!(%file, decisions, bytes = segment.bytes, "the oldest segment of decisions is removed: {why}");
            removed += 1;
        }
        Ok(removed)
    }

    pub(crate) fn find(&self, id: DecisionId) -> Outcome<Option<Decision>> {
        let segments = self.list.read().clone();
        for segment in segments.iter().rev() {
            match segment.find(id) {
                // It was pruned meanwhile.
                Err(failure) if failure.is_not_found() => {}
                Ok(None) => {}
                found => return found,
            }
        }
        Ok(None)
    }

    /// The first segment with places after `after` that may have something of the span.
    pub(crate) fn next(&self, after: i64, span: &DecisionSpan) -> Option<Arc<Segment>> {
        let list = self.list.read();
        let wanted = |content: &Content| {
            content.last_place() > after
                && span.from.is_none_or(|from| content.until >= from)
                && span.until.is_none_or(|until| content.from < until)
        };
        list.iter().find(|segment| wanted(&segment.content)).cloned()
    }

    /// The last segment with places before `before` that may have something of the session.
    pub(crate) fn before(&self, before: i64, session: Option<SessionId>) -> Option<Arc<Segment>> {
        let list = self.list.read();
        let wanted = |content: &Content| {
            content.first_place < before && session.is_none_or(|session| content.may_tell_of(session))
        };
        list.iter().rev().find(|segment| wanted(&segment.content)).cloned()
    }

    fn surplus(&self, oldest: Option<Timestamp>, most_bytes: u64) -> Option<(Arc<Segment>, &'static str)> {
        let list = self.list.read();
        let segment = list.first()?;
        let bytes: u64 = list.iter().map(|segment| segment.bytes).sum();
        if oldest.is_some_and(|oldest| segment.content.until < oldest) {
            Some((Arc::clone(segment), "all of it is older than [decisions] keep_days"))
        } else if bytes > most_bytes {
            Some((Arc::clone(segment), "all segments together are larger than [decisions] keep_mib"))
        } else {
            None
        }
    }
}

fn paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
