//! A decision's row: zstd with a dictionary of typical decisions, a tenth of the JSON that it holds. Rows from before are
//! JSON in text, and are read as they are.

use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;

use amprule_domain::decision::Decision;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::error::{Failure, Outcome};

/// What every row of form 1 was packed with. It is never changed: another dictionary is another form.
const DICTIONARY_1: &[u8] = include_bytes!("dictionary_1.jsonl");
/// The first byte of a packed row.
const FORM_1: u8 = 1;
/// More would cost more time than the disk saves.
const LEVEL: i32 = 1;
/// A row that claims to be longer is broken.
const LONGEST: usize = 64 << 20;

static TO_PACK: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY_1, LEVEL));
static TO_UNPACK: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_1));

/// Packs row after row into the same buffers.
pub(crate) struct Packer {
    compressor: Compressor<'static>,
    json: Vec<u8>,
    packed: Vec<u8>,
}

impl Packer {
    pub(crate) fn new() -> Outcome<Self> {
        let compressor = Compressor::with_prepared_dictionary(&TO_PACK)?;
        Ok(Self { compressor, json: Vec::new(), packed: Vec::new() })
    }

    pub(crate) fn pack(&mut self, decision: &Decision) -> Outcome<&[u8]> {
        self.json.clear();
        serde_json::to_writer(&mut self.json, decision)?;
        self.packed.resize(1 + zstd::zstd_safe::compress_bound(self.json.len()), 0);
        let (form, rest) = self.packed.split_at_mut(1);
        form[0] = FORM_1;
        let length = self.compressor.compress_to_buffer(&self.json, rest)?;
        Ok(&self.packed[..=length])
    }
}

/// A column's decision, and how many bytes its JSON has.
pub(crate) fn unpack(row: &Row<'_>, column: usize) -> Outcome<(Decision, usize)> {
    match row.get_ref(column)? {
        ValueRef::Text(json) => Ok((serde_json::from_slice(json)?, json.len())),
        ValueRef::Blob([FORM_1, packed @ ..]) => {
            let length = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
            let length = length.and_then(|length| usize::try_from(length).ok()).filter(|length| *length <= LONGEST);
            let length = length.ok_or_else(|| Failure::Broken("a decision does not say how long it is".to_owned()))?;
            let json = decompress(packed, length)?;
            Ok((serde_json::from_slice(&json)?, json.len()))
        }
        _ => Err(Failure::Broken("a decision has a form that this version does not know".to_owned())),
    }
}

/// Its context takes longer to make than most rows to unpack: each thread keeps one.
fn decompress(packed: &[u8], length: usize) -> io::Result<Vec<u8>> {
    thread_local! {
        static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    }
    UNPACKER.with_borrow_mut(|kept| {
        let unpacker = match kept {
            Some(unpacker) => unpacker,
            None => kept.insert(Decompressor::with_prepared_dictionary(&TO_UNPACK)?),
        };
        unpacker.decompress(packed, length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rows_of_form_1_were_packed_with_never_changes() {
        let mut sum = flate2::Crc::new();
        sum.update(DICTIONARY_1);
        assert_eq!(sum.sum(), 0x43c6_b397);
    }

    #[test]
    fn packed_and_plain_rows_are_read_alike() {
        let line = DICTIONARY_1.split(|byte| *byte == b'\n').next().unwrap();
        let decision: Decision = serde_json::from_slice(line).unwrap();
        let packed = Packer::new().unwrap().pack(&decision).unwrap().to_vec();
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let mut select = connection.prepare("SELECT ?1, ?2, x'02'").unwrap();
        let mut rows = select.query(rusqlite::params![packed, str::from_utf8(line).unwrap()]).unwrap();
        let row = rows.next().unwrap().unwrap();
        assert_eq!(unpack(row, 0).unwrap().0, decision);
        assert_eq!(unpack(row, 1).unwrap().0, decision);
        assert!(unpack(row, 2).is_err(), "a form of later");
    }
}
