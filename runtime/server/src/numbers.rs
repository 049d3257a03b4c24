//! Numbers of transactions: each is handed out once, whatever is lost in between.
//!
//! Stations keep them in 32 bits. A fresh data folder begins anywhere, so that a number which another system or a lost
//! database gave does not come again. Numbers are set aside in a file before they are handed out, and every start leaps
//! ahead, in case the folder is an older copy of itself.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use amprule_domain::SessionNo;
use anyhow::{Context, Result};

use crate::secrets;

const FILE: &str = "session-numbers";
/// After it comes 1 again. A number that is still in the books is then refused by the store, and the station that sends
/// again gets the next.
const LAST: i64 = i32::MAX as i64;
/// A fresh folder begins below, and has a billion numbers before it.
const BEGIN: u64 = 1_000_000_000;
const LEAP: u64 = 4_096;
/// Numbers that are set aside at a time.
const BLOCK: i64 = 1_000;
/// After so many it is tried again, when setting aside has failed.
const RETRY: i64 = 100;

pub(crate) struct Numbers(Mutex<Block>);

struct Block {
    file: File,
    next: i64,
    left: i64,
}

impl Numbers {
    /// `booked` is the highest number in the database, 0 without one.
    pub(crate) fn open(data: &Path, booked: SessionNo) -> Result<Self> {
        let path = data.join(FILE);
        let unusable = || format!("set numbers of transactions aside in {}", path.display());
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = file.with_context(unusable)?;
        let next = match furthest(read(&mut file).with_context(unusable)?, booked.0) {
            Some(last) => after(last, 1 + chance(LEAP)?),
            None => 1 + chance(BEGIN)?,
        };
        let mut block = Block { file, next, left: 0 };
        block.set_aside().with_context(unusable)?;
        Ok(Self(Mutex::new(block)))
    }

    /// Writes to the disk once in a thousand times.
    pub(crate) fn next(&self) -> SessionNo {
        let mut block = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if block.left == 0
            && let Err(error) = block.set_aside()
        {
            tracing::error!(%error, "numbers of transactions cannot be set aside; after a restart some may come again");
            block.left = RETRY;
        }
        block.take()
    }
}

impl Block {
    /// In place, so that a full disk does not matter. Torn it is as if it was lost.
    fn set_aside(&mut self) -> std::io::Result<()> {
        let last = after(self.next, BLOCK - 1);
        self.file.write_all_at(format!("{last:010}\n").as_bytes(), 0)?;
        self.file.sync_data()?;
        self.left = BLOCK;
        Ok(())
    }

    fn take(&mut self) -> SessionNo {
        let taken = self.next;
        self.next = after(taken, 1);
        self.left -= 1;
        SessionNo(taken)
    }
}

/// `None`: nothing is there, or nothing that can be a number.
fn read(file: &mut File) -> std::io::Result<Option<i64>> {
    let mut text = Vec::new();
    file.take(16).read_to_end(&mut text)?;
    let number = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
    Ok(number.filter(|number| (1..=LAST).contains(number)))
}

/// Either may be from an older copy; the database may also be from before the numbers began again.
fn furthest(set_aside: Option<i64>, booked: i64) -> Option<i64> {
    let booked = Some(booked).filter(|booked| *booked > 0).map(|booked| (booked - 1) % LAST + 1);
    match (set_aside, booked) {
        (Some(set_aside), Some(booked)) if (booked - set_aside).rem_euclid(LAST) < LAST / 2 => Some(booked),
        (set_aside, booked) => set_aside.or(booked),
    }
}

const fn after(number: i64, steps: i64) -> i64 {
    (number - 1 + steps) % LAST + 1
}

/// At least 0, less than `bound`.
fn chance(bound: u64) -> Result<i64> {
    let [a, b, c, d, ..] = secrets::random()?;
    Ok((u64::from(u32::from_le_bytes([a, b, c, d])) % bound).cast_signed())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn open(data: &Path, booked: i64) -> Numbers {
        Numbers::open(data, SessionNo(booked)).unwrap()
    }

    #[test]
    fn fresh_folders_begin_anywhere() {
        let begun: HashSet<i64> = (0..20).map(|_| open(tempfile::tempdir().unwrap().path(), 0).next().0).collect();
        assert_eq!(begun.len(), 20, "{begun:?}");
        assert!(begun.iter().all(|number| (1..=1_000_000_000).contains(number)), "{begun:?}");
    }

    #[test]
    fn a_number_that_was_never_committed_does_not_come_again_after_a_restart() {
        let data = tempfile::tempdir().unwrap();
        let mut last = 0;
        for _ in 0..10 {
            let numbers = open(data.path(), 0);
            for _ in 0..2_500 {
                let number = numbers.next().0;
                assert!(number > last, "{number} after {last}");
                last = number;
            }
        }
    }

    #[test]
    fn it_goes_on_after_the_books_and_after_what_was_set_aside() {
        for (text, booked, least) in [
            ("", 70, 70),
            ("no number\n", 70, 70),
            ("0000000500\n", 70, 500),
            ("0000000500\n", 900, 900),
            ("0000000500\n", LAST, 500),
        ] {
            let data = tempfile::tempdir().unwrap();
            std::fs::write(data.path().join(FILE), text).unwrap();
            let number = open(data.path(), booked).next().0;
            assert!((least + 1..=least + 5_000).contains(&number), "{number} with {text:?} and {booked}");
        }
    }

    #[test]
    fn after_the_last_number_of_32_bits_they_begin_again() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join(FILE), format!("{}\n", LAST - 5_000)).unwrap();
        let numbers = open(data.path(), LAST - 5_000);
        let seen: Vec<i64> = (0..10_000).map(|_| numbers.next().0).collect();
        assert!(seen.iter().all(|number| (1..=LAST).contains(number)));
        assert!(seen.is_sorted_by(|one, next| after(*one, 1) == *next) && seen.contains(&LAST) && seen.contains(&1));
        let again = open(data.path(), LAST).next().0;
        assert!((seen[9_999] + 1..20_000).contains(&again), "{again}");
    }
}
