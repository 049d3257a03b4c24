//! One segment: gzip, one decision a line as JSON, and in gzip's own comment what is in it, so that a reader knows
//! without unpacking. `zcat` shows the decisions and nothing else.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use amprule_domain::decision::Decision;
use amprule_domain::{DecisionId, Timestamp};
use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};

use crate::error::{Failure, Outcome};

const SUFFIX: &str = ".jsonl.gz";

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
}

#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// Segments are numbered in the order of their places.
    pub(crate) number: u64,
    pub(crate) bytes: u64,
    pub(crate) content: Content,
}

impl Content {
    pub(crate) fn of(first_place: i64, decisions: &[Decision]) -> Option<Self> {
        Some(Self {
            first_place,
            count: i64::try_from(decisions.len()).ok()?,
            least_id: decisions.iter().map(|decision| decision.id).min()?,
            greatest_id: decisions.iter().map(|decision| decision.id).max()?,
            last_id: decisions.last()?.id,
            from: decisions.iter().map(|decision| decision.at).min()?,
            until: decisions.iter().map(|decision| decision.at).max()?,
        })
    }

    pub(crate) fn last_place(&self) -> i64 {
        self.first_place + self.count - 1
    }

    fn may_have(&self, id: DecisionId) -> bool {
        (self.least_id..=self.greatest_id).contains(&id)
    }
}

impl Segment {
    /// Durable when it returns; before that there is no file of its name.
    pub(crate) fn write(folder: &Path, number: u64, content: Content, decisions: &[Decision]) -> io::Result<Self> {
        let day = content.from.strftime("%Y-%m-%d");
        let path = folder.join(format!("{day}-{number:06}{SUFFIX}"));
        let temporary = folder.join(format!(".new-{number:06}"));
        let file = private(&temporary)?;
        let header = GzBuilder::new().comment(serde_json::to_vec(&content)?);
        let mut packed = header.write(BufWriter::new(file), Compression::default());
        for decision in decisions {
            serde_json::to_writer(&mut packed, decision)?;
            packed.write_all(b"\n")?;
        }
        let file = packed.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        fs::rename(&temporary, &path)?;
        File::open(folder)?.sync_all()?;
        Ok(Self { path, number, bytes, content })
    }

    /// `None`: the file is not a segment by its name.
    pub(crate) fn open(path: &Path) -> Option<Outcome<Self>> {
        let name = path.file_name()?.to_str()?;
        let number = name.strip_suffix(SUFFIX)?.rsplit('-').next()?.parse().ok()?;
        Some(Self::read_header(path).map(|(bytes, content)| Self { path: path.to_owned(), number, bytes, content }))
    }

    fn read_header(path: &Path) -> Outcome<(u64, Content)> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let packed = GzDecoder::new(BufReader::new(file));
        let comment = packed.header().and_then(flate2::GzHeader::comment);
        let comment = comment.ok_or_else(|| Failure::Broken("it does not say what is in it".to_owned()))?;
        Ok((bytes, serde_json::from_slice(comment)?))
    }

    pub(crate) fn find(&self, id: DecisionId) -> Outcome<Option<Decision>> {
        if !self.content.may_have(id) {
            return Ok(None);
        }
        let wanted = id.to_string();
        for line in self.lines()? {
            let line = line?;
            if line.contains(&wanted) {
                let decision: Decision = serde_json::from_str(&line)?;
                if decision.id == id {
                    return Ok(Some(decision));
                }
            }
        }
        Ok(None)
    }

    /// Places after `after` with their decisions.
    pub(crate) fn after(&self, after: i64) -> Outcome<impl Iterator<Item = Outcome<(i64, Decision)>> + use<>> {
        let first = self.content.first_place;
        let skipped = usize::try_from((after + 1 - first).max(0)).unwrap_or(usize::MAX);
        let lines = self.lines()?.enumerate().skip(skipped);
        Ok(lines.map(move |(index, line)| {
            let place = first + i64::try_from(index).map_err(|_| Failure::Broken("too many lines".to_owned()))?;
            Ok((place, serde_json::from_str(&line?)?))
        }))
    }

    fn lines(&self) -> io::Result<io::Lines<BufReader<GzDecoder<BufReader<File>>>>> {
        Ok(BufReader::new(GzDecoder::new(BufReader::new(File::open(&self.path)?))).lines())
    }
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
