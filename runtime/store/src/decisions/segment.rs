//! One segment: one decision a line as JSON, and in its header what is in it, so that a reader knows without unpacking.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use amprule_domain::decision::Decision;
use amprule_domain::{DecisionId, SessionId, Timestamp};
use serde::{Deserialize, Serialize};

use super::container::{Container, begin};
use super::pack::Line;
use super::sessions::SessionSet;
use crate::error::{Failure, Outcome};
use crate::forms;

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    pub(crate) first_place: i64,
    pub(crate) count: i64,
    pub(crate) least_id: DecisionId,
    pub(crate) greatest_id: DecisionId,
    pub(crate) last_id: DecisionId,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    /// `None`: a segment of earlier versions; it may tell of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sessions: Option<SessionSet>,
}

#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// Segments are numbered in the order of their places.
    pub(crate) number: u64,
    pub(crate) bytes: u64,
    container: Container,
    pub(crate) content: Content,
}

impl Content {
    pub(crate) fn of(first_place: i64, lines: &[Line]) -> Option<Self> {
        let heads = || lines.iter().map(|line| &line.head);
        Some(Self {
            first_place,
            count: i64::try_from(lines.len()).ok()?,
            least_id: heads().map(|head| head.id).min()?,
            greatest_id: heads().map(|head| head.id).max()?,
            last_id: lines.last()?.head.id,
            from: heads().map(|head| head.at).min()?,
            until: heads().map(|head| head.at).max()?,
            sessions: Some(SessionSet::of(heads().filter_map(|head| head.session))),
        })
    }

    pub(crate) fn last_place(&self) -> i64 {
        self.first_place + self.count - 1
    }

    pub(crate) fn may_tell_of(&self, session: SessionId) -> bool {
        self.sessions.as_ref().is_none_or(|sessions| sessions.may_have(session))
    }

    fn may_have(&self, id: DecisionId) -> bool {
        (self.least_id..=self.greatest_id).contains(&id)
    }
}

impl Segment {
    /// Durable when it returns; before that there is no file of its name.
    pub(crate) fn write(folder: &Path, number: u64, content: Content, lines: &[Line]) -> io::Result<Self> {
        let day = content.from.strftime("%Y-%m-%d");
        let container = Container::Zstd;
        let path = folder.join(format!("{day}-{number:06}{}", container.suffix()));
        let temporary = folder.join(format!(".new-{number:06}"));
        let mut packed = begin(private(&temporary)?, &serde_json::to_vec(&content)?)?;
        for line in lines {
            packed.write_all(&line.text)?;
            packed.write_all(b"\n")?;
        }
        let file = packed.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        fs::rename(&temporary, &path)?;
        File::open(folder)?.sync_all()?;
        Ok(Self { path, number, bytes, container, content })
    }

    /// `None`: the file is not a segment by its name.
    pub(crate) fn open(path: &Path) -> Option<Outcome<Self>> {
        let name = path.file_name()?.to_str()?;
        let (container, name) = Container::named(name)?;
        let number = name.rsplit('-').next()?.parse().ok()?;
        let read = || {
            let content = serde_json::from_slice(&container.header(path)?)?;
            let bytes = path.metadata()?.len();
            Ok(Self { path: path.to_owned(), number, bytes, container, content })
        };
        Some(read())
    }

    pub(crate) fn find(&self, id: DecisionId) -> Outcome<Option<Decision>> {
        if !self.content.may_have(id) {
            return Ok(None);
        }
        let wanted = id.to_string();
        for (place, line) in (self.content.first_place..).zip(self.lines()?) {
            let line = line?;
            if line.contains(&wanted)
                && let Some(decision) = self.read(place, &line).filter(|decision| decision.id == id)
            {
                return Ok(Some(decision));
            }
        }
        Ok(None)
    }

    /// Places after `after` with their decisions; none for one that cannot be read.
    pub(crate) fn after(
        &self,
        after: i64,
    ) -> Outcome<impl Iterator<Item = Outcome<(i64, Option<Decision>)>> + use<'_>> {
        let first = self.content.first_place;
        let skipped = usize::try_from((after + 1 - first).max(0)).unwrap_or(usize::MAX);
        let lines = self.lines()?.enumerate().skip(skipped);
        Ok(lines.map(move |(index, line)| {
            let place = first + i64::try_from(index).map_err(|_| Failure::Broken("too many lines".to_owned()))?;
            Ok((place, self.read(place, &line?)))
        }))
    }

    /// The latest places before `before`, latest first, at most `most`: with their decisions, or only the session's.
    pub(crate) fn before(
        &self,
        before: i64,
        session: Option<SessionId>,
        most: usize,
    ) -> Outcome<Vec<(i64, Option<Decision>)>> {
        let wanted = session.map(|session| session.to_string()).unwrap_or_default();
        let mut latest = VecDeque::new();
        for (place, line) in (self.content.first_place..before).zip(self.lines()?) {
            let line = line?;
            if line.contains(&wanted) {
                latest.push_back((place, line));
            }
            if latest.len() > most {
                latest.pop_front();
            }
        }
        Ok(latest.into_iter().rev().map(|(place, line)| (place, self.read(place, &line))).collect())
    }

    fn read(&self, place: i64, line: &str) -> Option<Decision> {
        let read = forms::decision(line.as_bytes());
        let why = |failure: &Failure| tracing::error!(file = %self.path.display(), place, %failure, "a decision cannot be read; it is left out");
        read.inspect_err(why).ok()
    }

    fn lines(&self) -> io::Result<io::Lines<Box<dyn BufRead + Send>>> {
        self.container.lines(&self.path)
    }
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
