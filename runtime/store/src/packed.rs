//! JSON in a row: zstd with a dictionary of typical rows, a fifth of the text that it holds. Rows from before are JSON
//! in text, and are read as they are.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::LazyLock;
use std::thread::LocalKey;

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde::Serialize;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::error::{Failure, Outcome};

/// What rows of each form are packed with: decisions and bills of form 1, members in the order of the alphabet; the same
/// of form 2, in the order of our structs; sessions and readings of form 3. They are never changed: another dictionary is
/// another form.
const DICTIONARY_1: &[u8] = include_bytes!("packed/dictionary_1.jsonl");
const DICTIONARY_2: &[u8] = include_bytes!("packed/dictionary_2.jsonl");
const DICTIONARY_3: &[u8] = include_bytes!("packed/dictionary_3.jsonl");
/// The first byte of a packed row.
const FORM_1: u8 = 1;
const FORM_2: u8 = 2;
const FORM_3: u8 = 3;
/// For rows that a station waits for, without Huffman codes: for so little text they take longer to make than the disk saves.
const QUICK: i32 = -1;
/// For rows that are filed.
const SMALL: i32 = 3;
/// A row that claims to be longer is broken.
const LONGEST: usize = 64 << 20;

static QUICK_2: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY_2, QUICK));
static QUICK_3: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY_3, QUICK));
static SMALL_3: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY_3, SMALL));
static TO_UNPACK_1: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_1));
static TO_UNPACK_2: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_2));
static TO_UNPACK_3: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY_3));

/// Packs row after row into the same buffers.
pub(crate) struct Packer {
    form: u8,
    compressor: Compressor<'static>,
    json: Vec<u8>,
    packed: Vec<u8>,
}

impl Packer {
    /// For decisions and bills.
    pub(crate) fn quick() -> Outcome<Self> {
        Self::with(FORM_2, &QUICK_2)
    }

    /// For sessions that end.
    pub(crate) fn quick_for_sessions() -> Outcome<Self> {
        Self::with(FORM_3, &QUICK_3)
    }

    /// For sessions and readings that are filed.
    pub(crate) fn small() -> Outcome<Self> {
        Self::with(FORM_3, &SMALL_3)
    }

    fn with(form: u8, dictionary: &'static EncoderDictionary<'static>) -> Outcome<Self> {
        let mut compressor = Compressor::with_prepared_dictionary(dictionary)?;
        // A damaged row is found out, and not read as something else.
        compressor.include_checksum(true)?;
        Ok(Self { form, compressor, json: Vec::new(), packed: Vec::new() })
    }

    pub(crate) fn pack(&mut self, value: &impl Serialize) -> Outcome<&[u8]> {
        let mut json = std::mem::take(&mut self.json);
        json.clear();
        let written = serde_json::to_writer(&mut json, value);
        self.json = json;
        written?;
        let length = compress(&mut self.compressor, self.form, &self.json, &mut self.packed)?;
        Ok(&self.packed[..length])
    }

    /// Text that is JSON already.
    pub(crate) fn pack_text(&mut self, json: &[u8]) -> Outcome<&[u8]> {
        let length = compress(&mut self.compressor, self.form, json, &mut self.packed)?;
        Ok(&self.packed[..length])
    }
}

fn compress(compressor: &mut Compressor<'static>, form: u8, json: &[u8], packed: &mut Vec<u8>) -> Outcome<usize> {
    packed.resize(1 + zstd::zstd_safe::compress_bound(json.len()), 0);
    let (first, rest) = packed.split_at_mut(1);
    first[0] = form;
    Ok(1 + compressor.compress_to_buffer(json, rest)?)
}

/// A column's JSON.
pub(crate) fn unpack<'r>(row: &'r Row<'_>, column: usize) -> Outcome<Cow<'r, [u8]>> {
    let (unpacker, dictionary, packed) = match row.get_ref(column)? {
        ValueRef::Text(json) => return Ok(Cow::Borrowed(json)),
        ValueRef::Blob([FORM_1, packed @ ..]) => (&UNPACKER_1, &TO_UNPACK_1, packed),
        ValueRef::Blob([FORM_2, packed @ ..]) => (&UNPACKER_2, &TO_UNPACK_2, packed),
        ValueRef::Blob([FORM_3, packed @ ..]) => (&UNPACKER_3, &TO_UNPACK_3, packed),
        _ => return Err(Failure::Broken("a row has a form that this version does not know".to_owned())),
    };
    let length = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
    let length = length.and_then(|length| usize::try_from(length).ok()).filter(|length| *length <= LONGEST);
    let length = length.ok_or_else(|| Failure::Broken("a packed row does not say how long it is".to_owned()))?;
    Ok(Cow::Owned(decompress(unpacker, dictionary, packed, length)?))
}

type Kept = RefCell<Option<Decompressor<'static>>>;

thread_local! {
    static UNPACKER_1: Kept = const { RefCell::new(None) };
    static UNPACKER_2: Kept = const { RefCell::new(None) };
    static UNPACKER_3: Kept = const { RefCell::new(None) };
}

/// Its context takes longer to make than most rows to unpack: each thread keeps one.
fn decompress(
    unpacker: &'static LocalKey<Kept>,
    dictionary: &'static DecoderDictionary<'static>,
    packed: &[u8],
    length: usize,
) -> Outcome<Vec<u8>> {
    unpacker.with_borrow_mut(|kept| {
        let unpacker = match kept {
            Some(unpacker) => unpacker,
            None => kept.insert(Decompressor::with_prepared_dictionary(dictionary)?),
        };
        unpacker
            .decompress(packed, length)
            .map_err(|error| Failure::Broken(format!("a packed row is damaged: {error}")))
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
        let sums = [crc(DICTIONARY_1), crc(DICTIONARY_2), crc(DICTIONARY_3)];
        assert_eq!(sums, [0x43c6_b397, 0x7509_c614, 0xc49df9e3]);
    }

    #[test]
    fn rows_of_every_form_are_read_alike() {
        let line = DICTIONARY_2.split(|byte| *byte == b'\n').next().unwrap();
        let decision: Decision = serde_json::from_slice(line).unwrap();
        let packed = Packer::quick().unwrap().pack(&decision).unwrap().to_vec();
        let small = Packer::small().unwrap().pack_text(line).unwrap().to_vec();
        let mut first = Compressor::with_dictionary(1, DICTIONARY_1).unwrap();
        let first = [&[FORM_1][..], &first.compress(line).unwrap()].concat();
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let mut select = connection.prepare("SELECT ?1, ?2, ?3, ?4, x'09', substr(?4, 1, 40)").unwrap();
        let text = str::from_utf8(line).unwrap();
        let mut rows = select.query(rusqlite::params![packed, first, text, small]).unwrap();
        let row = rows.next().unwrap().unwrap();
        for column in 0..4 {
            let json = unpack(row, column).unwrap();
            assert_eq!(serde_json::from_slice::<Decision>(&json).unwrap(), decision, "column {column}");
        }
        assert!(matches!(unpack(row, 4), Err(Failure::Broken(_))), "a form of later");
        assert!(matches!(unpack(row, 5), Err(Failure::Broken(_))), "half of a row");
    }
}
