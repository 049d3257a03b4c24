//! JSON in a row: zstd with a dictionary of typical decisions, a fifth of the text that it holds. Rows from before are JSON
//! in text, and are read as they are.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io;
use std::sync::LazyLock;

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde::Serialize;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::error::{Failure, Outcome};

/// What every row of form 1 was packed with, members in the order of the alphabet, and of form 2, in the order of our
/// structs. They are never changed: another dictionary is another form.
const DICTIONARY_1: &[u8] = include_bytes!("packed/dictionary_1.jsonl");
const DICTIONARY_2: &[u8] = include_bytes!("packed/dictionary_2.jsonl");
/// The first byte of a packed row.
const FORM_1: u8 = 1;
const FORM_2: u8 = 2;
/// Without Huffman codes: for so little text they take longer to make than the disk saves.
const LEVEL: i32 = -1;
/// A row that claims to be longer is broken.
const LONGEST: usize = 64 << 20;

static TO_PACK: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY_2, LEVEL));
static TO_UNPACK_1: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_1));
static TO_UNPACK_2: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_2));

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

    pub(crate) fn pack(&mut self, value: &impl Serialize) -> Outcome<&[u8]> {
        self.json.clear();
        serde_json::to_writer(&mut self.json, value)?;
        self.packed.resize(1 + zstd::zstd_safe::compress_bound(self.json.len()), 0);
        let (form, rest) = self.packed.split_at_mut(1);
        form[0] = FORM_2;
        let length = self.compressor.compress_to_buffer(&self.json, rest)?;
        Ok(&self.packed[..=length])
    }
}

/// A column's JSON.
pub(crate) fn unpack<'r>(row: &'r Row<'_>, column: usize) -> Outcome<Cow<'r, [u8]>> {
    let dictionary = match row.get_ref(column)? {
        ValueRef::Text(json) => return Ok(Cow::Borrowed(json)),
        ValueRef::Blob([FORM_1, packed @ ..]) => (&UNPACKER_1, &TO_UNPACK_1, packed),
        ValueRef::Blob([FORM_2, packed @ ..]) => (&UNPACKER_2, &TO_UNPACK_2, packed),
        _ => return Err(Failure::Broken("a row has a form that this version does not know".to_owned())),
    };
    let (unpacker, dictionary, packed) = dictionary;
    let length = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    let length = length.and_then(|length| usize::try_from(length).ok()).filter(|length| *length <= LONGEST);
    let length = length.ok_or_else(|| Failure::Broken("a packed row does not say how long it is".to_owned()))?;
    Ok(Cow::Owned(decompress(unpacker, dictionary, packed, length)?))
}

type Kept = RefCell<Option<Decompressor<'static>>>;

thread_local! {
    static UNPACKER_1: Kept = const { RefCell::new(None) };
    static UNPACKER_2: Kept = const { RefCell::new(None) };
}

/// Its context takes longer to make than most rows to unpack: each thread keeps one.
fn decompress(
    unpacker: &'static std::thread::LocalKey<Kept>,
    dictionary: &'static DecoderDictionary<'static>,
    packed: &[u8],
    length: usize,
) -> io::Result<Vec<u8>> {
    unpacker.with_borrow_mut(|kept| {
        let unpacker = match kept {
            Some(unpacker) => unpacker,
            None => kept.insert(Decompressor::with_prepared_dictionary(dictionary)?),
        };
        unpacker.decompress(packed, length)
    })
}

#[cfg(test)]
mod tests {
    use amprule_domain::decision::Decision;

    use super::*;

    #[test]
    fn what_rows_were_packed_with_never_changes() {
        let crc = |dictionary: &[u8]| {
            let mut sum = flate2::Crc::new();
            sum.update(dictionary);
            sum.sum()
        };
        assert_eq!((crc(DICTIONARY_1), crc(DICTIONARY_2)), (0x43c6_b397, 0x7509_c614));
    }

    #[test]
    fn rows_of_every_form_are_read_alike() {
        let line = DICTIONARY_2.split(|byte| *byte == b'\n').next().unwrap();
        let decision: Decision = serde_json::from_slice(line).unwrap();
        let packed = Packer::new().unwrap().pack(&decision).unwrap().to_vec();
        let mut first = Compressor::with_dictionary(1, DICTIONARY_1).unwrap();
        let first = [&[FORM_1][..], &first.compress(line).unwrap()].concat();
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let mut select = connection.prepare("SELECT ?1, ?2, ?3, x'09'").unwrap();
        let text = str::from_utf8(line).unwrap();
        let mut rows = select.query(rusqlite::params![packed, first, text]).unwrap();
        let row = rows.next().unwrap().unwrap();
        for column in 0..3 {
            let json = unpack(row, column).unwrap();
            assert_eq!(serde_json::from_slice::<Decision>(&json).unwrap(), decision, "column {column}");
        }
        assert!(unpack(row, 3).is_err(), "a form of later");
    }
}
