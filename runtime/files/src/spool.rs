//! Bytes on their way to the disk and from it: piece by piece, counted and hashed.

use std::fmt::Write as _;
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::try_unfold;
use md5::Md5;
use sha2::{Digest as _, Sha256};
use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use crate::{Refused, disk};

/// A file's content, or what comes of it.
pub type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Read at once.
const CHUNK: usize = 64 << 10;

/// `length` bytes of a file, from `from` on.
///
/// # Errors
/// The file cannot be read there.
pub async fn chunks(path: &Path, from: u64, length: u64) -> io::Result<Chunks> {
    let mut file = File::open(path).await?;
    file.seek(SeekFrom::Start(from)).await?;
    Ok(Box::pin(try_unfold((file, length), |(mut file, left)| async move {
        let wanted = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        if wanted == 0 {
            return Ok(None);
        }
        let mut chunk = vec![0; wanted];
        let read = file.read(&mut chunk).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        chunk.truncate(read);
        Ok(Some((Bytes::from(chunk), (file, left - read as u64))))
    })))
}

/// Where unfinished files lie. Nothing in it outlives a restart.
pub(crate) struct Spool {
    folder: PathBuf,
    next: AtomicU64,
}

impl Spool {
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        disk::folder(&folder)?;
        disk::empty(&folder)?;
        Ok(Self { folder, next: AtomicU64::default() })
    }

    /// A name that nobody else has.
    pub(crate) fn path(&self) -> Unfinished {
        Unfinished(self.folder.join(self.next.fetch_add(1, Ordering::Relaxed).to_string()))
    }

    pub(crate) async fn begin(&self, most: u64) -> io::Result<Writing> {
        let path = Arc::new(self.path());
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path.0).await?;
        Ok(Writing { file, path, most, size: 0, sha256: Sha256::default(), md5: md5::Digest::new() })
    }
}

/// It goes with this, unless it was moved away.
pub(crate) struct Unfinished(pub(crate) PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A file that is being written.
pub(crate) struct Writing {
    file: File,
    path: Arc<Unfinished>,
    most: u64,
    size: u64,
    sha256: Sha256,
    md5: Md5,
}

/// One that is written, and on the disk.
#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) path: Arc<Unfinished>,
    pub(crate) size: u64,
    pub(crate) sha256: String,
    pub(crate) md5: String,
}

impl Writing {
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        self.size += bytes.len() as u64;
        if self.size > self.most {
            return Err(Refused::TooLarge(self.most));
        }
        self.sha256.update(bytes);
        md5::Digest::update(&mut self.md5, bytes);
        Ok(self.file.write_all(bytes).await?)
    }

    pub(crate) async fn finish(mut self) -> Result<Written, Refused> {
        if self.size == 0 {
            return Err(Refused::Empty);
        }
        self.file.flush().await?;
        self.file.sync_all().await?;
        let (sha256, md5) = (hex(&self.sha256.finalize()), hex(&md5::Digest::finalize(self.md5)));
        Ok(Written { path: self.path, size: self.size, sha256, md5 })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    #[tokio::test]
    async fn what_is_written_is_counted_hashed_and_read_from_any_place() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().join("incoming")).unwrap();
        let mut writing = spool.begin(11).await.unwrap();
        for part in ["hello ", "world"] {
            writing.write(part.as_bytes()).await.unwrap();
        }
        let written = writing.finish().await.unwrap();
        assert_eq!((written.size, &*written.md5), (11, "5eb63bbbe01eeed093cb22bb8f5acdc3"));
        assert!(written.sha256.starts_with("b94d27b9934d3e08"));
        let read: Vec<Bytes> = chunks(&written.path.0, 6, 3).await.unwrap().try_collect().await.unwrap();
        assert_eq!(read, ["wor"]);
        let beyond: Result<Vec<Bytes>, _> = chunks(&written.path.0, 6, 30).await.unwrap().try_collect().await;
        assert!(beyond.is_err(), "a file that became shorter is not passed off as whole");
        let path = written.path.0.clone();
        drop(written);
        assert!(!path.exists(), "nobody wanted it");
    }

    #[tokio::test]
    async fn too_much_and_nothing_are_refused_and_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::open(folder.path().to_owned()).unwrap();
        let mut writing = spool.begin(3).await.unwrap();
        writing.write(b"abc").await.unwrap();
        assert!(matches!(writing.write(b"d").await, Err(Refused::TooLarge(3))));
        drop(writing);
        assert!(matches!(spool.begin(3).await.unwrap().finish().await, Err(Refused::Empty)));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
